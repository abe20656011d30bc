// What can be wrong with a plugin, said when an agent takes it.

import { API, type CommandBinding, type HostCommand, type Plugin } from "../../plugins/api.ts";
import { mistakeInMembers, mistakeInType } from "./arguments.ts";
import { type ErrorCode, GuestwireError } from "./errors.ts";
import { LONGEST_MS } from "./range.ts";
import { isValidator, mistakeInValidator } from "./validators.ts";

/** A command's name: what QAPI allows, downstream names as `__com.example_name` among it. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** Throws where it is no plugin for this agent. */
export function checkPlugin(plugin: Plugin): void {
  if (!isObject(plugin) || typeof plugin.name !== "string" || plugin.name === "") {
    throw new GuestwireError("GW_ERR_PLUGIN", "a plugin is an object with a name, as definePlugin takes it");
  }
  if (plugin.api !== API) {
    throw refuse("GW_ERR_API", plugin, `it is written for API ${String(plugin.api)}; this agent has API ${API}`);
  }
}

/** Throws where a command of the plugin is wrong in itself. */
export function checkCommand(plugin: Plugin, command: CommandBinding): void {
  if (!isObject(command)) throw refuse("GW_ERR_PLUGIN", plugin, "a command is an object, as defineCommand takes it");
  const { name } = command;
  if (typeof name !== "string" || !NAME.test(name)) {
    const rule = "use letters, digits, '-', '_' and '.', 128 at most";
    throw refuse("GW_ERR_COMMAND_NAME", plugin, `'${String(name)}' is no name for a command: ${rule}`);
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
  const inResult = returns === undefined ? undefined : mistakeInType(returns, "returns");
  if (declared === undefined) return inResult;
  const isOther = (isObject(declared) || typeof declared === "function") && isValidator(declared);
  return (isOther ? mistakeInValidator(declared) : mistakeInMembers(declared)) ?? inResult;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** All refusals name the plugin. */
export function refuse(code: ErrorCode, plugin: Plugin | undefined, why: string, cause?: unknown): GuestwireError {
  return new GuestwireError(code, `plugin '${plugin?.name}': ${why}`, { cause });
}
