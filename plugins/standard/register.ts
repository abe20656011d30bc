// Registers the four standard commands, through the container like anyone else's. The order decides theirs in guest-info,
// which lists the last one first (PROTOCOL 6.3).

import { COMMAND, type Plugin, type PortableCommand } from "../api.ts";
import { GuestInfo } from "./guest-info.ts";
import { GuestPing } from "./guest-ping.ts";
import { GuestSyncDelimited } from "./guest-sync-delimited.ts";
import { GuestSync } from "./guest-sync.ts";

const COMMANDS: readonly PortableCommand[] = [
  { name: "guest-sync-delimited", portable: GuestSyncDelimited },
  { name: "guest-sync", portable: GuestSync },
  { name: "guest-ping", portable: GuestPing },
  { name: "guest-info", portable: GuestInfo },
];

export const standard: Plugin = {
  name: "guestwire-standard",
  api: 1,
  register(container) {
    for (const command of COMMANDS) container.register(COMMAND, { useValue: command });
  },
};
