// Arguments against a validator of another library (standardschema.dev).

import { CommandError } from "../../plugins/api.ts";
import type { Members, StandardSchema } from "../../plugins/schema.ts";

/** Whether it is a validator, or is meant to be one. Those of arktype are functions. */
export function isValidator(declared: Members | StandardSchema): declared is StandardSchema {
  return "~standard" in declared;
}

/** What is wrong with a validator, or undefined. */
export function mistakeInValidator(validator: StandardSchema): string | undefined {
  const standard = validator["~standard"] as Partial<StandardSchema["~standard"]> | null | undefined;
  return standard?.version === 1 && typeof standard.validate === "function"
    ? undefined
    : "arguments must be a validator of Standard Schema version 1";
}

/**
 * What a validator made of the arguments, from what it returned. Throws a CommandError with its words, or an Error where that
 * is nothing that a validator returns.
 */
export function checkedArguments(result: unknown): unknown {
  if (!isObject(result)) throw astray();
  const { issues } = result;
  if (issues === undefined && "value" in result) return result["value"];
  if (!Array.isArray(issues)) throw astray();
  throw new CommandError("GenericError", issues.length === 0 ? "The arguments are not valid" : wordsOf(issues[0]));
}

/** The issue's words, behind the parameter that they speak of. */
function wordsOf(issue: unknown): string {
  if (!isObject(issue)) throw astray();
  const { message, path = [] } = issue;
  if (typeof message !== "string" || !Array.isArray(path)) throw astray();
  const name = path
    .map((part: unknown) => (isObject(part) ? part["key"] : part))
    .map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${String(key)}`))
    .join("");
  return name === "" ? message : `Parameter '${name}': ${message}`;
}

function astray(): Error {
  return new Error("The validator of this command does not follow Standard Schema");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
