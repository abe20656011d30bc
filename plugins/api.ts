// What a plugin is made of, and what its commands see.

import type { DependencyContainer } from "tsyringe";
import type { Members, StandardSchema, Type } from "./schema.ts";

/**
 * Version of this interface. A plugin says which one it was written for with a number of its own, `api: 1`: one that imports
 * this gets that of the package that it runs with.
 */
export const API = 1;

/** Token of a command: what is registered under it, the agent serves. Two copies of the package agree on it. */
export const COMMAND = Symbol.for("guestwire/Command/1");

/**
 * Token of the agent's freeze switch: a Freeze. Whoever freezes file systems calls `freeze` before the first, and `thaw` after
 * the last has thawed.
 */
export const FREEZE = Symbol.for("guestwire/Freeze/1");

/** Token of what thaws file systems: a plugin that freezes some binds a Freezer. */
export const FREEZER = Symbol.for("guestwire/Freezer/1");

/** Error classes that the protocol knows (PROTOCOL 4). */
export type ErrorClass = "GenericError" | "CommandNotFound";

/** Thrown by a command to answer an error of its own. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly errorClass: ErrorClass;

  /** `desc` is for people; clients must not parse it. */
  constructor(errorClass: ErrorClass, desc: string) {
    super(desc);
    this.errorClass = errorClass;
  }
}

/** A command that is compiled into a build of the core: the js engine takes the class, the wasm engine the name. */
export interface PortableCommand {
  readonly name: string;
  /** For those who ask what there is; the core checks what the command itself declares. So `returns`. */
  readonly arguments?: Members;
  readonly returns?: Type;
  /** A class of the portable core, without parameters; null where only a module of one's own has the command. */
  readonly portable: (new () => object) | null;
}

/** AbortSignal where the type library knows it, as Node's and the DOM's do; what they have in common where not. */
export type CallSignal = typeof globalThis extends { AbortSignal: { prototype: infer Signal } }
  ? Signal
  : {
      readonly aborted: boolean;
      readonly reason: unknown;
      throwIfAborted(): void;
      addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
      removeEventListener(type: "abort", listener: () => void): void;
    };

/** A command as the agent lists it. */
export interface CommandDescription {
  readonly name: string;
  /** The plugin that it came with. */
  readonly plugin: string;
  /** Whether it can be called now: not disabled, and not frozen out. */
  readonly enabled: boolean;
  /** Why it is disabled, where a reason was given. */
  readonly reason?: string;
  /** Whether success draws a reply. */
  readonly successResponse: boolean;
  /** What it takes and returns, where it says so in QAPI's words. */
  readonly arguments?: Members;
  readonly returns?: Type;
}

/** What a plugin may know of its agent. */
export interface AgentContext {
  /** As guest-info calls it. */
  readonly version: string;
  /** Only commands marked `whileFrozen` run, and nothing that commands log is kept. */
  readonly frozen: boolean;
  /** In the order of registration. */
  commands(): CommandDescription[];
}

/** The switch that restricts an agent while file systems are frozen. It does not freeze any. */
export interface Freeze {
  readonly frozen: boolean;
  /**
   * From now on only commands marked `whileFrozen` run, whatever lists of the policy say, and nothing that commands log is kept.
   * Throws where it cannot be kept that the agent is frozen: then it is not, and nothing may be frozen.
   */
  freeze(): void;
  thaw(): void;
}

/** Thaws what a plugin has frozen. */
export interface Freezer {
  /**
   * Called at the end of an agent that is frozen, after its last call: thaws all file systems that are frozen, by an agent
   * before this one too. It has five seconds. Where it throws or rejects, others thaw nevertheless, and the agent that starts
   * next is frozen.
   */
  thaw(): void | Promise<void>;
}

/** What a command may know of the peer that calls it. */
export interface SessionContext {
  /** Counts from 1 in each agent. */
  readonly id: number;
  /**
   * What the plugin keeps for this peer under a key, which no other plugin sees: made when it is first asked for, handed to
   * `dispose` when the peer has gone, or the plugin. Where one is gone already that is at once.
   */
  state<T>(key: string | symbol | object, create: () => T, dispose?: (value: T) => unknown): T;
}

/** What a host command sees of a call. */
export interface CallContext {
  /** Aborts at the deadline, and when the agent closes: a command has five seconds to answer then. */
  readonly signal: CallSignal;
  readonly session: SessionContext;
  readonly agent: AgentContext;
  /** Whether what is logged is kept: false while the agent is frozen. */
  readonly logging: boolean;
  /** Writes a log record, in the name of the command. Nothing while the agent is frozen. */
  log(level: "error" | "critical" | "warning" | "message" | "info" | "debug", message: string): void;
  /** Puts the byte 0xFF before the reply, should the command succeed. */
  delimit(): void;
}

/** A command that runs in the host's JavaScript. */
export interface HostCommand {
  /** Letters, digits and `_`, after the first of them `-` and `.` too; 1 to 128. */
  readonly name: string;
  /**
   * What it takes: members by name in QAPI's words, or a validator. A call with other arguments is refused before the
   * command runs. Without it the arguments are the command's own to check.
   */
  readonly arguments?: Members | StandardSchema;
  /** What it returns, in QAPI's words; for types, and for those who ask. */
  readonly returns?: Type;
  /** Whether success draws a reply. Default true. */
  readonly successResponse?: boolean;
  /** Whether it may run while the agent is frozen. Default false. */
  readonly whileFrozen?: boolean;
  /** Whether it is refused while logging is off. Default false. */
  readonly mustLog?: boolean;
  /** Milliseconds until it is given up, 0 for never, 2,147,483,647 at most. Default: the agent's limit commandMs. */
  readonly timeoutMs?: number;
  /** Whether the call's signal aborts when its peer goes. Default false: what has begun is finished. */
  readonly abortOnDisconnect?: boolean;
  /**
   * Runs it. Integers in `args` beyond 2^53 - 1 are bigints. What it returns, or what its promise resolves to, is the reply's
   * value as JSON.stringify has it, nothing for `{}`: so NaN and Infinity are `null`. But a bigint is written as an integer,
   * and an integer outside -2^63 to 2^64 - 1 is an error; a number from 1e21 is a float. Surrogates that are alone, and
   * noncharacters, become U+FFFD. What it throws is an error reply: a CommandError as it is, anything else as a GenericError
   * with its message, of 10,000 characters at most.
   */
  run(args: Record<string, unknown>, call: CallContext): unknown;
}

export type CommandBinding = PortableCommand | HostCommand;

/** A set of commands. */
export interface Plugin {
  /**
   * As its package: letters, digits, `-`, `_`, `.` and `~`, after `@SCOPE/` or not; 1 to 214. An agent has one of each name.
   */
  readonly name: string;
  /** The version of this interface that it was written for. */
  readonly api: number;
  readonly commands?: readonly CommandBinding[];
  /**
   * Binds COMMANDs, and what they need, in a container of the plugin's own, which knows the agent's services by their
   * tokens. It is disposed with the plugin.
   */
  register?(container: DependencyContainer): void;
}
