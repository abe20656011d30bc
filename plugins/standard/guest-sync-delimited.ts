// guest-sync-delimited: guest-sync with 0xFF before its reply, so that a client finds the end of what is stale
// (PROTOCOL 5.2, 6.1).

import { ascii } from "../../core/bytes.ts";
import { FLAG_WHILE_FROZEN, TYPE_INTEGER } from "../../core/codes.ts";
import { Call, Command, Parameter } from "../../core/command.ts";
import { Bytes } from "../../core/memory.ts";

const NAME: Bytes = ascii("guest-sync-delimited");
const ID: Bytes = ascii("id");

export class GuestSyncDelimited extends Command {
  private id: Parameter = new Parameter(ID, TYPE_INTEGER, true);

  constructor() {
    super(NAME, FLAG_WHILE_FROZEN);
    this.takes(this.id);
  }

  run(call: Call): void {
    call.delimit();
    call.number(this.id.value);
  }
}
