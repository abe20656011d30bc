// A core and what it was told, so that another can take its place: after a trap, which loses the core and its sessions, or
// to give back memory that WebAssembly cannot shrink.

import type { HostCommand, PortableCommand } from "../../plugins/api.ts";
import type { CommandState, Core, CoreAgent, CoreSession, Sink } from "./core.ts";
import { GuestwireError, textOf } from "./errors.ts";
import { CORE_LIMITS, type LimitName, type Limits } from "./limits.ts";
import type { LogDomain, LogLevel } from "./logger.ts";

/** A core that holds more than this beyond its start is dropped when its last session ends. */
const SPARE_BYTES = 16 * 1024 * 1024;

export class Engine {
  frozen = false;
  /** Called when the core has thrown, while it is set up too; `drop` is to be called then. */
  onCrash: (error: unknown) => void = () => {};
  private readonly core: Core;
  private readonly log: (level: LogLevel, domain: LogDomain, message: string) => void;
  private readonly limits: Limits;
  /** What guest-info says. */
  readonly version: string;
  /** In the order of registration. The number of a host command is its key. */
  private readonly commands = new Map<number, PortableCommand | HostCommand>();
  /** The commands that are disabled, and why. */
  private readonly disabled = new Map<string, string>();
  private numbers = 0;
  private agent: CoreAgent | undefined;
  private closed = false;

  constructor(
    core: Core,
    log: (level: LogLevel, domain: LogDomain, message: string) => void,
    limits: Limits,
    version: string,
  ) {
    this.core = core;
    this.log = log;
    this.limits = limits;
    this.version = version;
  }

  /** Starts the core where none runs. Throws GW_ERR_WASM where it does not start, GW_ERR_CLOSED after `close`. */
  private start(): CoreAgent {
    if (this.agent !== undefined) return this.agent;
    if (this.closed) throw new GuestwireError("GW_ERR_CLOSED", "the agent is closed");
    const agent = this.core.start(this.log);
    this.guard(() => this.setUp(agent));
    this.agent = agent;
    return agent;
  }

  /** Tells a core what the one before it was told. */
  private setUp(agent: CoreAgent): void {
    for (const [name, number] of Object.entries(CORE_LIMITS)) agent.setLimit(number, this.limits[name as LimitName]);
    agent.setVersion(this.version);
    for (const [number, command] of this.commands) this.register(agent, number, command);
    for (const [name, reason] of this.disabled) agent.disable(name, reason);
    agent.freeze(this.frozen);
  }

  /** Asks the core; one that throws is lost, and a fresh one is asked. Throws GW_ERR_WASM where that throws too. */
  private ask<T>(question: (agent: CoreAgent) => T): T {
    const agent = this.start();
    try {
      return question(agent);
    } catch (error) {
      this.onCrash(error);
    }
    const fresh = this.start();
    return this.guard(() => question(fresh));
  }

  /** Does what a fresh core must not fail at: where it does, it is lost, and none takes its place. */
  private guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.onCrash(error);
      const reason = textOf(error);
      throw new GuestwireError("GW_ERR_WASM", `the core failed as soon as it was started (${reason})`, {
        cause: error,
      });
    }
  }

  open(sink: Sink): CoreSession {
    return this.ask((agent) => agent.open(sink));
  }

  /** The core is lost, or not needed any more. */
  drop(): void {
    this.agent = undefined;
  }

  /** Drops the core for good. */
  close(): void {
    this.closed = true;
    this.drop();
  }

  /** Drops the core where it holds much memory; no session may be open. */
  dropIfLarge(): void {
    if (this.agent !== undefined && this.agent.memory() > SPARE_BYTES) this.drop();
  }

  private register(agent: CoreAgent, number: number, command: PortableCommand | HostCommand): boolean {
    if ("portable" in command) return agent.addPortable(command);
    return agent.addCommand(number, command.name, {
      successResponse: command.successResponse ?? true,
      whileFrozen: command.whileFrozen ?? false,
      mustLog: command.mustLog ?? false,
    });
  }

  /** Adds a command; false where the core refuses it. */
  add(command: PortableCommand | HostCommand): boolean {
    const number = ++this.numbers;
    if (!this.ask((agent) => this.register(agent, number, command))) return false;
    this.commands.set(number, command);
    return true;
  }

  /** Removes a command that is there, and forgets whether it was disabled. */
  remove(name: string): void {
    this.ask((agent) => agent.remove(name));
    for (const [number, command] of this.commands) if (command.name === name) this.commands.delete(number);
    this.disabled.delete(name);
  }

  /** The host command of a pending call. */
  command(number: number): HostCommand | undefined {
    const command = this.commands.get(number);
    return command !== undefined && "run" in command ? command : undefined;
  }

  /** The commands in the order of registration. */
  list(): (PortableCommand | HostCommand)[] {
    return [...this.commands.values()];
  }

  /** What the core says of a command that is there. */
  state(name: string): CommandState {
    const state = this.ask((agent) => agent.state(name));
    if (state === undefined) throw new GuestwireError("GW_ERR_UNKNOWN_COMMAND", `there is no command '${name}'`);
    return state;
  }

  isDisabled(name: string): boolean {
    return this.disabled.has(name);
  }

  /** Why a command is disabled; "" for no reason, and where it is not. */
  reason(name: string): string {
    return this.disabled.get(name) ?? "";
  }

  enable(name: string): void {
    this.state(name);
    this.ask((agent) => agent.enable(name));
    this.disabled.delete(name);
  }

  disable(name: string, reason: string): void {
    this.state(name);
    this.ask((agent) => agent.disable(name, reason));
    this.disabled.set(name, reason);
  }

  freeze(frozen: boolean): void {
    this.ask((agent) => agent.freeze(frozen));
    this.frozen = frozen;
  }
}
