// Log records as a host takes them.

/** From worst to least, as GLib has them. */
export const LOG_LEVELS = ["error", "critical", "warning", "message", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `general`: the log file or stderr. `syslog`: the system's audit log only, as guest-ping's (PROTOCOL 6.2). */
export const LOG_DOMAINS = ["general", "syslog"] as const;
export type LogDomain = (typeof LOG_DOMAINS)[number];

/** Takes log records. What it throws is dropped. While the agent is frozen no records of commands come. */
export interface Logger {
  log(level: LogLevel, domain: LogDomain, message: string): void;
}

/** Drops every record. */
export const silent: Logger = { log() {} };

/** What an agent binds as LOGGER: its owner's logger with a switch, and one that does not throw. */
export class AgentLogger implements Logger {
  /** Off while the agent is frozen: then nothing is handed on. Visible to every command. */
  enabled = true;
  private readonly logger: Logger;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  log(level: LogLevel, domain: LogDomain, message: string): void {
    if (this.enabled) this.always(level, domain, message);
  }

  /** Hands a record on even while the agent is frozen: that the core failed must not go unsaid. */
  always(level: LogLevel, domain: LogDomain, message: string): void {
    try {
      this.logger.log(level, domain, message);
    } catch {
      // A log that fails is no reason for an agent to, and there is nowhere to say it.
    }
  }
}
