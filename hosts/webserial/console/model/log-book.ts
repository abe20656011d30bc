// What client, agent and console have to say, the newest records only.

import type { LogDomain, Logger, LogLevel } from "../../../common/logger.ts";
import { Notifier } from "./notifier.ts";

export interface LogRecord {
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly level: LogLevel;
  readonly message: string;
}

/** Records that are kept. */
const MOST = 500;

export class LogBook extends Notifier implements Logger {
  records: readonly LogRecord[] = [];
  private count = 0;

  log(level: LogLevel, _domain: LogDomain, message: string): void {
    const record = { number: this.count++, time: Date.now(), level, message };
    this.records = [...this.records.slice(1 - MOST), record];
    this.changed();
  }

  clear(): void {
    this.records = [];
    this.changed();
  }
}
