// guest-ping: nothing but an answer, and a record in the system's log (PROTOCOL 6.2).

import { DOMAIN_SYSLOG, FLAG_WHILE_FROZEN, LEVEL_INFO } from "../../core/codes.ts";
import { Call, Command } from "../../core/command.ts";

export class GuestPing extends Command {
  constructor() {
    super("guest-ping", FLAG_WHILE_FROZEN);
  }

  run(call: Call): void {
    call.log(LEVEL_INFO, DOMAIN_SYSLOG, "guest-ping called");
  }
}
