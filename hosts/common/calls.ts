// One call of a host command, from its arguments to the one answer that it gets, whatever the command does.

import { type CallContext, CommandError, type ErrorClass, type HostCommand } from "../../plugins/api.ts";
import type { Clock } from "./clock.ts";
import type { PendingCall } from "./core.ts";
import type { AgentLogger, LogLevel } from "./logger.ts";

/** What a call needs of its surroundings. */
export interface CallHost {
  readonly clock: Clock;
  readonly logger: AgentLogger;
  /** Default deadline in milliseconds, 0 for none. */
  readonly commandMs: number;
  /** The call is over after so many milliseconds. */
  settled(command: HostCommand, ms: number): void;
}

/** Takes the answer. */
export interface Answer {
  complete(call: number, json: string, delimited: boolean): void;
  fail(call: number, errorClass: ErrorClass, desc: string): void;
}

export class HostCall {
  readonly number: number;
  private readonly host: CallHost;
  private readonly command: HostCommand;
  private readonly answer: Answer;
  private readonly controller = new AbortController();
  private readonly started: number;
  private cancelDeadline: (() => void) | undefined;
  private delimited = false;
  private over = false;
  private detached = false;

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

  /** The peer is gone: what the command still answers is dropped. Its deadline stands. */
  detach(): void {
    this.detached = true;
    if (this.command.abortOnDisconnect) this.cancel("the session is closed");
  }

  /** Aborts the call's signal; the command may still answer. */
  cancel(reason: string): void {
    this.controller.abort(new Error(reason));
  }

  private context(): CallContext {
    const { host } = this;
    return {
      signal: this.controller.signal,
      get logging() {
        return host.logger.enabled;
      },
      log: (level, message) => this.log(level, message),
      delimit: () => {
        this.delimited = true;
      },
    };
  }

  private log(level: LogLevel, message: string): void {
    this.host.logger.log(level, "general", `${this.command.name}: ${message}`);
  }

  private expire(ms: number): void {
    const desc = `Command ${this.command.name} did not finish within ${ms} ms`;
    this.log("warning", `did not finish within ${ms} ms`);
    if (!this.settle()) return;
    this.controller.abort(new Error(desc));
    if (!this.detached) this.answer.fail(this.number, "GenericError", desc);
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
    else if (this.settle() && !this.detached) this.answer.complete(this.number, json, this.delimited);
  }

  private fail(error: unknown): void {
    const text = textOf(error);
    if (!this.settle()) return;
    const known = error instanceof CommandError;
    if (!known) this.log("warning", `failed: ${text}`);
    if (!this.detached) this.answer.fail(this.number, known ? error.errorClass : "GenericError", text);
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

/** What a thrown value says. Anything can be thrown, and asking it for its text can throw again. */
function textOf(error: unknown): string {
  try {
    return error instanceof Error ? `${error.message}` : String(error);
  } catch {
    return "The command failed with a value that has no text";
  }
}
