// A log as the core needs it.

import { Bytes } from "./memory.ts";

export abstract class Logger {
  /** Off while the agent is frozen: what a command logs is lost then, and one that must be logged does not run. */
  enabled: bool = true;

  /** Takes a record: level and domain by their numbers in codes.ts, and an ASCII text. */
  abstract log(level: i32, domain: i32, text: Bytes): void;
}
