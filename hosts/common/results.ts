// What a command returned, as the JSON of its reply.

import { textOf } from "./errors.ts";
import { formatJson, parseJson } from "./json.ts";

/** An integer that has as many digits may be one that 64 bits do not hold. */
const LONG = /\d{19}/;
/** What a string cannot hold in the protocol: noncharacters, and surrogates that are alone, which JSON.stringify escapes. */
const UNFIT = /\\ud|\p{Noncharacter_Code_Point}/u;
/** The same, and other escapes, at least how they begin. */
const UNFIT_OR_ESCAPE = /\\(?:ud[\da-f]{3}|[^])|\p{Noncharacter_Code_Point}/gu;
const ESCAPE = /^\\.$/;
const LEAST = -(2n ** 63n);
const MOST = 2n ** 64n - 1n;

/**
 * What the command of this name returned, as JSON of so many bytes at most; `{}` for nothing. Throws an Error that says what
 * is wrong.
 */
export function formatResult(name: string, value: unknown, mostBytes: number): string {
  if (value === undefined) return "{}";
  let json: string | undefined;
  let reason = "";
  try {
    json = formatJson(value);
  } catch (error) {
    // Of several lines the first says it all: where a cycle is, is a drawing.
    reason = `: ${textOf(error).split("\n", 1)[0]}`;
  }
  if (json === undefined) throw new Error(`Command ${name} returned what JSON cannot hold${reason}`);
  // No character takes less than a byte. What is not much larger the core finds out.
  if (json.length > mostBytes) throw new Error(`The reply of ${name} is larger than the limit of this agent`);
  if (UNFIT.test(json)) json = json.replace(UNFIT_OR_ESCAPE, (piece) => (ESCAPE.test(piece) ? piece : "\ufffd"));
  const stranger = LONG.test(json) ? strangerIn(parseJson(json)) : undefined;
  if (stranger !== undefined) {
    throw new Error(`Command ${name} returned an integer that 64 bits do not hold: ${stranger}`);
  }
  return json;
}

/** An integer outside -2^63 to 2^64 - 1, in words: the peer would get a float. One that is too long was read as Infinity. */
function strangerIn(value: unknown): string | undefined {
  for (const open = [value]; open.length > 0;) {
    const item = open.pop();
    if (typeof item === "bigint" && (item < LEAST || item > MOST)) return String(item);
    if (item === Infinity || item === -Infinity) return "one of more than 309 digits";
    if (typeof item === "object" && item !== null) for (const inner of Object.values(item)) open.push(inner);
  }
  return undefined;
}
