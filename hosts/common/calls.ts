// One call of a host command, from its arguments to the one answer that it gets, whatever the command does.

import {
  type AgentContext,
  type CallContext,
  CommandError,
  type ErrorClass,
  type HostCommand,
} from "../../plugins/api.ts";
import { mistakeInObject } from "./arguments.ts";
import { CallAbort } from "./call-signal.ts";
import type { Clock } from "./clock.ts";
import type { PendingCall } from "./core.ts";
import { errorClassOf, messageOf, textOf } from "./errors.ts";
import { parseJson, parseSpelling } from "./json.ts";
import type { AgentLogger, LogLevel } from "./logger.ts";
import { isPromise } from "./promises.ts";
import { formatResult } from "./results.ts";
import type { SessionState, StateOwner } from "./session-state.ts";
import { checkedArguments, isValidator } from "./validators.ts";

/** What a call needs of its surroundings. */
export interface CallHost {
  readonly clock: Clock;
  readonly logger: AgentLogger;
  /** Default deadline in milliseconds, 0 for none. */
  readonly commandMs: number;
  /** The bytes that a return value may have. */
  readonly replyBytes: number;
  readonly context: AgentContext;
  /** The calls that are not over yet; they keep themselves there. */
  readonly calls: Set<HostCall>;
  /** A call begins. */
  enter(command: HostCommand): Visit;
  /** The call is over after so many milliseconds. */
  settled(command: HostCommand, ms: number): void;
}

/** A call in its plugin, which stays until the call has left. */
export interface Visit {
  readonly plugin: StateOwner;
  leave(): void;
}

/** Takes the answer. */
export interface Answer {
  complete(call: number, json: string, delimited: boolean): void;
  fail(call: number, errorClass: ErrorClass, desc: string): void;
}

/** A command that does not return for so many milliseconds has held up everybody, and is named in the log. */
const HOG_MS = 200;

/** The characters that the description of an error may have: it is for people. */
const DESC_LENGTH = 10_000;

type Arguments = Record<string, unknown>;

export class HostCall {
  readonly number: number;
  private readonly host: CallHost;
  private readonly command: HostCommand;
  private readonly answer: Answer;
  private readonly context: CallContext;
  private readonly visit: Visit;
  private readonly abort = new CallAbort((error) => this.log("warning", `an abort listener failed: ${textOf(error)}`));
  private readonly started: number;
  private cancelDeadline: (() => void) | undefined;
  private delimited = false;
  private over = false;
  private detached = false;

  constructor(host: CallHost, command: HostCommand, number: number, answer: Answer, session: SessionState) {
    this.host = host;
    this.command = command;
    this.number = number;
    this.answer = answer;
    this.visit = host.enter(command);
    this.context = this.contextIn(session);
    this.started = host.clock.now();
    host.calls.add(this);
  }

  /** Runs the command. The answer may be given before this returns. */
  run(call: PendingCall): void {
    const ms = this.command.timeoutMs ?? this.host.commandMs;
    if (ms > 0) this.cancelDeadline = this.host.clock.after(ms, () => this.expire(ms));
    try {
      const result = this.timed(() => this.check(call.arguments));
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
    this.abort.abort(reason);
  }

  /** Nobody wants the answer any more. */
  giveUp(): void {
    this.detached = true;
    this.settle();
  }

  /** Runs the command where its arguments are as it declares them. */
  private check(json: string): unknown {
    const declared = this.command.arguments;
    const args = parseJson(json) as Arguments;
    if (declared === undefined) return this.invoke(args);
    if (isValidator(declared)) {
      const result: unknown = declared["~standard"].validate(args);
      if (!isPromise(result)) return this.invoke(checkedArguments(result));
      return Promise.resolve(result).then((late) => this.timed(() => this.invoke(checkedArguments(late))));
    }
    const mistake = mistakeInObject(declared, args, parseSpelling(json, args) as Arguments);
    if (mistake !== undefined) throw new CommandError("GenericError", mistake);
    return this.invoke(args);
  }

  private invoke(args: unknown): unknown {
    // The deadline may have passed while a validator thought.
    return this.over ? undefined : this.command.run(args as Arguments, this.context);
  }

  /** Does what nothing can interrupt, and says so where that took long. */
  private timed<T>(work: () => T): T {
    const { clock } = this.host;
    const before = clock.now();
    try {
      return work();
    } finally {
      const ms = Math.round(clock.now() - before);
      if (ms >= HOG_MS) this.log("warning", `held up all sessions for ${ms} ms`);
    }
  }

  private contextIn(session: SessionState): CallContext {
    const { abort, host, visit } = this;
    return {
      get signal() {
        return abort.signal;
      },
      session: {
        id: session.id,
        state: (key, create, dispose) => session.state(visit.plugin, key, create, dispose),
      },
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
    this.host.logger.log(level, "general", `${this.visit.plugin.name}: ${this.command.name}: ${message}`);
  }

  private expire(ms: number): void {
    const desc = `Command ${this.command.name} did not finish within ${ms} ms`;
    this.log("warning", `did not finish within ${ms} ms`);
    this.settle();
    this.abort.abort(desc);
    this.refuse("GenericError", desc);
  }

  private complete(value: unknown): void {
    if (this.over) return;
    let json: string;
    try {
      json = formatResult(this.command.name, value, this.host.replyBytes);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (this.settle() && !this.detached) this.answer.complete(this.number, json, this.delimited);
  }

  private fail(error: unknown): void {
    if (!this.settle()) return;
    const errorClass = errorClassOf(error);
    if (errorClass === undefined) this.log("warning", `failed: ${textOf(error).slice(0, DESC_LENGTH)}`);
    const desc = messageOf(error) ?? `Command ${this.command.name} failed`;
    this.refuse(errorClass ?? "GenericError", desc.slice(0, DESC_LENGTH));
  }

  private refuse(errorClass: ErrorClass, desc: string): void {
    if (!this.detached) this.answer.fail(this.number, errorClass, desc);
  }

  /** True the first time: only then the answer counts. */
  private settle(): boolean {
    if (this.over) return false;
    this.over = true;
    this.host.calls.delete(this);
    this.cancelDeadline?.();
    this.host.settled(this.command, this.host.clock.now() - this.started);
    this.visit.leave();
    return true;
  }
}
