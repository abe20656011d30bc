// The agent: serves transports, and lets its owner see and switch its commands.

import type { DependencyContainer } from "tsyringe";
import { COMMAND, type CommandBinding, type HostCommand, type Plugin } from "../../plugins/api.ts";
import type { Clock } from "./clock.ts";
import { Engine } from "./engine.ts";
import { GuestwireError } from "./errors.ts";
import type { CoreSession, Sink } from "./core.ts";
import type { Limits } from "./limits.ts";
import type { AgentLogger } from "./logger.ts";
import { LONGEST_MS, checkRange } from "./range.ts";
import { PeerSession, type Session, type SessionHost } from "./session.ts";
import { TRANSPORT } from "./tokens.ts";
import type { Transport } from "./transport.ts";

/** A command as its owner sees it. */
export interface CommandInfo {
  readonly name: string;
  /** Whether it can be called now: not disabled, and not frozen out. */
  readonly enabled: boolean;
  /** Why it is disabled, where a reason was given. */
  readonly reason?: string;
  /** Whether success draws a reply. */
  readonly successResponse: boolean;
}

/**
 * The switches of an agent's commands. They act on running sessions at once. Where the agent has closed they throw
 * GW_ERR_CLOSED.
 */
export interface Commands {
  readonly frozen: boolean;
  /** In the order of registration; guest-info lists the reverse. */
  list(): CommandInfo[];
  /** Throws GW_ERR_UNKNOWN_COMMAND where there is no such command; so does `disable`. */
  enable(name: string): void;
  /** The error a caller gets is `Command NAME has been disabled`, with `: REASON` where one is given. */
  disable(name: string, reason?: string): void;
  /** Only commands marked `whileFrozen` run from now on, and nothing that commands log is kept (PROTOCOL 7.2). */
  freeze(): void;
  thaw(): void;
}

/** The plugins of an agent. */
export interface Plugins {
  /** In the order in which they were installed, the standard one first. */
  list(): readonly { readonly name: string; readonly api: number }[];
}

/** What an agent has done so far. */
export interface AgentStats {
  /** Sessions that are open. */
  readonly sessions: number;
  /** Sessions since the start. */
  readonly sessionsTotal: number;
  /** Times that 0xFF reset a session's parser. */
  readonly resyncs: number;
  /** Errors that were not answered because of the limit errorsInRow. */
  readonly suppressedErrors: number;
  /** Calls of host commands, and the milliseconds that they took together. Portable ones run in the core, uncounted. */
  readonly commands: Readonly<Record<string, { readonly calls: number; readonly ms: number }>>;
}

export interface Agent {
  /**
   * Serves a peer until its transport closes. Throws GW_ERR_CLOSED once `close` was called, GW_ERR_WASM where WebAssembly
   * is needed anew, after a trap or a large message, and is not to be had any more or fails at once.
   */
  serve(transport: Transport): Session;
  readonly commands: Commands;
  readonly plugins: Plugins;
  readonly stats: AgentStats;
  /** Answers what is under way, closes all transports and disposes of the container. */
  close(): Promise<void>;
}

/** Milliseconds between two looks for sessions that have gone quiet and hold large buffers. */
const TRIM_MS = 1000;

/** A command's name: what QAPI allows, downstream names as `__com.example_name` among it. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

export class GuestAgent implements Agent, SessionHost {
  readonly commands: Commands;
  readonly plugins: Plugins;
  readonly clock: Clock;
  readonly logger: AgentLogger;
  readonly commandMs: number;
  private readonly container: DependencyContainer;
  private readonly engine: Engine;
  private readonly sessions = new Set<PeerSession>();
  private readonly times = new Map<string, { calls: number; ms: number }>();
  private sessionsTotal = 0;
  private resyncs = 0;
  private suppressed = 0;
  private closing: Promise<void> | undefined;
  private readonly awakened = new Set<PeerSession>();
  private cancelTrim: (() => void) | undefined;

  constructor(
    container: DependencyContainer,
    engine: Engine,
    clock: Clock,
    logger: AgentLogger,
    limits: Limits,
    plugins: readonly Plugin[],
  ) {
    const installed = plugins.map(({ name, api }) => ({ name, api }));
    this.plugins = { list: () => installed };
    this.container = container;
    this.engine = engine;
    this.clock = clock;
    this.logger = logger;
    this.commandMs = limits.commandMs;
    engine.onCrash = (error) => this.crashed(error);
    this.commands = this.switches();
    const commands = container.isRegistered(COMMAND, true) ? container.resolveAll<CommandBinding>(COMMAND) : [];
    for (const command of commands) this.add(command);
  }

  /** Adds a command. Throws GW_ERR_COMMAND_NAME, GW_ERR_LIMIT, GW_ERR_DUPLICATE_COMMAND and GW_ERR_UNKNOWN_COMMAND. */
  private add(command: CommandBinding): void {
    if (!NAME.test(command.name)) {
      throw new GuestwireError(
        "GW_ERR_COMMAND_NAME",
        `'${command.name}' is no name for a command: use letters, digits, '-', '_' and '.', 128 at most`,
      );
    }
    const ms = "run" in command ? (command.timeoutMs ?? 0) : 0;
    checkRange(`timeoutMs of command '${command.name}'`, ms, 0, LONGEST_MS);
    if (this.engine.has(command.name)) {
      throw new GuestwireError("GW_ERR_DUPLICATE_COMMAND", `there are two commands named '${command.name}'`);
    }
    if (!this.engine.add(command)) {
      throw new GuestwireError("GW_ERR_UNKNOWN_COMMAND", `this engine has no command '${command.name}' built in`);
    }
  }

  private switches(): Commands {
    const engine = this.engine;
    return {
      get frozen() {
        return engine.frozen;
      },
      list: () => engine.list().map((command) => this.info(command)),
      enable: (name) => engine.enable(name),
      disable: (name, reason = "") => engine.disable(name, reason),
      freeze: () => {
        engine.freeze(true);
        this.logger.enabled = false;
      },
      thaw: () => {
        engine.freeze(false);
        this.logger.enabled = true;
      },
    };
  }

  private info(command: CommandBinding): CommandInfo {
    const { name } = command;
    const { enabled, whileFrozen, successResponse } = this.engine.state(name);
    const reason = this.engine.reason(name);
    return {
      name,
      enabled: enabled && (whileFrozen || !this.engine.frozen),
      ...(reason === "" ? {} : { reason }),
      successResponse,
    };
  }

  serve(transport: Transport): Session {
    if (this.closing !== undefined) throw new GuestwireError("GW_ERR_CLOSED", "the agent is closed");
    // What a session needs is resolved in a container of its own, which knows its transport.
    const scope = this.container.createChildContainer();
    scope.register(TRANSPORT, { useValue: transport });
    const session = new PeerSession(++this.sessionsTotal, this, scope.resolve<Transport>(TRANSPORT));
    this.sessions.add(session);
    session.start();
    return session;
  }

  get stats(): AgentStats {
    let { resyncs, suppressed } = this;
    for (const session of this.sessions) {
      const counters = session.counters();
      resyncs += counters.resyncs;
      suppressed += counters.suppressed;
    }
    return {
      sessions: this.sessions.size,
      sessionsTotal: this.sessionsTotal,
      resyncs,
      suppressedErrors: suppressed,
      commands: Object.fromEntries(this.times),
    };
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    await Promise.all([...this.sessions].map((session) => session.close()));
    this.cancelTrim?.();
    this.engine.close();
    await this.container.dispose();
  }

  open(sink: Sink): CoreSession {
    return this.engine.open(sink);
  }

  command(number: number): HostCommand | undefined {
    return this.engine.command(number);
  }

  settled(command: HostCommand, ms: number): void {
    const time = this.times.get(command.name) ?? { calls: 0, ms: 0 };
    this.times.set(command.name, { calls: time.calls + 1, ms: time.ms + ms });
  }

  counted({ resyncs, suppressed }: { resyncs: number; suppressed: number }): void {
    this.resyncs += resyncs;
    this.suppressed += suppressed;
  }

  crashed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.engine.drop();
    // All let go of the core before anything outside is told: who is told may ask the agent, send, or connect anew.
    const lost = [...this.sessions].filter((session) => session.abandon());
    this.logger.always("critical", "general", `the core failed (${reason}); sessions closed: ${lost.length}`);
    for (const session of lost) void session.closeTransport();
  }

  awake(session: PeerSession): void {
    this.awakened.add(session);
    this.cancelTrim ??= this.clock.after(TRIM_MS, () => this.trim());
  }

  /** Takes large buffers back from sessions that were quiet since the last look. */
  private trim(): void {
    this.cancelTrim = undefined;
    for (const session of this.awakened) {
      if (session.active) {
        session.active = false;
      } else {
        session.trim();
        this.awakened.delete(session);
      }
    }
    if (this.awakened.size > 0) this.cancelTrim = this.clock.after(TRIM_MS, () => this.trim());
  }

  ended(session: PeerSession): void {
    this.sessions.delete(session);
    this.awakened.delete(session);
    if (this.awakened.size === 0) {
      this.cancelTrim?.();
      this.cancelTrim = undefined;
    }
    if (this.sessions.size === 0) this.engine.dropIfLarge();
  }
}
