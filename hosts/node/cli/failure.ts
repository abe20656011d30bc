// How a command that talks to an agent ends when nothing was mistyped: with a status of its own, told in one line.

/** The statuses of `call`, `shell` and `wait`. */
export const STATUS = { agentError: 1, mistake: 2, noAnswer: 3 } as const;

/** The same for their help pages. */
export const STATUS_HELP = `
Exit codes:
  0  done
  1  the agent answered an error: it is on stderr
  2  a mistake in what was typed
  3  no connection, no answer in time, or output that cannot be written
`;

/** What TARGET may be. */
export const TARGET_HELP = "a unix socket, a serial line or a pseudo-terminal";

export class Failure extends Error {
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}
