// A command's arguments as people type them.

import { parseJson } from "../../common/json.ts";
import { Mistake } from "./mistake.ts";

/** A JSON object. Throws a Mistake on anything else; `what` is its name in messages. */
export function parseObject(what: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new Mistake(`${what} cannot be read: ${(error as Error).message}; give an object, such as '{"id": 1}'`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Mistake(`${what} must be an object, such as '{"id": 1}'`);
}
