// guest-sync: gives the caller's id back (PROTOCOL 6.1).

import { FLAG_WHILE_FROZEN, TYPE_INTEGER } from "../../core/codes.ts";
import { Call, Command } from "../../core/command.ts";

export class GuestSync extends Command {
  constructor() {
    super("guest-sync", FLAG_WHILE_FROZEN);
    this.parameter("id", TYPE_INTEGER, true);
  }

  run(call: Call): void {
    call.number(call.argument("id"));
  }
}
