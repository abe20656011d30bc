// Numbers that an embedder hands in.

import { GuestwireError } from "./errors.ts";

/** What timers can count, in milliseconds. */
export const LONGEST_MS = 2_147_483_647;

/** Returns the value. Throws GW_ERR_LIMIT where it is no integer from `least` to `most`. */
export function checkRange(what: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new GuestwireError("GW_ERR_LIMIT", `${what} must be an integer from ${least} to ${most}`);
}
