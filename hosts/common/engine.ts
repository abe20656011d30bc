// A core and what it was told, so that another can take its place: after a trap, which loses the core and its sessions, or
// to give back memory that WebAssembly cannot shrink.

import type { CommandBinding, HostCommand } from "../../plugins/api.ts";
import type { CommandState, Core, CoreAgent, CoreSession, Sink } from "./core.ts";
import { GuestwireError, textOf } from "./errors.ts";
import { CORE_LIMITS, type LimitName, type Limits } from "./limits.ts";
import type { LogDomain, LogLevel } from "./logger.ts";

/** A core that holds more than this beyond its start is dropped when its last session ends. */
const SPARE_BYTES = 16 * 1024 * 1024;

/** A command under its number, by which a pending call names it. */
type Numbered = readonly [number: number, command: CommandBinding];

export class Engine {
  frozen = false;
  /** Called when the core has thrown, while it is set up too; `drop` is to be called then. */
  onCrash: (error: unknown) => void = () => {};
  private readonly core: Core;
  private readonly log: (level: LogLevel, domain: LogDomain, message: string) => void;
  private readonly limits: Limits;
  /** What guest-info says. */
  readonly version: string;
  /** By their numbers, in the order of registration. */
  private commands: ReadonlyMap<number, CommandBinding> = new Map();
  /** The commands that are disabled, and why. */
  private disabled = new Map<string, string>();
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
    this.checkOpen();
    const agent = this.core.start(this.log);
    this.guard(() => this.setUp(agent));
    this.agent = agent;
    return agent;
  }

  /** Tells a core what the one before it was told. */
  private setUp(agent: CoreAgent): void {
    for (const [name, number] of Object.entries(CORE_LIMITS)) agent.setLimit(number, this.limits[name as LimitName]);
    agent.setVersion(this.version);
    this.exchange(agent, [], [...this.commands], this.disabled);
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

  /** Throws GW_ERR_CLOSED after `close`. */
  checkOpen(): void {
    if (this.closed) throw new GuestwireError("GW_ERR_CLOSED", "the agent is closed");
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

  private register(agent: CoreAgent, number: number, command: CommandBinding): boolean {
    if ("portable" in command) return agent.addPortable(command);
    return agent.addCommand(number, command.name, {
      successResponse: command.successResponse ?? true,
      whileFrozen: command.whileFrozen ?? false,
      mustLog: command.mustLog ?? false,
    });
  }

  /**
   * Has these commands from now on, in this order, and of them those disabled. Returns the one that the core refuses, if
   * any: then all is as it was, as it is where this throws.
   */
  setCommands(commands: readonly CommandBinding[], disabled: ReadonlyMap<string, string>): CommandBinding | undefined {
    const before = [...this.commands];
    const numbers = new Map(before.map(([number, command]) => [command, number]));
    const after = commands.map((command): Numbered => [numbers.get(command) ?? ++this.numbers, command]);
    const refused = this.ask((agent) => this.exchange(agent, before, after, disabled));
    if (refused !== undefined) return refused;
    this.commands = new Map(after);
    this.disabled = new Map(disabled);
    return undefined;
  }

  /**
   * Has a core take one list for the other: what stands behind their common start is removed and added anew, for a core
   * adds at the end only. Returns what it refuses, with the list as it was.
   */
  private exchange(
    agent: CoreAgent,
    before: readonly Numbered[],
    after: readonly Numbered[],
    disabled: ReadonlyMap<string, string>,
  ): CommandBinding | undefined {
    let same = 0;
    while (same < after.length && before[same]?.[1] === after[same]?.[1]) same++;
    for (const [, { name }] of before.slice(same)) agent.remove(name);
    for (const [index, [number, command]] of after.entries()) {
      if (index < same) continue;
      if (!this.register(agent, number, command)) {
        this.exchange(agent, after.slice(0, index), before, this.disabled);
        return command;
      }
      const reason = disabled.get(command.name);
      if (reason !== undefined) agent.disable(command.name, reason);
    }
    return undefined;
  }

  /** The host command of a pending call. */
  command(number: number): HostCommand | undefined {
    const command = this.commands.get(number);
    return command !== undefined && "run" in command ? command : undefined;
  }

  /** The commands in the order of registration. */
  list(): CommandBinding[] {
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
