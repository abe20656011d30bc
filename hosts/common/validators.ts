// Arguments against a validator of another library (standardschema.dev).

import { CommandError } from "../../plugins/api.ts";
import type { Members, StandardIssue, StandardResult, StandardSchema } from "../../plugins/schema.ts";
import { isPromise } from "./promises.ts";

/** Whether it is a validator, or is meant to be one. Those of arktype are functions. */
export function isValidator(declared: Members | StandardSchema): declared is StandardSchema {
  return "~standard" in declared;
}

/** What is wrong with a validator, or undefined. */
export function mistakeInValidator(validator: StandardSchema): string | undefined {
  const { version, validate: check } = validator["~standard"];
  return version === 1 && typeof check === "function"
    ? undefined
    : "arguments must be a validator of Standard Schema version 1";
}

/** What the validator makes of the arguments, or a promise of it. Throws a CommandError with its words, or rejects with that. */
export function validate(validator: StandardSchema, args: unknown): unknown {
  const result = validator["~standard"].validate(args);
  return isPromise(result) ? Promise.resolve(result).then(valueOf) : valueOf(result);
}

function valueOf(result: StandardResult<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  const [issue] = result.issues;
  throw new CommandError("GenericError", issue === undefined ? "The arguments are not valid" : textOf(issue));
}

/** The issue's words, behind the parameter that they speak of. */
function textOf({ message, path = [] }: StandardIssue): string {
  const keys = path.map((part) => (typeof part === "object" ? part.key : part));
  const name = keys
    .map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${String(key)}`))
    .join("");
  return name === "" ? message : `Parameter '${name}': ${message}`;
}
