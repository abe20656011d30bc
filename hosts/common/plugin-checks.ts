// What can be wrong with a plugin, said when an agent takes it, and what the agent keeps of it: a copy. What its author's
// objects turn into later, or throw when they are asked again, is nothing to the agent then.

import { API, type CommandBinding, type HostCommand, type Plugin, type PortableCommand } from "../../plugins/api.ts";
import type { Members, StandardSchema, Type } from "../../plugins/schema.ts";
import { mistakeInMembers, mistakeInType } from "./arguments.ts";
import { type ErrorCode, GuestwireError } from "./errors.ts";
import { LONGEST_MS } from "./range.ts";
import { frozenCopy } from "./schema-copy.ts";
import { isValidator, mistakeInValidator } from "./validators.ts";

/** A command's name: what QAPI allows, downstream names as `__com.example_name` among it. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** What a plugin says of itself. */
export interface Identity {
  readonly name: string;
  readonly api: number;
}

/** Asks a plugin who it is. Throws where it is no plugin for this agent. */
export function identityOf(plugin: Plugin): Identity {
  const name = isObject(plugin) ? plugin.name : undefined;
  if (typeof name !== "string" || name === "") {
    throw new GuestwireError("GW_ERR_PLUGIN", "a plugin is an object with a name, as definePlugin takes it");
  }
  const { api } = plugin;
  if (api !== API) {
    throw refuse("GW_ERR_API", name, `it is written for API ${String(api)}; this agent has API ${API}`);
  }
  return { name, api };
}

/** What an agent keeps of a command of the plugin. Throws where it is wrong in itself. */
export function takeCommand(plugin: string, command: CommandBinding): CommandBinding {
  if (!isObject(command)) throw refuse("GW_ERR_PLUGIN", plugin, "a command is an object, as defineCommand takes it");
  const { name } = command;
  if (typeof name !== "string" || !NAME.test(name)) {
    const rule = "use letters, digits, '-', '_' and '.', 128 at most";
    throw refuse("GW_ERR_COMMAND_NAME", plugin, `'${String(name)}' is no name for a command: ${rule}`);
  }
  return "portable" in command ? takePortable(name, command) : takeHost(plugin, name, command);
}

function takePortable(name: string, { arguments: declared, returns, portable }: PortableCommand): PortableCommand {
  return {
    name,
    ...(declared === undefined ? {} : { arguments: frozenCopy(declared) }),
    ...(returns === undefined ? {} : { returns: frozenCopy(returns) }),
    portable,
  };
}

function takeHost(plugin: string, name: string, command: HostCommand): HostCommand {
  const { run, timeoutMs, successResponse, whileFrozen, mustLog, abortOnDisconnect } = command;
  if (typeof run !== "function") throw refuse("GW_ERR_PLUGIN", plugin, `command '${name}' has no function run`);
  const ms = timeoutMs ?? 0;
  if (!Number.isInteger(ms) || ms < 0 || ms > LONGEST_MS) {
    throw refuse("GW_ERR_LIMIT", plugin, `timeoutMs of command '${name}' must be an integer from 0 to ${LONGEST_MS}`);
  }
  const schema = (mistake: string): GuestwireError => refuse("GW_ERR_SCHEMA", plugin, `command '${name}': ${mistake}`);
  return {
    name,
    ...takeArguments(command.arguments, schema),
    ...takeReturns(command.returns, schema),
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
  const isOther = (isObject(declared) || typeof declared === "function") && isValidator(declared);
  const kept = isOther ? { "~standard": declared["~standard"] } : frozenCopy(declared);
  const mistake = isValidator(kept) ? mistakeInValidator(kept) : mistakeInMembers(kept);
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
