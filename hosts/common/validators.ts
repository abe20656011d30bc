// Arguments against a validator of another library (standardschema.dev).

import { CommandError } from "../../plugins/api.ts";
import type { Members, StandardIssue, StandardResult, StandardSchema } from "../../plugins/schema.ts";

export function isValidator(declared: Members | StandardSchema): declared is StandardSchema {
  return "~standard" in declared;
}

/** What the validator makes of the arguments. Throws a CommandError with its words, or rejects with that. */
export function validate(validator: StandardSchema, args: unknown): unknown {
  const result = validator["~standard"].validate(args);
  return result instanceof Promise ? result.then(valueOf) : valueOf(result);
}

function valueOf(result: StandardResult<unknown>): unknown {
  const [issue] = result.issues ?? [];
  if (issue === undefined) return "value" in result ? result.value : undefined;
  throw new CommandError("GenericError", textOf(issue));
}

/** The issue's words, behind the parameter that they speak of. */
function textOf({ message, path = [] }: StandardIssue): string {
  const keys = path.map((part) => (typeof part === "object" ? part.key : part));
  const name = keys
    .map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${String(key)}`))
    .join("");
  return name === "" ? message : `Parameter '${name}': ${message}`;
}
