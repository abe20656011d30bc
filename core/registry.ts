// The commands of an agent, which of them are enabled, and why not.

import { FLAG_ENABLED } from "./codes.ts";
import { Command } from "./command.ts";
import { Bytes, copyBytes, freeBytes, newBytes } from "./memory.ts";

export class Registry {
  /** The newest command; the others follow by `next`. It is the order of guest-info (PROTOCOL 6.3). */
  first: Command | null = null;
  /** Only commands marked FLAG_WHILE_FROZEN can be called. */
  frozen: bool = false;

  /** The command of this name, or null. */
  find(bytes: Bytes, from: i32, length: i32): Command | null {
    let command = this.first;
    while (command !== null) {
      if (command.isNamed(bytes, from, length)) return command;
      command = command.next;
    }
    return null;
  }

  /** Adds a command; false where there is one of the name. */
  add(command: Command): bool {
    if (this.find(command.name, 0, command.nameLength) !== null) return false;
    command.next = this.first;
    this.first = command;
    return true;
  }

  enable(command: Command): void {
    command.flags |= FLAG_ENABLED;
    freeBytes(command.reason);
    command.reason = newBytes(0);
    command.reasonLength = 0;
  }

  /** Disables a command, for a reason in UTF-8 that the error shows behind a colon, or for none. */
  disable(command: Command, reason: Bytes, from: i32, length: i32): void {
    this.enable(command);
    command.flags &= ~FLAG_ENABLED;
    if (length === 0) return;
    command.reason = newBytes(length + 2);
    command.reasonLength = length + 2;
    command.reason[0] = 0x3a;
    command.reason[1] = 0x20;
    copyBytes(reason, from, length, command.reason, 2);
  }
}
