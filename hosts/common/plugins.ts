// The plugins of an agent: checked, installed, taken out and replaced while sessions run.

import type { DependencyContainer } from "tsyringe";
import { API, COMMAND, type CommandBinding, type HostCommand, type Plugin } from "../../plugins/api.ts";
import { mistakeInMembers, mistakeInType } from "./arguments.ts";
import type { Engine } from "./engine.ts";
import { type ErrorCode, GuestwireError, textOf } from "./errors.ts";
import { LONGEST_MS } from "./range.ts";
import { isValidator } from "./validators.ts";

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
  /** Takes a plugin out. Settles when its last call is over and it is disposed. Rejects with GW_ERR_UNKNOWN_PLUGIN. */
  remove(name: string): Promise<void>;
  /**
   * Installs a plugin in the place of the one of its name; commands that were disabled stay so. Settles when the old one's
   * last call is over and it is disposed. Rejects with GW_ERR_UNKNOWN_PLUGIN, and with what `add` throws.
   */
  replace(plugin: Plugin): Promise<void>;
}

/** A plugin with what was made for it. */
interface Installed {
  readonly plugin: Plugin;
  readonly scope: DependencyContainer;
  readonly commands: readonly CommandBinding[];
  /** Calls that are under way. */
  running: number;
  /** Called when there are none left. */
  idle: () => void;
}

/** A command's name: what QAPI allows, downstream names as `__com.example_name` among it. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

export class PluginSet implements Plugins {
  private readonly container: DependencyContainer;
  private readonly engine: Engine;
  private readonly isAllowed: (command: string) => boolean;
  private readonly installed: Installed[] = [];
  private readonly owners = new Map<CommandBinding, Installed>();
  private isClosed = false;

  /** `isAllowed`: whether a new command is enabled. */
  constructor(container: DependencyContainer, engine: Engine, isAllowed: (command: string) => boolean) {
    this.container = container;
    this.engine = engine;
    this.isAllowed = isAllowed;
  }

  list(): PluginInfo[] {
    return this.installed.map(({ plugin, commands }) => ({
      name: plugin.name,
      api: plugin.api,
      commands: commands.map(({ name }) => name),
    }));
  }

  add(plugin: Plugin): void {
    this.exchange(undefined, plugin);
  }

  async remove(name: string): Promise<void> {
    const old = this.find(name);
    this.exchange(old, undefined);
    await retire(old);
  }

  async replace(plugin: Plugin): Promise<void> {
    checkPlugin(plugin);
    const old = this.find(plugin.name);
    this.exchange(old, plugin);
    await retire(old);
  }

  /** The name of the plugin that a command came with. */
  nameOf(command: CommandBinding): string {
    return this.owners.get(command)?.plugin.name ?? "";
  }

  /** A call of the command begins; returns what is to be called when it is over. Until then its plugin is there. */
  enter(command: HostCommand): () => void {
    const owner = this.owners.get(command);
    if (owner === undefined) return () => {};
    owner.running++;
    return () => {
      if (--owner.running === 0) owner.idle();
    };
  }

  /** Disposes of all. No call may be under way that wants an answer. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const { scope } of this.installed) await dispose(scope);
  }

  private find(name: string): Installed {
    this.checkOpen();
    const found = this.installed.find(({ plugin }) => plugin.name === name);
    if (found === undefined) {
      const names = this.installed.map(({ plugin }) => plugin.name).join(", ");
      throw new GuestwireError("GW_ERR_UNKNOWN_PLUGIN", `there is no plugin '${name}'; there are: ${names}`);
    }
    return found;
  }

  private checkOpen(): void {
    if (this.isClosed) throw new GuestwireError("GW_ERR_CLOSED", "the agent is closed");
  }

  /** Takes one out and puts another in: both or neither. */
  private exchange(old: Installed | undefined, plugin: Plugin | undefined): void {
    this.checkOpen();
    const next = plugin === undefined ? undefined : this.prepare(plugin, old);
    const disabled = new Map(old?.commands.flatMap(({ name }) => this.switchOf(name)));
    for (const { name } of old?.commands ?? []) this.engine.remove(name);
    try {
      this.bind(next, disabled);
    } catch (error) {
      this.bind(old, disabled);
      void next?.scope.dispose();
      throw error;
    }
    if (old !== undefined) this.installed.splice(this.installed.indexOf(old), 1);
    for (const command of old?.commands ?? []) this.owners.delete(command);
    if (next !== undefined) this.installed.push(next);
    for (const command of next?.commands ?? []) this.owners.set(command, next as Installed);
  }

  private switchOf(name: string): [string, string][] {
    return this.engine.isDisabled(name) ? [[name, this.engine.reason(name)]] : [];
  }

  /** Adds its commands to the engine; all or none. */
  private bind(entry: Installed | undefined, disabled: ReadonlyMap<string, string>): void {
    const added: string[] = [];
    for (const command of entry?.commands ?? []) {
      const { name } = command;
      if (!this.engine.add(command)) {
        for (const other of added) this.engine.remove(other);
        throw refuse("GW_ERR_UNKNOWN_COMMAND", entry?.plugin, `this engine has no command '${name}' built in`);
      }
      added.push(name);
      const reason = disabled.get(name);
      if (reason !== undefined || !this.isAllowed(name)) this.engine.disable(name, reason ?? "");
    }
  }

  /** Makes what a plugin needs, and checks it. `old` goes when it comes. */
  private prepare(plugin: Plugin, old: Installed | undefined): Installed {
    checkPlugin(plugin);
    const rivals = this.installed.filter((other) => other !== old);
    if (rivals.some((other) => other.plugin.name === plugin.name)) {
      throw refuse("GW_ERR_DUPLICATE_PLUGIN", plugin, "it is installed already; use replace, or remove it first");
    }
    const scope = this.container.createChildContainer();
    try {
      const commands = commandsOf(plugin, scope);
      const taken = new Set(rivals.flatMap((other) => other.commands.map(({ name }) => name)));
      for (const command of commands) {
        checkCommand(plugin, command);
        if (taken.has(command.name)) {
          throw refuse("GW_ERR_DUPLICATE_COMMAND", plugin, `there are two commands named '${command.name}'`);
        }
        taken.add(command.name);
      }
      return { plugin, scope, commands, running: 0, idle: () => {} };
    } catch (error) {
      void dispose(scope);
      throw error;
    }
  }
}

/** Settles when its calls are over, and its services are gone. */
async function retire(old: Installed): Promise<void> {
  if (old.running > 0) await new Promise<void>((resolve) => (old.idle = resolve));
  await dispose(old.scope);
}

async function dispose(scope: DependencyContainer): Promise<void> {
  try {
    await scope.dispose();
  } catch {
    // A service that fails at its end has nobody left to tell.
  }
}

function commandsOf(plugin: Plugin, scope: DependencyContainer): CommandBinding[] {
  try {
    plugin.register?.(scope);
    for (const command of plugin.commands ?? []) scope.register<CommandBinding>(COMMAND, { useValue: command });
    return scope.isRegistered(COMMAND) ? scope.resolveAll<CommandBinding>(COMMAND) : [];
  } catch (error) {
    const reason = textOf(error);
    throw refuse("GW_ERR_PLUGIN", plugin, `its registration failed: ${reason}`, error);
  }
}

function checkPlugin(plugin: Plugin): void {
  if (typeof plugin !== "object" || plugin === null || typeof plugin.name !== "string" || plugin.name === "") {
    throw new GuestwireError("GW_ERR_PLUGIN", "a plugin is an object with a name, as definePlugin takes it");
  }
  if (plugin.api !== API) {
    throw refuse("GW_ERR_API", plugin, `it is written for API ${plugin.api}; this agent has API ${API}`);
  }
}

function checkCommand(plugin: Plugin, command: CommandBinding): void {
  const { name } = command;
  if (typeof name !== "string" || !NAME.test(name)) {
    const rule = "use letters, digits, '-', '_' and '.', 128 at most";
    throw refuse("GW_ERR_COMMAND_NAME", plugin, `'${name}' is no name for a command: ${rule}`);
  }
  if ("portable" in command) return;
  if (typeof command.run !== "function") throw refuse("GW_ERR_PLUGIN", plugin, `command '${name}' has no function run`);
  const ms = command.timeoutMs ?? 0;
  if (!Number.isInteger(ms) || ms < 0 || ms > LONGEST_MS) {
    throw refuse("GW_ERR_LIMIT", plugin, `timeoutMs of command '${name}' must be an integer from 0 to ${LONGEST_MS}`);
  }
  const mistake = mistakeInSchema(command);
  if (mistake !== undefined) throw refuse("GW_ERR_SCHEMA", plugin, `command '${name}': ${mistake}`);
}

function mistakeInSchema({ arguments: declared, returns }: HostCommand): string | undefined {
  const isChecked = declared === undefined || (isObject(declared) && isValidator(declared));
  const mistake = isChecked ? undefined : mistakeInMembers(declared);
  return mistake ?? (returns === undefined ? undefined : mistakeInType(returns, "returns"));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** All refusals name the plugin. */
function refuse(code: ErrorCode, plugin: Plugin | undefined, why: string, cause?: unknown): GuestwireError {
  return new GuestwireError(code, `plugin '${plugin?.name}': ${why}`, { cause });
}
