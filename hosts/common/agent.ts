// The agent: serves transports, and lets its owner see and switch its commands.

import type { DependencyContainer } from "tsyringe";
import type { AgentContext, CommandBinding, CommandDescription, Freeze, HostCommand } from "../../plugins/api.ts";
import type { HostCall, Visit } from "./calls.ts";
import type { Clock } from "./clock.ts";
import { Engine } from "./engine.ts";
import { GuestwireError, textOf } from "./errors.ts";
import type { CoreSession, Sink } from "./core.ts";
import { type FreezeState, FreezeSwitch } from "./freeze.ts";
import type { Limits } from "./limits.ts";
import type { AgentLogger } from "./logger.ts";
import { type Plugins, PluginSet } from "./plugins.ts";
import type { Policy } from "./policy.ts";
import { PeerSession, type Session, type SessionHost } from "./session.ts";
import type { DisposerFailed } from "./session-state.ts";
import { Switches } from "./switches.ts";
import { AGENT, FREEZE, TRANSPORT } from "./tokens.ts";
import type { Transport } from "./transport.ts";
import { isValidator } from "./validators.ts";

/**
 * The switches of an agent's commands. They act on running sessions at once. Where the agent has closed they throw
 * GW_ERR_CLOSED.
 */
export interface Commands {
  readonly frozen: boolean;
  /** In the order of registration; guest-info lists the reverse. */
  list(): CommandDescription[];
  /** Throws GW_ERR_UNKNOWN_COMMAND where there is no such command; so does `disable`. */
  enable(name: string): void;
  /**
   * Disables a command until it is enabled by name. The error a caller gets is `Command NAME has been disabled`, with
   * `: REASON` where one is given.
   */
  disable(name: string, reason?: string): void;
  /**
   * Enables the commands that this policy allows, those too that come later, and disables all others. Commands that were
   * disabled by name stay so; that one was enabled by name counts no longer. While the agent is frozen it holds for the
   * commands that may run then from the thaw on.
   */
  setPolicy(policy: Policy): void;
  /**
   * Only commands marked `whileFrozen` run from now on, whatever the policy says of them, and nothing that commands log is
   * kept (PROTOCOL 7.2). It freezes no file system: commands of plugins do, which call this. Throws what the option
   * freezeState throws: then the agent is not frozen.
   */
  freeze(): void;
  thaw(): void;
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
  /**
   * Answers what is under way, closes all transports, thaws where the agent is frozen, and disposes of the container. Where
   * a plugin cannot thaw, that is logged and the option freezeState keeps that the agent is frozen.
   */
  close(): Promise<void>;
}

/** Milliseconds between two looks for sessions that have gone quiet and hold large buffers. */
const TRIM_MS = 1000;

export class GuestAgent implements Agent, SessionHost {
  readonly commands: Commands;
  readonly plugins: PluginSet;
  readonly context: AgentContext;
  readonly clock: Clock;
  readonly logger: AgentLogger;
  readonly commandMs: number;
  readonly replyBytes: number;
  readonly calls = new Set<HostCall>();
  private readonly container: DependencyContainer;
  private readonly engine: Engine;
  private readonly switches: Switches;
  private readonly freezeSwitch: FreezeSwitch;
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
    policy: Policy,
    freezeState: FreezeState | undefined,
  ) {
    this.container = container;
    this.engine = engine;
    this.clock = clock;
    this.logger = logger;
    this.commandMs = limits.commandMs;
    this.replyBytes = limits.replyBytes;
    engine.onCrash = (error) => this.crashed(error);
    this.switches = new Switches(engine, policy);
    this.freezeSwitch = new FreezeSwitch(engine, logger, freezeState, () => this.switches.refresh());
    this.plugins = new PluginSet(container, engine, clock, logger, this.switches, (plugin) => {
      for (const session of this.sessions) session.endStateOf(plugin);
    });
    this.commands = this.commandSwitches();
    // All plugins see the same.
    this.context = Object.freeze({
      version: engine.version,
      get frozen() {
        return engine.frozen;
      },
      commands: () => this.commands.list(),
    });
    container.register(AGENT, { useValue: this.context });
    container.register<Freeze>(FREEZE, { useValue: Object.freeze(this.freezeSwitch) });
  }

  private commandSwitches(): Commands {
    const { engine, freezeSwitch, switches } = this;
    return {
      get frozen() {
        return freezeSwitch.frozen;
      },
      list: () => engine.list().map((command) => this.describe(command)),
      enable: (name) => switches.enable(name),
      disable: (name, reason = "") => switches.disable(name, reason),
      setPolicy: (policy) => switches.setPolicy(policy),
      freeze: () => freezeSwitch.freeze(),
      thaw: () => freezeSwitch.thaw(),
    };
  }

  private describe(command: CommandBinding): CommandDescription {
    const { name, arguments: declared, returns } = command;
    const { enabled, whileFrozen, successResponse } = this.engine.state(name);
    const reason = this.engine.reason(name);
    return {
      name,
      plugin: this.plugins.nameOf(command),
      enabled: enabled && (whileFrozen || !this.engine.frozen),
      ...(reason === "" ? {} : { reason }),
      successResponse,
      ...(declared === undefined || isValidator(declared) ? {} : { arguments: declared }),
      ...(returns === undefined ? {} : { returns }),
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
    // Those as well whose peer has gone.
    for (const call of this.calls) call.cancel("the agent closes");
    await Promise.all([...this.sessions].map((session) => session.close()));
    for (const call of this.calls) call.giveUp();
    this.cancelTrim?.();
    if (this.freezeSwitch.frozen) await this.thaw();
    this.engine.close();
    await this.plugins.close();
    await this.container.dispose();
  }

  private async thaw(): Promise<void> {
    const failures = await this.plugins.thaw();
    for (const failure of failures) this.logger.always("error", "general", failure);
    try {
      if (failures.length === 0) this.freezeSwitch.thaw();
    } catch (error) {
      this.logger.always("error", "general", `the agent could not thaw: ${textOf(error)}`);
    }
  }

  open(sink: Sink): CoreSession {
    return this.engine.open(sink);
  }

  command(number: number): HostCommand | undefined {
    return this.engine.command(number);
  }

  enter(command: HostCommand): Visit {
    return this.plugins.enter(command);
  }

  settled(command: HostCommand, ms: number): void {
    const time = this.times.get(command.name) ?? { calls: 0, ms: 0 };
    this.times.set(command.name, { calls: time.calls + 1, ms: time.ms + ms });
  }

  counted({ resyncs, suppressed }: { resyncs: number; suppressed: number }): void {
    this.resyncs += resyncs;
    this.suppressed += suppressed;
  }

  readonly disposerFailed: DisposerFailed = ({ name }, error) => {
    this.logger.log("warning", "general", `${name}: a session's state could not be disposed of: ${textOf(error)}`);
  };

  crashed(error: unknown): void {
    const reason = textOf(error);
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
