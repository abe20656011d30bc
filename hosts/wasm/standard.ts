// Offers the four standard commands. The order decides theirs in guest-info, which lists the last one first (PROTOCOL 6.3).

import { offer } from "../../core/wasm.ts";
import { GuestInfo } from "../../plugins/standard/guest-info.ts";
import { GuestPing } from "../../plugins/standard/guest-ping.ts";
import { GuestSyncDelimited } from "../../plugins/standard/guest-sync-delimited.ts";
import { GuestSync } from "../../plugins/standard/guest-sync.ts";

offer(new GuestSyncDelimited());
offer(new GuestSync());
offer(new GuestPing());
offer(new GuestInfo());
