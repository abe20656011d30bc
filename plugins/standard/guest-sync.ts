// guest-sync: gives the caller's id back (PROTOCOL 6.1).

import { FLAG_WHILE_FROZEN, TYPE_INTEGER } from "../../core/codes.ts";
import { Call, Command, Parameter } from "../../core/command.ts";
import { ascii } from "../../core/memory.ts";

export class GuestSync extends Command {
  private id: Parameter = new Parameter(ascii("id"), TYPE_INTEGER, true);

  constructor() {
    super(ascii("guest-sync"), FLAG_WHILE_FROZEN);
    this.takes(this.id);
  }

  run(call: Call): void {
    call.number(this.id.value);
  }
}
