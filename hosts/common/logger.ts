// Log records as a host takes them.

/** From worst to least, as GLib has them. */
export const LOG_LEVELS = ["error", "critical", "warning", "message", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `general`: the log file or stderr. `syslog`: the system's audit log only, as guest-ping's (PROTOCOL 6.2). */
export const LOG_DOMAINS = ["general", "syslog"] as const;
export type LogDomain = (typeof LOG_DOMAINS)[number];

/** Takes log records. It must not throw. While the agent is frozen no records of commands come. */
export interface Logger {
  log(level: LogLevel, domain: LogDomain, message: string): void;
}

/** Drops every record. */
export const silent: Logger = { log() {} };
