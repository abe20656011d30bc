// guest-info: the version, and each command with its state (PROTOCOL 6.3).

import { ascii } from "../../core/bytes.ts";
import { FLAG_NO_RESPONSE, FLAG_WHILE_FROZEN } from "../../core/codes.ts";
import { Call, Command } from "../../core/command.ts";
import { Bytes } from "../../core/memory.ts";

const NAME: Bytes = ascii("guest-info");
const VERSION: Bytes = ascii("version");
const SUPPORTED_COMMANDS: Bytes = ascii("supported_commands");
const ENABLED: Bytes = ascii("enabled");
const NAME_KEY: Bytes = ascii("name");
const SUCCESS_RESPONSE: Bytes = ascii("success-response");

export class GuestInfo extends Command {
  constructor() {
    super(NAME, FLAG_WHILE_FROZEN);
  }

  run(call: Call): void {
    call.openObject();
    call.key(VERSION);
    call.string(call.agent.version, 0, call.agent.versionLength);
    call.key(SUPPORTED_COMMANDS);
    call.openArray();
    let command = call.agent.first;
    while (command !== null) {
      call.openObject();
      call.key(ENABLED);
      call.boolean(call.agent.isEnabled(command));
      call.key(NAME_KEY);
      call.string(command.name, 0, command.nameLength);
      call.key(SUCCESS_RESPONSE);
      call.boolean(!command.has(FLAG_NO_RESPONSE));
      call.closeObject();
      command = command.next;
    }
    call.closeArray();
    call.closeObject();
  }
}
