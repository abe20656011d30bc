// One call of a host command, from its arguments to the one answer that it gets, whatever the command does.

import { type CallContext, CommandError, type ErrorClass, type HostCommand } from "../../plugins/api.ts";
import type { Clock } from "./clock.ts";
import type { PendingCall } from "./core.ts";
import type { Logger } from "./logger.ts";

/** What a call needs of its surroundings. */
export interface CallHost {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default deadline in milliseconds, 0 for none. */
  readonly commandMs: number;
  isFrozen(): boolean;
  /** The call is over after so many milliseconds. */
  settled(command: HostCommand, ms: number): void;
}

/** Takes the answer. */
export interface Answer {
  complete(call: number, json: string): void;
  fail(call: number, errorClass: ErrorClass, desc: string): void;
  delimit(call: number): void;
}

export class HostCall {
  readonly number: number;
  private readonly host: CallHost;
  private readonly command: HostCommand;
  private readonly answer: Answer;
  private readonly controller = new AbortController();
  private readonly started: number;
  private cancelDeadline: (() => void) | undefined;
  private over = false;

  constructor(host: CallHost, command: HostCommand, number: number, answer: Answer) {
    this.host = host;
    this.command = command;
    this.number = number;
    this.answer = answer;
    this.started = host.clock.now();
  }

  /** Runs the command. The answer may be given before this returns. */
  run(call: PendingCall): void {
    const ms = this.command.timeoutMs ?? this.host.commandMs;
    if (ms > 0) this.cancelDeadline = this.host.clock.after(ms, () => this.expire(ms));
    try {
      const result = this.command.run(JSON.parse(call.arguments) as Record<string, unknown>, this.context());
      if (result instanceof Object && "then" in result && typeof result.then === "function") {
        void Promise.resolve(result as PromiseLike<unknown>).then(
          (value) => this.complete(value),
          (error: unknown) => this.fail(error),
        );
      } else {
        this.complete(result);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** The agent closes, or the session is gone: what the command still does has no effect. */
  abandon(reason: string): void {
    if (this.settle()) this.controller.abort(new Error(reason));
  }

  private context(): CallContext {
    return {
      signal: this.controller.signal,
      log: (level, message) => {
        if (!this.host.isFrozen()) this.host.logger.log(level, "general", `${this.command.name}: ${message}`);
      },
      delimit: () => {
        if (!this.over) this.answer.delimit(this.number);
      },
    };
  }

  private expire(ms: number): void {
    const desc = `Command ${this.command.name} did not finish within ${ms} ms`;
    this.host.logger.log("warning", "general", desc);
    if (!this.settle()) return;
    this.controller.abort(new Error(desc));
    this.answer.fail(this.number, "GenericError", desc);
  }

  private complete(value: unknown): void {
    let json: string | undefined;
    try {
      json = value === undefined ? "{}" : JSON.stringify(value);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (json === undefined) this.fail(new Error(`Command ${this.command.name} returned what JSON cannot hold`));
    else if (this.settle()) this.answer.complete(this.number, json);
  }

  private fail(error: unknown): void {
    if (!this.settle()) return;
    const known = error instanceof CommandError;
    const text = error instanceof Error ? error.message : String(error);
    if (!known) this.host.logger.log("warning", "general", `${this.command.name} failed: ${text}`);
    this.answer.fail(this.number, known ? error.errorClass : "GenericError", text);
  }

  /** True the first time: only then the answer counts. */
  private settle(): boolean {
    if (this.over) return false;
    this.over = true;
    this.cancelDeadline?.();
    this.host.settled(this.command, this.host.clock.now() - this.started);
    return true;
  }
}
