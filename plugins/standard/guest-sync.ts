// guest-sync: gives the caller's id back (PROTOCOL 6.1).

import { ascii } from "../../core/bytes.ts";
import { FLAG_WHILE_FROZEN, TYPE_INTEGER } from "../../core/codes.ts";
import { Call, Command, Parameter } from "../../core/command.ts";
import { Bytes } from "../../core/memory.ts";

const NAME: Bytes = ascii("guest-sync");
const ID: Bytes = ascii("id");

export class GuestSync extends Command {
  private id: Parameter = new Parameter(ID, TYPE_INTEGER, true);

  constructor() {
    super(NAME, FLAG_WHILE_FROZEN);
    this.takes(this.id);
  }

  run(call: Call): void {
    call.number(this.id.value);
  }
}
