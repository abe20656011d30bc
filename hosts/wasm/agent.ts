// The entry of agent.wasm: the core and the four standard commands. An agent of one's own looks like this, with further
// commands offered.

import {
  gw_abi,
  gw_add_builtin,
  gw_add_command,
  gw_arguments,
  gw_close,
  gw_command,
  gw_complete,
  gw_count,
  gw_data,
  gw_disable,
  gw_drained,
  gw_enable,
  gw_fail,
  gw_feed,
  gw_flags,
  gw_freeze,
  gw_limit,
  gw_log,
  gw_open,
  gw_output,
  gw_pending,
  gw_room,
  gw_stopped,
  gw_thaw,
  gw_trim,
  gw_version,
  offer,
} from "../../core/wasm.ts";
import { GuestInfo } from "../../plugins/standard/guest-info.ts";
import { GuestPing } from "../../plugins/standard/guest-ping.ts";
import { GuestSyncDelimited } from "../../plugins/standard/guest-sync-delimited.ts";
import { GuestSync } from "../../plugins/standard/guest-sync.ts";

offer(new GuestSyncDelimited());
offer(new GuestSync());
offer(new GuestPing());
offer(new GuestInfo());

export {
  gw_abi,
  gw_add_builtin,
  gw_add_command,
  gw_arguments,
  gw_close,
  gw_command,
  gw_complete,
  gw_count,
  gw_data,
  gw_disable,
  gw_drained,
  gw_enable,
  gw_fail,
  gw_feed,
  gw_flags,
  gw_freeze,
  gw_limit,
  gw_log,
  gw_open,
  gw_output,
  gw_pending,
  gw_room,
  gw_stopped,
  gw_thaw,
  gw_trim,
  gw_version,
};
