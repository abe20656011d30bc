// How a call can end that brings no value.

import { type ErrorCode, GuestwireError } from "../errors.ts";

/** What the agent answered in place of a return value; its message is the agent's text, which is for people only. */
export class AgentError extends Error {
  override readonly name = "AgentError";
  readonly command: string;
  /** `GenericError` or `CommandNotFound`; agents before QEMU 2.0 know more (PROTOCOL 4). */
  readonly errorClass: string;

  constructor(command: string, errorClass: string, desc: string) {
    super(desc);
    this.command = command;
    this.errorClass = errorClass;
  }
}

/** No answer that could be trusted. */
export class CallError extends GuestwireError {
  /** Whether the request went out: then the command may have run, or may still run. False: it has not, and will not. */
  readonly sent: boolean;

  constructor(code: ErrorCode, message: string, sent: boolean, cause?: unknown) {
    super(code, message, cause === undefined ? undefined : { cause });
    this.sent = sent;
  }
}
