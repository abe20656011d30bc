// The limits by their names. core/limits.ts has defaults, range and reasons; the deadline of host commands is ours.

import {
  LIMIT_DEPTH,
  LIMIT_ERRORS_IN_ROW,
  LIMIT_LEAST,
  LIMIT_MESSAGE_BYTES,
  LIMIT_MOST,
  LIMIT_QUEUE_BYTES,
  LIMIT_REPLY_BYTES,
  LIMIT_TOKENS,
  LIMIT_TOTAL_BYTES,
} from "../../core/codes.ts";
import { peerLimits } from "../../core/limits.ts";
import { GuestwireError } from "./errors.ts";
import { LONGEST_MS, checkRange } from "./range.ts";

/** The core's limits and their numbers there. */
export const CORE_LIMITS = {
  messageBytes: LIMIT_MESSAGE_BYTES,
  tokens: LIMIT_TOKENS,
  depth: LIMIT_DEPTH,
  replyBytes: LIMIT_REPLY_BYTES,
  queueBytes: LIMIT_QUEUE_BYTES,
  errorsInRow: LIMIT_ERRORS_IN_ROW,
  totalBytes: LIMIT_TOTAL_BYTES,
} as const;

export type LimitName = keyof typeof CORE_LIMITS | "commandMs";
export type Limits = Readonly<Record<LimitName, number>>;

/** One host command, in milliseconds. */
const COMMAND_MS = 30_000;

const DEFAULTS: Limits = { ...defaultsOfCore(), commandMs: COMMAND_MS };

export const LIMIT_NAMES = Object.keys(DEFAULTS) as LimitName[];

function defaultsOfCore(): Record<keyof typeof CORE_LIMITS, number> {
  const limits = peerLimits();
  const entries = Object.entries(CORE_LIMITS).map(([name, number]) => [name, limits[number]]);
  return Object.fromEntries(entries) as Record<keyof typeof CORE_LIMITS, number>;
}

/** The least and the most that a limit can be. */
export function rangeOf(name: string): { least: number; most: number } {
  if (name === "commandMs") return { least: 0, most: LONGEST_MS };
  return { least: name === "errorsInRow" ? 0 : LIMIT_LEAST, most: LIMIT_MOST };
}

/** The defaults with these changes, frozen: plugins see them. Throws GW_ERR_LIMIT on an unknown name or a value out of range. */
export function completeLimits(changes: Partial<Limits> = {}): Limits {
  const limits: Record<LimitName, number> = { ...DEFAULTS };
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(DEFAULTS, name)) {
      throw new GuestwireError("GW_ERR_LIMIT", `unknown limit '${name}'; there are ${LIMIT_NAMES.join(", ")}`);
    }
    if (value === undefined) continue;
    const { least, most } = rangeOf(name);
    limits[name as LimitName] = checkRange(`limit ${name}`, value, least, most);
  }
  return Object.freeze(limits);
}
