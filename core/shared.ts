// What the sessions of an agent share.

import { LIMIT_MOST } from "./codes.ts";
import { newLimits, peerLimits } from "./limits.ts";
import { Words } from "./memory.ts";
import { Parser } from "./parser.ts";
import { Registry } from "./registry.ts";

export class Shared extends Registry {
  limits: Words = peerLimits();
  /** Reads what host commands return: in one go, so one is enough. It is bounded by replyBytes, not by what peers may send. */
  results: Parser = new Parser(newLimits(LIMIT_MOST));
  private calls: i32 = 0;

  /** A number for a pending call: never 0, and not used again for two thousand million calls. */
  nextCall(): i32 {
    this.calls = this.calls === 0x7fffffff ? 1 : this.calls + 1;
    return this.calls;
  }
}
