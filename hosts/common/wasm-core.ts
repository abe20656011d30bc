// The wasm engine: agent.wasm behind the same calls. Everything it says comes by pulling; core/wasm.ts describes it.

import {
  ABI,
  COUNT_RESYNCS,
  COUNT_SUPPRESSED,
  STATUS_BUSY,
  STATUS_LOG,
  STATUS_OUTPUT,
  STATUS_PENDING,
  WINDOW_BYTES,
} from "../../core/codes.ts";
import type { PortableCommand } from "../../plugins/api.ts";
import type { CommandFlags, CommandState, Core, CoreAgent, CoreSession, PendingCall, Sink } from "./core.ts";
import { GuestwireError, textOf } from "./errors.ts";
import { flagBits, stateOf } from "./flags.ts";
import { LOG_DOMAINS, LOG_LEVELS, type LogDomain, type LogLevel } from "./logger.ts";
import { Views } from "./views.ts";

type Log = (level: LogLevel, domain: LogDomain, message: string) => void;

/** A log record: level, domain, text. */
const RECORD = /(\d)(\d)(.*)\n/g;

/** The functions of a module, as core/wasm.ts has them. */
const FUNCTIONS = [
  "gw_abi",
  "gw_room",
  "gw_open",
  "gw_close",
  "gw_feed",
  "gw_stopped",
  "gw_output",
  "gw_data",
  "gw_drained",
  "gw_trim",
  "gw_count",
  "gw_pending",
  "gw_command",
  "gw_arguments",
  "gw_complete",
  "gw_fail",
  "gw_add_builtin",
  "gw_add_command",
  "gw_remove",
  "gw_flags",
  "gw_enable",
  "gw_disable",
  "gw_limit",
  "gw_version",
  "gw_freeze",
  "gw_thaw",
  "gw_log",
] as const;

type Exports = Readonly<Record<(typeof FUNCTIONS)[number], (...numbers: number[]) => number>> & {
  readonly memory: WebAssembly.Memory;
};

function notAnAgent(reason: string): GuestwireError {
  return new GuestwireError("GW_ERR_WASM", `the module is not an agent.wasm for this package (${reason})`);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

class WasmAgent implements CoreAgent {
  readonly exports: Exports;
  private readonly log: Log;
  private readonly started: number;
  private view: Uint8Array;
  private window: number;

  constructor(module: WebAssembly.Module, log: Log) {
    this.exports = new WebAssembly.Instance(module).exports as unknown as Exports;
    const abi = this.exports.gw_abi();
    if (abi !== ABI) throw notAnAgent(`it has ABI ${abi}, this engine speaks ${ABI}`);
    const lacking = ["memory", ...FUNCTIONS].filter((name) => !(name in this.exports));
    if (lacking.length > 0) throw notAnAgent(`it does not export ${lacking.join(", ")}`);
    this.log = log;
    this.window = this.exports.gw_room(0);
    this.view = new Uint8Array(this.exports.memory.buffer);
    this.started = this.view.length;
  }

  /** The module's memory. A view goes stale when the memory grows, so it is asked for anew after each call. */
  bytes(): Uint8Array {
    if (this.view.length === 0) this.view = new Uint8Array(this.exports.memory.buffer);
    return this.view;
  }

  /** Puts bytes into the window, WINDOW_BYTES at most. */
  put(bytes: Uint8Array): void {
    this.bytes().set(bytes, this.window);
  }

  /** Hands a text of any length to `use`, through the window. */
  withText<T>(text: string, use: (length: number) => T): T {
    const bytes = encoder.encode(text);
    const large = bytes.length > WINDOW_BYTES;
    if (large) this.window = this.exports.gw_room(bytes.length);
    this.put(bytes);
    const result = use(bytes.length);
    if (large) this.window = this.exports.gw_room(0);
    return result;
  }

  /** The text of so many bytes that the module has for the host. */
  text(length: number): string {
    const at = this.exports.gw_data();
    return decoder.decode(this.bytes().subarray(at, at + length));
  }

  /** Hands over the log records that wait. */
  drainLog(): void {
    const records = this.text(this.exports.gw_log());
    for (const [, level, domain, message] of records.matchAll(RECORD)) {
      this.log(LOG_LEVELS[Number(level)] ?? "debug", LOG_DOMAINS[Number(domain)] ?? "general", message ?? "");
    }
  }

  open(sink: Sink): CoreSession {
    return new WasmSession(this, sink);
  }

  addPortable(command: PortableCommand): boolean {
    return this.withText(command.name, (length) => this.exports.gw_add_builtin(length)) !== 0;
  }

  addCommand(number: number, name: string, flags: CommandFlags): boolean {
    return this.withText(name, (length) => this.exports.gw_add_command(number, flagBits(flags), length)) !== 0;
  }

  remove(name: string): boolean {
    return this.withText(name, (length) => this.exports.gw_remove(length)) !== 0;
  }

  state(name: string): CommandState | undefined {
    const bits = this.withText(name, (length) => this.exports.gw_flags(length));
    return bits < 0 ? undefined : stateOf(bits);
  }

  enable(name: string): boolean {
    return this.withText(name, (length) => this.exports.gw_enable(length)) !== 0;
  }

  disable(name: string, reason: string): boolean {
    const nameLength = encoder.encode(name).length;
    return this.withText(name + reason, (length) => this.exports.gw_disable(nameLength, length - nameLength)) !== 0;
  }

  setLimit(number: number, value: number): void {
    this.exports.gw_limit(number, value);
  }

  setVersion(version: string): void {
    this.withText(version, (length) => this.exports.gw_version(length));
  }

  freeze(frozen: boolean): void {
    if (frozen) this.exports.gw_freeze();
    else this.exports.gw_thaw();
  }

  memory(): number {
    return this.bytes().length - this.started;
  }
}

class WasmSession implements CoreSession {
  private readonly agent: WasmAgent;
  private readonly exports: Exports;
  private readonly sink: Sink;
  private readonly handle: number;
  private readonly views = new Views();
  private status = 0;
  private blocked = false;

  constructor(agent: WasmAgent, sink: Sink) {
    this.agent = agent;
    this.exports = agent.exports;
    this.sink = sink;
    this.handle = agent.exports.gw_open();
  }

  receive(bytes: Uint8Array): number {
    if (bytes.length <= WINDOW_BYTES) {
      const taken = this.feed(bytes);
      if (taken === bytes.length) return taken;
      return this.receiveRest(bytes, taken);
    }
    return this.receiveRest(bytes, 0);
  }

  private receiveRest(bytes: Uint8Array, done: number): number {
    while (done < bytes.length && (this.status & STATUS_BUSY) === 0) {
      done += this.feed(bytes.subarray(done, done + WINDOW_BYTES));
    }
    return done;
  }

  /** Feeds a piece of WINDOW_BYTES at most; returns how much of it was taken. */
  private feed(piece: Uint8Array): number {
    this.agent.put(piece);
    const status = this.exports.gw_feed(this.handle, 0, piece.length);
    // Only a session that is busy leaves bytes behind.
    const taken = (status & STATUS_BUSY) === 0 ? piece.length : this.exports.gw_stopped();
    this.follow(status);
    return taken;
  }

  /** Does what the status says: hands output and log records over. */
  private follow(status: number): void {
    while ((status & STATUS_OUTPUT) !== 0 && !this.blocked) {
      const count = this.exports.gw_output(this.handle);
      const at = this.exports.gw_data();
      if (!this.sink(this.views.of(this.agent.bytes(), at, count))) this.blocked = true;
      status = this.exports.gw_drained(this.handle, count);
    }
    this.status = status;
    if ((status & STATUS_LOG) !== 0) this.agent.drainLog();
  }

  drained(): void {
    this.blocked = false;
    this.follow(this.exports.gw_drained(this.handle, 0));
  }

  isBusy(): boolean {
    return (this.status & STATUS_BUSY) !== 0;
  }

  takeCall(): PendingCall | undefined {
    if ((this.status & STATUS_PENDING) === 0) return undefined;
    const number = this.exports.gw_pending(this.handle);
    const command = this.exports.gw_command(this.handle);
    const length = this.exports.gw_arguments(this.handle);
    if (length >= 0) return { number, command, arguments: this.agent.text(length) };
    // Too large: the core has answered the call itself.
    this.follow(this.exports.gw_drained(this.handle, 0));
    return undefined;
  }

  complete(call: number, json: string, delimited: boolean): void {
    const mark = delimited ? 1 : 0;
    this.follow(this.agent.withText(json, (length) => this.exports.gw_complete(this.handle, call, length, mark)));
  }

  fail(call: number, errorClass: "GenericError" | "CommandNotFound", desc: string): void {
    const number = errorClass === "GenericError" ? 0 : 1;
    this.follow(this.agent.withText(desc, (length) => this.exports.gw_fail(this.handle, call, number, length)));
  }

  trim(): void {
    this.exports.gw_trim(this.handle);
  }

  waiting(): number {
    return this.exports.gw_output(this.handle);
  }

  counters(): { resyncs: number; suppressed: number } {
    const count = (what: number): number => this.exports.gw_count(this.handle, what);
    return { resyncs: count(COUNT_RESYNCS), suppressed: count(COUNT_SUPPRESSED) };
  }

  close(): void {
    this.exports.gw_close(this.handle);
  }
}

/** What is thrown where a module cannot be compiled or started. */
export function unusable(error: unknown): GuestwireError {
  const reason = textOf(error);
  return new GuestwireError("GW_ERR_WASM", `WebAssembly is not to be had here (${reason}); use the js engine`, {
    cause: error,
  });
}

/** An engine over a module that is compiled when it is first needed. Its start throws GW_ERR_WASM where that fails. */
export function wasmCore(name: string, compile: () => WebAssembly.Module): Core {
  let module: WebAssembly.Module | undefined;
  return {
    name,
    start(log) {
      try {
        module ??= compile();
        return new WasmAgent(module, log);
      } catch (error) {
        if (error instanceof GuestwireError) throw error;
        // A TypeError: it wants imports, lacks an export, or is no module at all.
        throw error instanceof TypeError ? notAnAgent(error.message) : unusable(error);
      }
    },
  };
}
