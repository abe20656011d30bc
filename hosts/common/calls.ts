// One call of a host command, from its arguments to the one answer that it gets, whatever the command does.

import {
  type AgentContext,
  type CallContext,
  CommandError,
  type ErrorClass,
  type HostCommand,
  type SessionContext,
} from "../../plugins/api.ts";
import { mistakeInObject } from "./arguments.ts";
import type { Clock } from "./clock.ts";
import { textOf } from "./errors.ts";
import type { PendingCall } from "./core.ts";
import { parseJson, parseSpelling } from "./json.ts";
import type { AgentLogger, LogLevel } from "./logger.ts";
import { formatResult } from "./results.ts";
import { isValidator, validate } from "./validators.ts";

/** What a call needs of its surroundings. */
export interface CallHost {
  readonly clock: Clock;
  readonly logger: AgentLogger;
  /** Default deadline in milliseconds, 0 for none. */
  readonly commandMs: number;
  /** The bytes that a return value may have. */
  readonly replyBytes: number;
  readonly context: AgentContext;
  /** The name of the plugin that the command came with. */
  pluginOf(command: HostCommand): string;
  /** A call begins; returns what is to be called when it is over. */
  enter(command: HostCommand): () => void;
  /** The call is over after so many milliseconds. */
  settled(command: HostCommand, ms: number): void;
}

/** Takes the answer. */
export interface Answer {
  complete(call: number, json: string, delimited: boolean): void;
  fail(call: number, errorClass: ErrorClass, desc: string): void;
}

/** A command that does not return for so many milliseconds has held up everybody, and is named in the log. */
const HOG_MS = 200;

type Arguments = Record<string, unknown>;

export class HostCall {
  readonly number: number;
  private readonly host: CallHost;
  private readonly command: HostCommand;
  private readonly answer: Answer;
  private readonly context: CallContext;
  private readonly plugin: string;
  private readonly controller = new AbortController();
  private readonly started: number;
  private leave: () => void = () => {};
  private cancelDeadline: (() => void) | undefined;
  private delimited = false;
  private over = false;
  private detached = false;

  constructor(host: CallHost, command: HostCommand, number: number, answer: Answer, session: SessionContext) {
    this.host = host;
    this.command = command;
    this.number = number;
    this.answer = answer;
    this.context = this.contextIn(session);
    this.plugin = host.pluginOf(command);
    this.started = host.clock.now();
  }

  /** Runs the command. The answer may be given before this returns. */
  run(call: PendingCall): void {
    this.leave = this.host.enter(this.command);
    const ms = this.command.timeoutMs ?? this.host.commandMs;
    if (ms > 0) this.cancelDeadline = this.host.clock.after(ms, () => this.expire(ms));
    try {
      const result = this.check(call.arguments);
      if (isPromise(result)) {
        void Promise.resolve(result).then(
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

  /** Runs the command where its arguments are as it declares them. */
  private check(json: string): unknown {
    const declared = this.command.arguments;
    const args = parseJson(json) as Arguments;
    if (declared === undefined) return this.invoke(args);
    if (isValidator(declared)) {
      const checked = validate(declared, args);
      return isPromise(checked) ? checked.then((value) => this.invoke(value)) : this.invoke(checked);
    }
    const mistake = mistakeInObject(declared, args, parseSpelling(json) as Arguments);
    if (mistake !== undefined) throw new CommandError("GenericError", mistake);
    return this.invoke(args);
  }

  private invoke(args: unknown): unknown {
    // The deadline may have passed while a validator thought.
    if (this.over) return undefined;
    const { clock } = this.host;
    const before = clock.now();
    try {
      return this.command.run(args as Arguments, this.context);
    } finally {
      const ms = Math.round(clock.now() - before);
      if (ms >= HOG_MS) this.log("warning", `held up all sessions for ${ms} ms`);
    }
  }

  private contextIn(session: SessionContext): CallContext {
    const { host } = this;
    return {
      signal: this.controller.signal,
      session,
      agent: host.context,
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
    this.host.logger.log(level, "general", `${this.plugin}: ${this.command.name}: ${message}`);
  }

  private expire(ms: number): void {
    const desc = `Command ${this.command.name} did not finish within ${ms} ms`;
    this.log("warning", `did not finish within ${ms} ms`);
    if (!this.settle()) return;
    this.controller.abort(new Error(desc));
    if (!this.detached) this.answer.fail(this.number, "GenericError", desc);
  }

  private complete(value: unknown): void {
    if (this.over) return;
    const { name } = this.command;
    let json: string;
    try {
      json = formatResult(value);
    } catch (error) {
      this.fail(new Error(`Command ${name} ${textOf(error)}`));
      return;
    }
    // No character takes less than a byte. What is not much larger the core finds out.
    if (json.length > this.host.replyBytes) {
      this.fail(new Error(`The reply of ${name} is larger than the limit of this agent`));
    } else if (this.settle() && !this.detached) {
      this.answer.complete(this.number, json, this.delimited);
    }
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
    this.leave();
    return true;
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Object && "then" in value && typeof value.then === "function";
}
