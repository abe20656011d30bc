// guest-sync-delimited: guest-sync with 0xFF before its reply, so that a client finds the end of what is stale
// (PROTOCOL 5.2, 6.1).

import { FLAG_WHILE_FROZEN, TYPE_INTEGER } from "../../core/codes.ts";
import { Call, Command } from "../../core/command.ts";

export class GuestSyncDelimited extends Command {
  constructor() {
    super("guest-sync-delimited", FLAG_WHILE_FROZEN);
    this.parameter("id", TYPE_INTEGER, true);
  }

  run(call: Call): void {
    call.delimit();
    call.number(call.argument("id"));
  }
}
