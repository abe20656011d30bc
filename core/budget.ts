// The bytes that all sessions of an agent hold together.

import { Limits } from "./limits.ts";

export class Budget {
  /** Bytes held. */
  held: i32 = 0;
  private limits: Limits;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  /** Changes a share from `before` to `after` bytes; false, and no change, where that is too much. */
  claim(before: i32, after: i32): bool {
    const held = this.held - before + after;
    if (after > before && held > this.limits.totalBytes) return false;
    this.held = held;
    return true;
  }
}
