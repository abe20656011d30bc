// What a command returned, as the JSON of its reply.

import { formatJson, parseJson } from "./json.ts";

/** An integer that has as many digits may be one that 64 bits do not hold. */
const LONG = /\d{19}/;
const LEAST = -(2n ** 63n);
const MOST = 2n ** 64n - 1n;

/** The value as JSON, `{}` for none. Throws an Error that says what is wrong with it. */
export function formatResult(value: unknown): string {
  if (value === undefined) return "{}";
  let json: string | undefined;
  let reason = "";
  try {
    json = formatJson(value);
  } catch (error) {
    // Of several lines the first says it all: where a cycle is, is a drawing.
    reason = error instanceof Error ? `: ${error.message.split("\n", 1)[0]}` : "";
  }
  if (json === undefined) throw new Error(`returned what JSON cannot hold${reason}`);
  if (LONG.test(json)) checkIntegers(parseJson(json));
  return json;
}

/** Throws where there is an integer outside -2^63 to 2^64 - 1: the peer would get a float. */
function checkIntegers(value: unknown): void {
  for (const open = [value]; open.length > 0;) {
    const item = open.pop();
    if (typeof item === "bigint" && (item < LEAST || item > MOST)) {
      throw new Error(`returned an integer that 64 bits do not hold: ${item}`);
    }
    if (typeof item === "object" && item !== null) for (const inner of Object.values(item)) open.push(inner);
  }
}
