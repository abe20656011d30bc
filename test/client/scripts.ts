// What sessions with faults are made of.

import fc from "fast-check";
import type { Played, Question, Script, Step } from "./faulted.ts";
import type { Fault, Planned, Side } from "./faults.ts";
import { PRIME } from "./faulted.ts";

/** What lies about on channels. */
export const JUNK = [
  "\xff",
  "\n",
  "\0",
  "{",
  "}",
  '"',
  '{"a":[',
  "\xc3\x28\xa0\xa1",
  "\x1b[2J login: ",
  '{"return": {}}\n',
  `{"return": ${PRIME}}\n`,
  `{"return": {}, "id": "x-1"}\n`,
  "null\n",
  '{"return": {}, "error": {}}\n',
  '\xff{"return": 1700000000000}\n',
  '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\uFFFD\'"}}\n',
  '{"error": {"class": "CommandNotFound", "desc": "The command guest-sync-delimited has not been found"}}\n',
  '{"error": {"class": "CommandNotFound", "desc": "Command guest-sync has been disabled"}}\n',
  '{"execute":"guest-sync-delimited","arguments":{"id":5}}\n',
  '{"execute":"guest-ping"}\n',
  "x".repeat(400),
  `${"y".repeat(400)}\n`,
];

/** Milliseconds. */
export const delay = fc.constantFrom(0, 1, 30, 600, 3000, 20_000);

/** Faults after which no byte is told that was not sent, and none twice. */
export const losses: fc.Arbitrary<Fault> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constantFrom("lost" as const, "restart" as const, "stall" as const, "block" as const),
      ms: delay,
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom({ what: "close" } as const, { what: "end" } as const) },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant("swallow" as const), bytes: fc.integer({ min: 1, max: 200 }) }),
  },
);

export const anyFault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 2, arbitrary: losses },
  fc.record({ what: fc.constantFrom("swallow" as const, "repeat" as const), bytes: fc.integer({ min: 1, max: 200 }) }),
  fc.record({ what: fc.constant("replay" as const), back: fc.nat(8) }),
  fc.record({ what: fc.constant("inject" as const), bytes: fc.oneof(fc.constantFrom(...JUNK), noise()) }),
);

function noise(): fc.Arbitrary<string> {
  return fc.uint8Array({ minLength: 1, maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
}

const timeoutMs = fc.constantFrom(1, 20, 400, 2500, 12_000);

/** A session whose faults have no place yet. */
export interface Drawn extends Omit<Script, "plan"> {
  /** `share`: after so many thousandths of the bytes. */
  readonly faults: readonly {
    readonly to: Side;
    readonly share: number;
    readonly isLate: boolean;
    readonly fault: Fault;
  }[];
}

/** The session without its faults. */
export function unharmed(drawn: Drawn): Script {
  return { ...drawn, plan: [] };
}

/** The session with its faults, where so many bytes pass without them. */
export function harmed(drawn: Drawn, { passed }: Played): Script {
  const plan = drawn.faults.map(({ to, share, isLate, fault }): Planned => ({
    to,
    isLate,
    at: Math.floor((share * passed[to]) / 1000),
    fault,
  }));
  return { ...drawn, plan };
}

/** Sessions that ask such questions, with such faults. */
export function drawnScript(
  question: fc.Arbitrary<(n: number) => Question>,
  fault: fc.Arbitrary<Fault>,
): fc.Arbitrary<Drawn> {
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        what: fc.constant("ask" as const),
        question,
        timeoutMs,
        abortMs: fc.option(delay, { nil: undefined, freq: 4 }),
        alone: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ what: fc.constant("sync" as const), timeoutMs }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant("rest" as const), ms: delay }) },
  );

  const placed = fc.record({
    to: fc.constantFrom<Side>("agent", "client"),
    share: fc.nat(1000),
    isLate: fc.boolean(),
    fault,
  });

  return fc.record({
    steps: fc.array(step, { minLength: 1, maxLength: 6, size: "max" }),
    faults: fc.array(placed, { minLength: 1, maxLength: 6, size: "max" }),
    chunkBytes: fc.constantFrom(1, 7, 4096),
    replyBytes: fc.constantFrom(undefined, 300),
    isBrief: fc.constant(false),
    isProbed: fc.boolean(),
  });
}
