// Registers the four standard commands, through the container like anyone else's. The order decides theirs in guest-info,
// which lists the last one first (PROTOCOL 6.3).

import { COMMAND, type Plugin, type PortableCommand } from "../api.ts";
import type { Type } from "../schema.ts";
import { GuestInfo } from "./guest-info.ts";
import { GuestPing } from "./guest-ping.ts";
import { GuestSyncDelimited } from "./guest-sync-delimited.ts";
import { GuestSync } from "./guest-sync.ts";

const NOTHING: Type = { object: {} };
const COMMAND_INFO: Type = { object: { enabled: "bool", name: "str", "success-response": "bool" } };

const COMMANDS: readonly PortableCommand[] = [
  { name: "guest-sync-delimited", arguments: { id: "int" }, returns: "int", portable: GuestSyncDelimited },
  { name: "guest-sync", arguments: { id: "int" }, returns: "int", portable: GuestSync },
  { name: "guest-ping", arguments: {}, returns: NOTHING, portable: GuestPing },
  {
    name: "guest-info",
    arguments: {},
    returns: { object: { version: "str", supported_commands: [COMMAND_INFO] } },
    portable: GuestInfo,
  },
];

export const standard: Plugin = {
  name: "guestwire-standard",
  api: 1,
  register(container) {
    for (const command of COMMANDS) container.register(COMMAND, { useValue: command });
  },
};
