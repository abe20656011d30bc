// A command's flags as the core has them.

import { FLAG_ENABLED, FLAG_MUST_LOG, FLAG_NO_RESPONSE, FLAG_WHILE_FROZEN } from "../../core/codes.ts";
import type { CommandFlags, CommandState } from "./core.ts";

/** The flags of codes.ts for a command that the host runs. */
export function flagBits(flags: CommandFlags): number {
  return (
    (flags.successResponse ? 0 : FLAG_NO_RESPONSE) |
    (flags.whileFrozen ? FLAG_WHILE_FROZEN : 0) |
    (flags.mustLog ? FLAG_MUST_LOG : 0)
  );
}

/** What the bits that the core keeps say of a command. */
export function stateOf(bits: number): CommandState {
  return {
    enabled: (bits & FLAG_ENABLED) !== 0,
    successResponse: (bits & FLAG_NO_RESPONSE) === 0,
    whileFrozen: (bits & FLAG_WHILE_FROZEN) !== 0,
  };
}
