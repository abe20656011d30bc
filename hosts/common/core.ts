// What the two engines have in common: the core behind flat calls, so that nothing above them knows which one runs.

import type { PortableCommand } from "../../plugins/api.ts";
import type { LogDomain, LogLevel } from "./logger.ts";

/** A call that the host has to answer. */
export interface PendingCall {
  /** Names this call when it is completed or failed. */
  readonly number: number;
  /** The number under which its command was added. */
  readonly command: number;
  /** The arguments object as JSON; integers as the peer spelled them. */
  readonly arguments: string;
}

/** One peer, as an engine sees it. */
export interface CoreSession {
  /** Takes bytes; returns how many. Fewer than all where it is busy. */
  receive(bytes: Uint8Array): number;
  /** The sink takes bytes again. */
  drained(): void;
  /** Whether it takes no bytes now: a call is pending, or replies wait for a peer that does not read. */
  isBusy(): boolean;
  /**
   * Takes the call that waits for the host, with its arguments written out: once for each call, which is then to be completed
   * or failed. Undefined where none waits, or where its arguments are too large, which the core has answered itself.
   */
  takeCall(): PendingCall | undefined;
  /**
   * Answers a pending call with a JSON value, and 0xFF before the reply where `delimited`. Does nothing where that call is
   * not pending any more.
   */
  complete(call: number, json: string, delimited: boolean): void;
  /** Answers a pending call with an error. */
  fail(call: number, errorClass: "GenericError" | "CommandNotFound", desc: string): void;
  /** Gives large buffers back where nothing is under way. */
  trim(): void;
  /** Replies that wait, in bytes. */
  waiting(): number;
  counters(): { resyncs: number; suppressed: number };
  /** Drops what the peer left behind. Nothing else may be called after it. */
  close(): void;
}

/** Sends bytes to the peer; false where the engine should wait for `drained`. The bytes are valid during the call. */
export type Sink = (bytes: Uint8Array) => boolean;

/** Flags of a command that the host runs. */
export interface CommandFlags {
  readonly successResponse: boolean;
  readonly whileFrozen: boolean;
  readonly mustLog: boolean;
}

/** What a core says of a command. */
export interface CommandState {
  readonly enabled: boolean;
  readonly successResponse: boolean;
  readonly whileFrozen: boolean;
}

/** A running core. A call that throws has lost the core and all its sessions. */
export interface CoreAgent {
  open(sink: Sink): CoreSession;
  /** Adds a built-in; false where there is none of the name, or it is there already. */
  addPortable(command: PortableCommand): boolean;
  /** Adds a command that the host runs, under a number of its own; false where there is one of the name. */
  addCommand(number: number, name: string, flags: CommandFlags): boolean;
  /** Removes a command; calls that are pending go on. False where there is none of the name. */
  remove(name: string): boolean;
  /** What can be said of a command now; undefined where there is none of the name. */
  state(name: string): CommandState | undefined;
  /** False where there is no such command; so in the next one. */
  enable(name: string): boolean;
  disable(name: string, reason: string): boolean;
  /** By the numbers of core/codes.ts. */
  setLimit(number: number, value: number): void;
  setVersion(version: string): void;
  freeze(frozen: boolean): void;
  /** Bytes of memory that would come back if this core were dropped and started anew. */
  memory(): number;
}

/** One of the two engines. */
export interface Core {
  /** `js`, `wasm`, or `wasm-simd` for the module with SIMD. A module that the caller compiled is `wasm`. */
  readonly name: string;
  /** Starts a core that hands its log records to `log`. */
  start(log: (level: LogLevel, domain: LogDomain, message: string) => void): CoreAgent;
}
