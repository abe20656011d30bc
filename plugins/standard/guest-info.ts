// guest-info: the version, and each command with its state (PROTOCOL 6.3).

import { FLAG_NO_RESPONSE, FLAG_WHILE_FROZEN } from "../../core/codes.ts";
import { Call, Command } from "../../core/command.ts";

export class GuestInfo extends Command {
  constructor() {
    super("guest-info", FLAG_WHILE_FROZEN);
  }

  run(call: Call): void {
    call.openObject();
    call.key("version");
    call.string(call.agent.version, 0, call.agent.versionLength);
    call.key("supported_commands");
    call.openArray();
    let command = call.agent.first;
    while (command !== null) {
      call.openObject();
      call.key("enabled");
      call.boolean(call.agent.isEnabled(command));
      call.key("name");
      call.string(command.name, 0, command.nameLength);
      call.key("success-response");
      call.boolean(!command.has(FLAG_NO_RESPONSE));
      call.closeObject();
      command = command.next;
    }
    call.closeArray();
    call.closeObject();
  }
}
