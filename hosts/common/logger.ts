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

/** The same logger, but one that does not throw: a log that fails is no reason for an agent to. */
export function guarded(logger: Logger): Logger {
  return {
    log(level, domain, message) {
      try {
        logger.log(level, domain, message);
      } catch {
        // There is nowhere to say it.
      }
    },
  };
}
