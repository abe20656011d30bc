// What the sessions of an agent share.

import { Budget } from "./budget.ts";
import { Echo } from "./echo.ts";
import { Keys } from "./keys.ts";
import { LIMIT_MOST, Limits } from "./limits.ts";
import { Logger } from "./logger.ts";
import { Bytes, newBytes } from "./memory.ts";
import { Nowhere, Output } from "./output.ts";
import { Parser } from "./parser.ts";
import { Registry } from "./registry.ts";
import { Texts } from "./texts.ts";

export class Shared {
  limits: Limits;
  budget: Budget;
  texts: Texts = new Texts();
  registry: Registry = new Registry();
  keys: Keys;
  logger: Logger;
  /** The output of sessions that are closed, which must not keep that of their last peer. */
  nowhere: Output = new Nowhere();
  /** What guest-info calls the version: UTF-8. */
  version: Bytes = newBytes(0);
  versionLength: i32 = 0;
  /** Reads what host commands return: in one go, so one is enough. */
  results: Parser;
  /** Writes a value in one go: what a command returned, or its arguments. */
  echo: Echo;
  private calls: i32 = 0;

  constructor(logger: Logger) {
    const limits = new Limits();
    const budget = new Budget(limits);
    const keys = new Keys();
    // What a host command returns is bounded by replyBytes, not by what peers may send.
    const generous = new Limits();
    generous.messageBytes = LIMIT_MOST;
    generous.tokens = LIMIT_MOST;
    generous.depth = LIMIT_MOST;
    generous.totalBytes = LIMIT_MOST;
    const results = new Parser(generous, new Budget(generous), keys);
    this.limits = limits;
    this.budget = budget;
    this.keys = keys;
    this.logger = logger;
    this.results = results;
    this.echo = new Echo(results.document);
  }

  /** A number for a pending call: never 0, and not used again for two thousand million calls. */
  nextCall(): i32 {
    this.calls = this.calls === 0x7fffffff ? 1 : this.calls + 1;
    return this.calls;
  }
}
