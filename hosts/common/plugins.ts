// The plugins of an agent: checked, installed, taken out and replaced while sessions run.

import type { DependencyContainer } from "tsyringe";
import {
  COMMAND,
  type CommandBinding,
  FREEZER,
  type Freezer,
  type HostCommand,
  type Plugin,
} from "../../plugins/api.ts";
import type { Visit } from "./calls.ts";
import type { Clock } from "./clock.ts";
import { disposeOf } from "./disposal.ts";
import type { Engine } from "./engine.ts";
import { GuestwireError, textOf } from "./errors.ts";
import { thawed } from "./freeze.ts";
import type { Logger } from "./logger.ts";
import { type Identity, identityOf, refuse, takeCommand } from "./plugin-checks.ts";
import { isPromise } from "./promises.ts";
import type { StateOwner } from "./session-state.ts";
import type { Switches } from "./switches.ts";
import { LOGGER } from "./tokens.ts";

/** A plugin as its agent lists it. */
export interface PluginInfo {
  readonly name: string;
  readonly api: number;
  /** The names of its commands. */
  readonly commands: readonly string[];
}

/**
 * The plugins of an agent. Changes act on running sessions at once, guest-info follows; a call that is under way finishes
 * first. Where one is refused nothing has changed. All throw GW_ERR_CLOSED where the agent has closed.
 */
export interface Plugins {
  /** In the order in which they were installed, the standard one first. */
  list(): PluginInfo[];
  /**
   * Installs a plugin. Throws GW_ERR_PLUGIN, GW_ERR_API, GW_ERR_DUPLICATE_PLUGIN, GW_ERR_COMMAND_NAME,
   * GW_ERR_DUPLICATE_COMMAND, GW_ERR_SCHEMA, GW_ERR_LIMIT, GW_ERR_UNKNOWN_COMMAND.
   */
  add(plugin: Plugin): void;
  /**
   * Takes a plugin out. Settles when its last call is over and it is disposed: what its commands keep for sessions, then its
   * services. Rejects with GW_ERR_UNKNOWN_PLUGIN.
   */
  remove(name: string): Promise<void>;
  /**
   * Installs a plugin in the place of the one of its name, in the order as well. Commands that both have stay enabled or
   * disabled, as they are. Settles when the old one is gone, as `remove` does. Rejects with GW_ERR_UNKNOWN_PLUGIN, and with
   * what `add` throws.
   */
  replace(plugin: Plugin): Promise<void>;
}

/** A plugin with what was made for it. */
class Installed implements StateOwner {
  readonly name: string;
  readonly api: number;
  readonly scope: DependencyContainer;
  /** As they were when they came. */
  readonly commands: readonly CommandBinding[];
  /** Calls that are under way. */
  running = 0;
  /** Called when there are none left. */
  idle: () => void = () => {};
  isOver = false;

  constructor({ name, api }: Identity, scope: DependencyContainer, commands: readonly CommandBinding[]) {
    this.name = name;
    this.api = api;
    this.scope = scope;
    this.commands = commands;
  }
}

/** How long a plugin's services have for their end, in milliseconds. */
const DISPOSE_MS = 5000;

export class PluginSet implements Plugins {
  private readonly container: DependencyContainer;
  private readonly engine: Engine;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly switches: Switches;
  private readonly endState: (plugin: StateOwner) => void;
  private installed: readonly Installed[] = [];
  private readonly owners = new Map<CommandBinding, Installed>();
  /** Taken out, with calls under way or services that end. */
  private readonly leaving = new Map<Installed, Promise<void>>();
  private isPreparing = false;
  private isClosed = false;

  /** `endState` drops what a plugin keeps for sessions. */
  constructor(
    container: DependencyContainer,
    engine: Engine,
    clock: Clock,
    logger: Logger,
    switches: Switches,
    endState: (plugin: StateOwner) => void,
  ) {
    this.container = container;
    this.engine = engine;
    this.clock = clock;
    this.logger = logger;
    this.switches = switches;
    this.endState = endState;
  }

  list(): PluginInfo[] {
    return this.installed.map(({ name, api, commands }) => ({
      name,
      api,
      commands: commands.map((command) => command.name),
    }));
  }

  add(plugin: Plugin): void {
    this.exchange(undefined, this.prepare(plugin, identityOf(plugin), undefined));
  }

  async remove(name: string): Promise<void> {
    const old = this.find(name);
    this.exchange(old, undefined);
    await this.retire(old);
  }

  async replace(plugin: Plugin): Promise<void> {
    const identity = identityOf(plugin);
    const old = this.find(identity.name);
    this.exchange(old, this.prepare(plugin, identity, old));
    await this.retire(old);
  }

  /** The name of the plugin that a command came with. */
  nameOf(command: CommandBinding): string {
    return this.owners.get(command)?.name ?? "";
  }

  /** A call of a command that is there begins. Until it has left, its plugin stays. */
  enter(command: HostCommand): Visit {
    const plugin = this.owners.get(command) as Installed;
    plugin.running++;
    return {
      plugin,
      leave() {
        if (--plugin.running === 0) plugin.idle();
      },
    };
  }

  /** Thaws what plugins have frozen, all at the same time. Returns a line for each that failed. */
  async thaw(): Promise<string[]> {
    const failures = this.installed
      .filter(({ scope }) => scope.isRegistered(FREEZER))
      .map(async ({ name, scope }) => {
        const failure = await thawed(() => scope.resolve<Freezer>(FREEZER), this.clock);
        return failure === undefined ? [] : [`${name}: it could not thaw: ${failure}`];
      });
    return (await Promise.all(failures)).flat();
  }

  /** Disposes of all. No call may be under way that wants an answer. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const plugin of this.leaving.keys()) plugin.idle();
    await Promise.all(this.leaving.values());
    for (const plugin of this.installed) await this.end(plugin);
  }

  /** Settles when its calls are over, and it is disposed. */
  private retire(plugin: Installed): Promise<void> {
    const idle = new Promise<void>((resolve) => {
      if (plugin.running === 0) resolve();
      else plugin.idle = resolve;
    });
    const gone = idle.then(() => this.end(plugin)).then(() => void this.leaving.delete(plugin));
    this.leaving.set(plugin, gone);
    return gone;
  }

  /** Disposes of what was made for a plugin. What fails at that, or takes too long, is said. */
  private async end(plugin: Installed): Promise<void> {
    plugin.isOver = true;
    this.endState(plugin);
    await this.dispose(plugin.name, plugin.scope);
  }

  private dispose(name: string, scope: DependencyContainer): Promise<void> {
    const failed = (why: string): void => {
      this.logger.log("warning", "general", `${name}: its services could not be disposed of: ${why}`);
    };
    return new Promise((resolve) => {
      const cancel = this.clock.after(DISPOSE_MS, () => {
        failed(`they take more than ${DISPOSE_MS} ms`);
        resolve();
      });
      void disposeOf(scope, (error) => failed(textOf(error)))
        .then(cancel)
        .then(resolve);
    });
  }

  private find(name: string): Installed {
    this.checkOpen();
    const found = this.installed.find((plugin) => plugin.name === name);
    if (found === undefined) {
      const names = this.installed.map((plugin) => plugin.name).join(", ");
      throw new GuestwireError("GW_ERR_UNKNOWN_PLUGIN", `there is no plugin '${name}'; there are: ${names}`);
    }
    return found;
  }

  private checkOpen(): void {
    if (this.isClosed) throw new GuestwireError("GW_ERR_CLOSED", "the agent is closed");
    if (this.isPreparing) throw new GuestwireError("GW_ERR_PLUGIN", "register cannot change the agent's plugins");
  }

  /** Takes one out and puts another in its place: both or neither. */
  private exchange(old: Installed | undefined, next: Installed | undefined): void {
    const after = this.installed.flatMap((one) => (one !== old ? [one] : next === undefined ? [] : [next]));
    if (old === undefined && next !== undefined) after.push(next);
    try {
      this.install(
        after.flatMap(({ commands }) => commands),
        next?.name ?? "",
      );
    } catch (error) {
      if (next !== undefined) void this.dispose(next.name, next.scope);
      throw error;
    }
    this.installed = after;
    for (const command of old?.commands ?? []) this.owners.delete(command);
    for (const command of next?.commands ?? []) this.owners.set(command, next as Installed);
  }

  /** Has the engine run these commands: those that it has stay as they are switched. */
  private install(commands: readonly CommandBinding[], plugin: string): void {
    const disabled = new Map<string, string>();
    for (const { name } of commands) {
      const reason = this.switches.objection(name);
      if (reason !== undefined) disabled.set(name, reason);
    }
    const refused = this.engine.setCommands(commands, disabled);
    if (refused === undefined) return this.switches.commandsChanged();
    throw refuse("GW_ERR_UNKNOWN_COMMAND", plugin, `this engine has no command '${refused.name}' built in`);
  }

  /** Makes what a plugin needs, and checks it. `old` goes when it comes. */
  private prepare(plugin: Plugin, identity: Identity, old: Installed | undefined): Installed {
    this.checkOpen();
    const { name } = identity;
    const rivals = this.installed.filter((other) => other !== old);
    if (rivals.some((other) => other.name === name)) {
      throw refuse("GW_ERR_DUPLICATE_PLUGIN", name, "it is installed already; use replace, or remove it first");
    }
    const scope = this.container.createChildContainer();
    scope.register<Logger>(LOGGER, {
      useValue: { log: (level, domain, message) => this.logger.log(level, domain, `${name}: ${message}`) },
    });
    this.isPreparing = true;
    try {
      const commands = commandsOf(plugin, scope).map((command) => takeCommand(name, command));
      const taken = new Set(rivals.flatMap((other) => other.commands.map((command) => command.name)));
      for (const command of commands) {
        if (taken.has(command.name)) {
          throw refuse("GW_ERR_DUPLICATE_COMMAND", name, `there are two commands named '${command.name}'`);
        }
        taken.add(command.name);
      }
      return new Installed(identity, scope, commands);
    } catch (error) {
      void this.dispose(name, scope);
      if (error instanceof GuestwireError) throw error;
      throw refuse("GW_ERR_PLUGIN", name, `its registration failed: ${textOf(error)}`, error);
    } finally {
      this.isPreparing = false;
    }
  }
}

function commandsOf(plugin: Plugin, scope: DependencyContainer): CommandBinding[] {
  const result: unknown = plugin.register?.(scope);
  if (isPromise(result)) {
    void Promise.resolve(result).then(undefined, () => {});
    throw new Error("register must not be asynchronous: bind what can wait, and wait for it in the command");
  }
  for (const command of plugin.commands ?? []) scope.register<CommandBinding>(COMMAND, { useFactory: () => command });
  return scope.isRegistered(COMMAND) ? scope.resolveAll<CommandBinding>(COMMAND) : [];
}
