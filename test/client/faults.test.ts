// The client against our agent on a channel with faults: at every byte of a conversation, and drawn ones.

import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { CommandError, type Core, type Plugin, type Transport, createAgent } from "guestwire";
import { js } from "guestwire/core";
import { fakeClock } from "guestwire/testing";
import { ENGINES } from "../engines.ts";
import { RUNS, SEED } from "../property/settings.ts";
import { exact } from "./ear.ts";
import { PRIME, type Played, type Question, type Script, type Step, type World, play } from "./faulted.ts";
import type { Fault, Planned } from "./faults.ts";
import { idRefuser } from "./id-refuser.ts";
import { seedRandom } from "./random.ts";
import { type Drawn, JUNK, anyFault, delay, drawnScript, harmed, losses, unharmed } from "./scripts.ts";

/** Drawn sessions with each agent. */
const DRAWN = Math.ceil(RUNS / 60);
/** At each byte of the conversation every so manieth fault is tried, another one at the next. A long run tries every second one. */
const STRIDE = Math.max(1, Math.round(600_000 / RUNS));

/** The longest that a command takes. */
const MOST_MS = 20_000;

/** An agent. */
interface Kind {
  readonly core: Core;
  readonly block?: readonly string[];
  /** It is as one before QEMU 4.0: requests with an id are refused. */
  readonly refusesIds?: boolean;
}

/** Our agent, in a time of its own. */
class OurWorld implements World {
  readonly clock = fakeClock();
  readonly journal = new Map<number, number>();
  readonly isExact = true;
  readonly server;

  constructor({ core, block = [], refusesIds = false }: Kind) {
    const clock = { now: () => 0, after: () => () => {} };
    const agent = createAgent({ core, plugins: [this.plugin()], clock, policy: { block } });
    const serve = (transport: Transport): void => void agent.serve(refusesIds ? idRefuser(transport) : transport);
    this.server = { serve };
  }

  /** Commands that note that they ran. */
  private plugin(): Plugin {
    const run = (args: Record<string, unknown>): number => {
      const n = args["n"];
      if (typeof n !== "number" || n % PRIME !== 0) throw new CommandError("GenericError", "garbled");
      this.journal.set(n, (this.journal.get(n) ?? 0) + 1);
      return n;
    };
    const later = async (ms: unknown): Promise<void> => {
      // More was garbled on the way.
      if (typeof ms === "number" && ms > 0 && ms <= MOST_MS)
        await new Promise<void>((resolve) => this.clock.after(ms, resolve));
    };
    return {
      name: "guestwire-plugin-test",
      api: 1,
      commands: [
        {
          name: "test-echo",
          run: async (args) => {
            const n = run(args);
            await later(args["ms"]);
            return { n, pad: args["pad"] };
          },
        },
        {
          name: "test-fail",
          run(args) {
            throw new CommandError("GenericError", `no ${run(args)}`);
          },
        },
        { name: "test-quiet", successResponse: false, run },
      ],
    };
  }

  plain = (n: number): Question => echo(n, 0, "");

  finish = async <Value>(promise: Promise<Value>): Promise<Value> => {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    for (;;) {
      await turn();
      if (isSettled) return promise;
      const next = this.clock.next;
      if (next === undefined) throw new Error("nothing will ever happen");
      this.clock.pass(next);
    }
  };

  quieten = async (): Promise<void> => {
    for (;;) {
      await turn();
      if (this.clock.next !== 0) return;
      this.clock.pass(0);
    }
  };
}

function echo(n: number, ms: number, pad: string): Question {
  const isAnswer = (value: unknown): boolean =>
    exact(value) === JSON.stringify({ n, pad }) || exact(value) === JSON.stringify({ pad, n });
  return { command: "test-echo", args: { n, ms, pad }, n, isAnswer };
}

function fail(n: number): Question {
  return { command: "test-fail", args: { n }, isAnswer: () => false, error: `no ${n}`, n };
}

function quiet(n: number, silenceMs: number): Question {
  return { command: "test-quiet", args: { n }, silenceMs, n, isAnswer: (value) => value === undefined };
}

function unknown(n: number): Question {
  const error = "The command test-none has not been found";
  return { command: "test-none", n, isAnswer: () => false, error };
}

const ALONE = { what: "ask", abortMs: undefined, alone: true } as const;

/** The conversation whose every byte sees every fault. */
const CONVERSATION: readonly Step[] = [
  { ...ALONE, question: (n) => echo(n, 0, "\u20ac"), timeoutMs: 3000 },
  { what: "ask", question: fail, timeoutMs: 1000, abortMs: undefined, alone: false },
  { ...ALONE, question: (n) => echo(n, 100, ""), timeoutMs: 5000 },
  { what: "sync", timeoutMs: 3000 },
  { ...ALONE, question: (n) => quiet(n, 200), timeoutMs: 3000 },
  { ...ALONE, question: (n) => echo(n, 0, ""), timeoutMs: 3000 },
];

const FAULTS: readonly Fault[] = [
  { what: "lost", ms: 0 },
  { what: "lost", ms: 4000 },
  { what: "restart", ms: 0 },
  { what: "restart", ms: 4000 },
  { what: "close" },
  { what: "end" },
  { what: "swallow", bytes: 1 },
  { what: "swallow", bytes: 60 },
  { what: "repeat", bytes: 1 },
  { what: "repeat", bytes: 60 },
  { what: "replay", back: 0 },
  { what: "stall", ms: 3500 },
  { what: "block", ms: 3500 },
  ...JUNK.map((bytes) => ({ what: "inject", bytes }) as const),
];

const question: fc.Arbitrary<(n: number) => Question> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(delay, fc.nat(600)).map(
      ([ms, pad]) =>
        (n: number) =>
          echo(n, ms, "p".repeat(pad)),
    ),
  },
  { weight: 1, arbitrary: fc.constant(fail) },
  { weight: 1, arbitrary: fc.constantFrom(50, 2000).map((ms) => (n: number) => quiet(n, ms)) },
  { weight: 1, arbitrary: fc.constant(unknown) },
);

const KINDS: readonly (readonly [name: string, kind: Kind])[] = [
  ...ENGINES.map(([name, core]) => [name, { core }] as const),
  ["js, guest-sync-delimited blocked", { core: js, block: ["guest-sync-delimited"] }],
  ["js, ids refused", { core: js, refusesIds: true }],
];

for (const [first, [name, kind]] of KINDS.entries()) {
  suite(name, () => {
    let world: OurWorld;
    before(() => {
      world = new OurWorld(kind);
    });

    function session(seed: number, one: Script): Promise<Played> {
      seedRandom(seed);
      world.journal.clear();
      return play(world, one);
    }

    // Without ids nothing tells what was repeated or injected from an answer.
    if (kind.refusesIds !== true) {
      test("faults at every byte of a conversation, and before each reply", async (t) => {
        t.diagnostic(`seed ${SEED} (set GW_SEED to repeat)`);
        const one = {
          steps: CONVERSATION,
          plan: [],
          chunkBytes: 4096,
          replyBytes: 300,
          isBrief: false,
          isProbed: true,
        };
        let [count, struck] = [0, 0];
        const strike = async (planned: Planned): Promise<void> => {
          const { fault } = planned;
          const isBrief = fault.what !== "close" && fault.what !== "end" && !("ms" in fault && fault.ms > 0);
          try {
            const { strikes } = await session(SEED, { ...one, plan: [planned], isBrief, isProbed: !isBrief });
            count++;
            struck += Math.sign(strikes);
          } catch (error) {
            throw new Error(JSON.stringify(planned), { cause: error });
          }
        };
        const { passed, ends } = await session(SEED, one);
        for (const to of ["agent", "client"] as const) {
          for (let at = 0; at <= passed[to]; at++) {
            for (let n = (SEED + at + first) % STRIDE; n < FAULTS.length; n += STRIDE) {
              await strike({ to, at, isLate: false, fault: FAULTS[n]! });
            }
          }
        }
        for (const at of [0, ...ends.slice(0, -1)]) {
          for (const fault of FAULTS) await strike({ to: "client", at, isLate: true, fault });
        }
        t.diagnostic(`${count} sessions, a fault struck in ${struck}`);
        assert.ok(struck >= 0.95 * count, `only ${struck} of ${count} sessions had a fault`);
      });
    }

    test("drawn faults", async (t) => {
      t.diagnostic(`seed ${SEED} (set GW_SEED to repeat)`);
      const drawn = drawnScript(question, kind.refusesIds === true ? losses : anyFault);
      let [count, struck] = [0, 0];
      const both = async (one: Drawn, seed: number): Promise<void> => {
        const whole = await session(seed, unharmed(one));
        const { strikes } = await session(seed, harmed(one, whole));
        count++;
        struck += Math.sign(strikes);
      };
      await fc.assert(fc.asyncProperty(drawn, fc.nat(), both), { seed: SEED, numRuns: DRAWN });
      t.diagnostic(`${count} sessions, a fault struck in ${struck}`);
      assert.ok(struck >= 0.8 * count, `only ${struck} of ${count} sessions had a fault`);
    });
  });
}
