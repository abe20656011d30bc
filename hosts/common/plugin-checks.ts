// What can be wrong with a plugin, said when an agent takes it, and what the agent keeps of it: a copy. What its author's
// objects turn into later, or throw when they are asked again, is nothing to the agent then.

import { API, type CommandBinding, type HostCommand, type Plugin, type PortableCommand } from "../../plugins/api.ts";
import type { Members, StandardSchema, Type } from "../../plugins/schema.ts";
import type { Command } from "../../core/command.ts";
import { mistakeInMembers, mistakeInType } from "./arguments.ts";
import { type ErrorCode, GuestwireError, textOf } from "./errors.ts";
import { LONGEST_MS } from "./range.ts";
import { frozenCopy } from "./schema-copy.ts";
import { isValidator, mistakeInValidator } from "./validators.ts";

/** A command's name: what QAPI allows, downstream names as `__com.example_name` among it. */
const COMMAND_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** A plugin's name: what a package may be called, so that it fits in a line of a log. */
const PLUGIN_NAME = /^(?:@[A-Za-z0-9._~-]+\/)?[A-Za-z0-9._~-]+$/;
const PLUGIN_NAME_LENGTH = 214;

const encoder = new TextEncoder();

/** What a plugin says of itself. */
export interface Identity {
  readonly name: string;
  readonly api: number;
}

/** Asks a plugin who it is. Throws where it is no plugin for this agent. */
export function identityOf(plugin: Plugin): Identity {
  const { name, api } = asked(plugin);
  if (typeof name !== "string" || name === "") {
    throw new GuestwireError("GW_ERR_PLUGIN", "a plugin is an object with a name, as definePlugin takes it");
  }
  if (!PLUGIN_NAME.test(name) || name.length > PLUGIN_NAME_LENGTH) {
    const rule = `as packages have them: letters, digits, '-', '_', '.' and '~', after '@SCOPE/' or not, ${PLUGIN_NAME_LENGTH} at most`;
    throw new GuestwireError("GW_ERR_PLUGIN", `${JSON.stringify(name)} is no name for a plugin: use one ${rule}`);
  }
  if (api !== API) {
    throw refuse("GW_ERR_API", name, `it is written for API ${textOf(api)}; this agent has API ${API}`);
  }
  return { name, api };
}

/** What is to be a plugin, asked once. */
function asked(plugin: unknown): { readonly name?: unknown; readonly api?: unknown } {
  try {
    const { name, api } = isObject(plugin) ? (plugin as Partial<Plugin>) : {};
    return { name, api };
  } catch (error) {
    const why = `a plugin cannot be asked for its name and its api: ${textOf(error)}`;
    throw new GuestwireError("GW_ERR_PLUGIN", why, { cause: error });
  }
}

/** What an agent keeps of a command of the plugin. Throws where it is wrong in itself. */
export function takeCommand(plugin: string, command: CommandBinding): CommandBinding {
  if (!isObject(command)) throw refuse("GW_ERR_PLUGIN", plugin, "a command is an object, as defineCommand takes it");
  const { name } = command;
  if (typeof name !== "string" || !COMMAND_NAME.test(name)) {
    const rule = "use letters, digits, '_', and after the first of them '-' and '.' too, 128 at most";
    throw refuse("GW_ERR_COMMAND_NAME", plugin, `'${textOf(name)}' is no name for a command: ${rule}`);
  }
  const schema = (mistake: string): GuestwireError => refuse("GW_ERR_SCHEMA", plugin, `command '${name}': ${mistake}`);
  const declared = { ...takeArguments(command.arguments, schema), ...takeReturns(command.returns, schema) };
  const portable = "portable" in command ? command.portable : undefined;
  if (portable === undefined) return takeHost(plugin, { name, ...declared }, command as HostCommand);
  if (portable !== null && !isCommand(new portable(), name)) {
    const rule = "must be null or a class of the portable core, whose objects have the command's name";
    throw refuse("GW_ERR_PLUGIN", plugin, `portable of command '${name}' ${rule}`);
  }
  return { name, ...declared, portable } as PortableCommand;
}

/** Whether the core can run it. Not by its class: a bundle has a copy of Command of its own. */
function isCommand(made: Partial<Command>, name: string): boolean {
  const bytes = encoder.encode(name);
  return typeof made.run === "function" && made.isNamed?.(bytes, 0, bytes.length) === true;
}

function takeHost(plugin: string, kept: Omit<HostCommand, "run">, command: HostCommand): HostCommand {
  const { name } = kept;
  const { run, timeoutMs, successResponse, whileFrozen, mustLog, abortOnDisconnect } = command;
  if (typeof run !== "function") throw refuse("GW_ERR_PLUGIN", plugin, `command '${name}' has no function run`);
  const ms = timeoutMs ?? 0;
  if (!Number.isInteger(ms) || ms < 0 || ms > LONGEST_MS) {
    throw refuse("GW_ERR_LIMIT", plugin, `timeoutMs of command '${name}' must be an integer from 0 to ${LONGEST_MS}`);
  }
  return {
    ...kept,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    successResponse: successResponse ?? true,
    whileFrozen: whileFrozen ?? false,
    mustLog: mustLog ?? false,
    abortOnDisconnect: abortOnDisconnect ?? false,
    run: (args, call) => run.call(command, args, call),
  };
}

function takeArguments(
  declared: Members | StandardSchema | undefined,
  refused: (mistake: string) => GuestwireError,
): Pick<HostCommand, "arguments"> {
  if (declared === undefined) return {};
  if ((isObject(declared) || typeof declared === "function") && isValidator(declared)) {
    const kept = { "~standard": declared["~standard"] };
    const mistake = mistakeInValidator(kept);
    if (mistake !== undefined) throw refused(mistake);
    return { arguments: kept };
  }
  const kept = frozenCopy(declared);
  const mistake = mistakeInMembers(kept);
  if (mistake !== undefined) throw refused(mistake);
  return { arguments: kept };
}

function takeReturns(
  returns: Type | undefined,
  refused: (mistake: string) => GuestwireError,
): Pick<HostCommand, "returns"> {
  if (returns === undefined) return {};
  const kept = frozenCopy(returns);
  const mistake = mistakeInType(kept, "returns");
  if (mistake !== undefined) throw refused(mistake);
  return { returns: kept };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** All refusals name the plugin. */
export function refuse(code: ErrorCode, plugin: string, why: string, cause?: unknown): GuestwireError {
  return new GuestwireError(code, `plugin '${plugin}': ${why}`, { cause });
}
