// The limits' names, defaults and ranges. core/limits.ts has the reasons.

import { GuestwireError } from "./errors.ts";

interface LimitSpec {
  /** Its number in core/codes.ts; commandMs is the host's own. */
  readonly number: number;
  readonly default: number;
  readonly least: number;
}

const MOST = 536_870_912;

export const LIMIT_SPECS = {
  messageBytes: { number: 0, default: 67_108_863, least: 64 },
  tokens: { number: 1, default: 2_097_152, least: 64 },
  depth: { number: 2, default: 1_024, least: 64 },
  replyBytes: { number: 3, default: 4_000_000, least: 64 },
  queueBytes: { number: 4, default: 1_048_576, least: 64 },
  errorsInRow: { number: 5, default: 64, least: 0 },
  totalBytes: { number: 6, default: 268_435_456, least: 64 },
  commandMs: { number: -1, default: 30_000, least: 0 },
} as const satisfies Record<string, LimitSpec>;

export type LimitName = keyof typeof LIMIT_SPECS;
export type Limits = Record<LimitName, number>;
export const LIMIT_NAMES = Object.keys(LIMIT_SPECS) as LimitName[];

/** The defaults with these changes. Throws GW_ERR_LIMIT on an unknown name or a value out of range. */
export function completeLimits(changes: Partial<Limits> = {}): Limits {
  const limits = Object.fromEntries(LIMIT_NAMES.map((name) => [name, LIMIT_SPECS[name].default])) as Limits;
  for (const [name, value] of Object.entries(changes)) {
    const spec = Object.hasOwn(LIMIT_SPECS, name) ? LIMIT_SPECS[name as LimitName] : undefined;
    if (spec === undefined) {
      throw new GuestwireError("GW_ERR_LIMIT", `unknown limit '${name}'; there are ${LIMIT_NAMES.join(", ")}`);
    }
    if (value === undefined) continue;
    if (!Number.isInteger(value) || value < spec.least || value > MOST) {
      throw new GuestwireError("GW_ERR_LIMIT", `limit ${name} must be an integer from ${spec.least} to ${MOST}`);
    }
    limits[name as LimitName] = value;
  }
  return limits;
}
