// The commands of an agent, which of them are enabled, and why not.

import { FLAG_ENABLED } from "./codes.ts";
import { AgentState, Command } from "./command.ts";
import { Bytes, copyBytes, freeBytes, newBytes } from "./memory.ts";

export class Registry extends AgentState {
  /** The command of this name, or null. */
  find(bytes: Bytes, from: i32, length: i32): Command | null {
    let command = this.first;
    while (command !== null && !command.isNamed(bytes, from, length)) command = command.next;
    return command;
  }

  /** Registers a command; false where there is one of the name. Later ones come first in guest-info. */
  add(command: Command): bool {
    if (this.find(command.name, 0, command.nameLength) !== null) return false;
    command.next = this.first;
    this.first = command;
    return true;
  }

  /** Takes a command out, and its disabling with it; a call that is under way finishes. */
  remove(command: Command): void {
    this.enable(command);
    let before = this.first;
    if (before === command) {
      this.first = command.next;
      return;
    }
    while (before !== null && before.next !== command) before = before.next;
    if (before !== null) before.next = command.next;
  }

  enable(command: Command): void {
    this.setReason(command, newBytes(0), 0);
    command.flags |= FLAG_ENABLED;
  }

  /** Disables a command, for a reason in UTF-8 that the error shows behind a colon, or for none. */
  disable(command: Command, reason: Bytes, from: i32, length: i32): void {
    const text = newBytes(length);
    copyBytes(reason, from, length, text, 0);
    this.setReason(command, text, length);
    command.flags &= ~FLAG_ENABLED;
  }

  private setReason(command: Command, reason: Bytes, length: i32): void {
    freeBytes(command.reason);
    command.reason = reason;
    command.reasonLength = length;
  }
}
