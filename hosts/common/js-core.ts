// The js engine: the core as it is.

import { Agent, type Command, Echo, Logger, Output, RemoteCommand, type Session, setLimit } from "../../core/index.ts";
import type { PortableCommand } from "../../plugins/api.ts";
import type { CommandFlags, CommandState, Core, CoreAgent, CoreSession, PendingCall, Sink } from "./core.ts";
import { flagBits, stateOf } from "./flags.ts";
import { Views } from "./views.ts";
import { LOG_DOMAINS, LOG_LEVELS, type LogDomain, type LogLevel } from "./logger.ts";

/** Blocks above this are given back when a session is idle. */
const LARGE_BLOCK = 16_384;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

class LogSink extends Logger {
  private readonly sink: (level: LogLevel, domain: LogDomain, message: string) => void;

  constructor(sink: (level: LogLevel, domain: LogDomain, message: string) => void) {
    super();
    this.sink = sink;
  }

  override log(level: number, domain: number, text: Uint8Array): void {
    const message = decoder.decode(text.subarray(0, text.indexOf(0)));
    this.sink(LOG_LEVELS[level] ?? "debug", LOG_DOMAINS[domain] ?? "general", message);
  }
}

class SinkOutput extends Output {
  blocked = false;
  private readonly sink: Sink;
  private readonly views = new Views();

  constructor(sink: Sink) {
    super();
    this.sink = sink;
  }

  override write(bytes: Uint8Array, from: number, length: number): number {
    if (this.blocked) return 0;
    // A view that is kept must not keep a large block from being given back.
    const large = bytes.length > LARGE_BLOCK;
    const view = large ? bytes.subarray(from, from + length) : this.views.of(bytes, from, length);
    if (!this.sink(view)) this.blocked = true;
    return length;
  }
}

class JsSession implements CoreSession {
  private readonly agent: Agent;
  private readonly output: SinkOutput;
  private readonly session: Session;

  constructor(agent: Agent, sink: Sink) {
    this.agent = agent;
    this.output = new SinkOutput(sink);
    this.session = agent.open(this.output);
  }

  receive(bytes: Uint8Array): number {
    return this.session.receive(bytes, 0, bytes.length);
  }

  drained(): void {
    this.output.blocked = false;
    this.session.drained(0);
  }

  isBusy(): boolean {
    return this.session.isBusy();
  }

  takeCall(): PendingCall | undefined {
    const number = this.session.pending;
    if (number === 0) return undefined;
    const writer = new Echo(this.agent.results);
    if (!this.session.writeArguments(writer)) return undefined;
    return {
      number,
      command: this.session.pendingCommand(),
      arguments: decoder.decode(writer.bytes.subarray(0, writer.tail)),
    };
  }

  complete(call: number, json: string, delimited: boolean): void {
    const bytes = encoder.encode(json);
    this.session.completeCall(call, bytes, 0, bytes.length, delimited);
  }

  fail(call: number, errorClass: "GenericError" | "CommandNotFound", desc: string): void {
    const bytes = encoder.encode(desc);
    this.session.failCall(call, errorClass === "GenericError" ? 0 : 1, bytes, 0, bytes.length);
  }

  trim(): void {
    this.session.trim();
  }

  waiting(): number {
    return this.session.waiting();
  }

  counters(): { resyncs: number; suppressed: number } {
    return { resyncs: this.session.resyncs, suppressed: this.session.suppressed };
  }

  close(): void {
    this.agent.close(this.session);
  }
}

class JsAgent implements CoreAgent {
  private readonly agent: Agent;

  constructor(log: (level: LogLevel, domain: LogDomain, message: string) => void) {
    this.agent = new Agent(new LogSink(log));
  }

  open(sink: Sink): CoreSession {
    return new JsSession(this.agent, sink);
  }

  addPortable(command: PortableCommand): boolean {
    return command.portable !== null && this.agent.add(new command.portable() as Command);
  }

  addCommand(number: number, name: string, flags: CommandFlags): boolean {
    return this.agent.add(new RemoteCommand(number, encoder.encode(`${name}\0`), flagBits(flags)));
  }

  remove(name: string): boolean {
    const command = this.find(name);
    if (command !== null) this.agent.remove(command);
    return command !== null;
  }

  private find(name: string): Command | null {
    const bytes = encoder.encode(name);
    return this.agent.find(bytes, 0, bytes.length);
  }

  state(name: string): CommandState | undefined {
    const command = this.find(name);
    return command === null ? undefined : stateOf(command.flags);
  }

  enable(name: string): boolean {
    const command = this.find(name);
    if (command !== null) this.agent.enable(command);
    return command !== null;
  }

  disable(name: string, reason: string): boolean {
    const command = this.find(name);
    const bytes = encoder.encode(reason);
    if (command !== null) this.agent.disable(command, bytes, 0, bytes.length);
    return command !== null;
  }

  setLimit(number: number, value: number): void {
    setLimit(this.agent.limits, number, value);
  }

  setVersion(version: string): void {
    const bytes = encoder.encode(version);
    this.agent.setVersion(bytes, bytes.length);
  }

  freeze(frozen: boolean): void {
    this.agent.freeze(frozen);
  }

  memory(): number {
    return 0;
  }
}

/** The engine that needs nothing but JavaScript: it works under a Content-Security-Policy that forbids WebAssembly. */
export const js: Core = {
  name: "js",
  start: (log) => new JsAgent(log),
};
