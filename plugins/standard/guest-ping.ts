// guest-ping: nothing but an answer, and a record in the system's log (PROTOCOL 6.2).

import { ascii } from "../../core/bytes.ts";
import { DOMAIN_SYSLOG, FLAG_WHILE_FROZEN, LEVEL_INFO } from "../../core/codes.ts";
import { Call, Command } from "../../core/command.ts";
import { Bytes } from "../../core/memory.ts";

const NAME: Bytes = ascii("guest-ping");
const CALLED: Bytes = ascii("guest-ping called");

export class GuestPing extends Command {
  constructor() {
    super(NAME, FLAG_WHILE_FROZEN);
  }

  run(call: Call): void {
    call.log(LEVEL_INFO, DOMAIN_SYSLOG, CALLED);
  }
}
