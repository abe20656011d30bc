// The client against QEMU's own agent on a channel with faults. Its process is killed and started anew in the middle.

import assert from "node:assert/strict";
import { type TestContext, suite, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";
import type { Clock } from "guestwire";
import { connect } from "guestwire/client";
import { connectUnix } from "guestwire/node";
import { CI } from "../ci.ts";
import { findRealAgent } from "../property/real-agent.ts";
import { RUNS, SEED } from "../property/settings.ts";
import { exact } from "./ear.ts";
import { type Played, type Question, type Script, type World, play } from "./faulted.ts";
import type { Fault, Side } from "./faults.ts";
import { RealServer } from "./real-server.ts";
import { anyFault, drawnScript, harmed, unharmed } from "./scripts.ts";

/** Drawn sessions with each agent. */
const DRAWN = Math.ceil(RUNS / 200);
/** At each byte of the conversation every so manieth cut is tried, another one at the next. */
const STRIDE = RUNS < 100_000 ? 2 : 1;
/** Sessions in which the agent is killed in the middle of a long reply, at so many places. */
const KILLS = Math.ceil(RUNS / 400);
/** Agents side by side. */
const LANES = 16;
/** How much faster time passes: sessions mostly wait for time-outs. */
const HASTE = 20;
/** After so many milliseconds of real time nothing will ever happen. */
const HUNG_MS = 60_000;
/** The share of the sessions in which a fault has to strike. */
const STRUCK = 0.95;
/** How often a session is played until one does: on a busy machine its client may give up before. */
const TRIES = 4;
/** Milliseconds of real time until what is on its way has arrived. */
const QUIET_MS = 20;

const program = findRealAgent();
const missing = "qemu-ga is not installed (Debian package qemu-guest-agent)";
const skip = program === undefined && !CI ? missing : false;

/** Real time, so many times faster. */
function realTime(haste: number): Clock {
  return {
    now: () => performance.now() * haste,
    after(ms, run) {
      const timer = setTimeout(run, ms / haste);
      return () => clearTimeout(timer);
    },
  };
}

const ping: Omit<Question, "n"> = {
  command: "guest-ping",
  isAnswer: (value) => exact(value) === "{}",
};

function sync(n: number): Question {
  return { command: "guest-sync", args: { id: n }, n, isAnswer: (value) => value === n };
}

function info(n: number): Question {
  const isAnswer = (value: unknown): boolean => /^\{"version":"[^"]*","supported_commands":\[\{"/.test(exact(value));
  return { command: "guest-info", n, isAnswer };
}

/** A conversation of such questions. */
function conversation(...questions: readonly ((n: number) => Question)[]): Script {
  const step = { what: "ask", timeoutMs: 4000, abortMs: undefined, alone: true } as const;
  const steps = questions.map((asked) => ({ ...step, question: asked }));
  return { steps, plan: [], chunkBytes: 4096, replyBytes: undefined, isBrief: false, isProbed: true };
}

const SHORT = conversation(sync, (n) => ({ ...ping, n }));
const LONG = conversation(info, sync);

const CUTS: readonly Fault[] = [
  { what: "lost", ms: 0 },
  { what: "restart", ms: 0 },
];

const question: fc.Arbitrary<(n: number) => Question> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(sync) },
  { weight: 1, arbitrary: fc.constant((n: number) => ({ ...ping, n })) },
  {
    weight: 1,
    arbitrary: fc.constant((n: number) => ({
      command: "guest-get-time",
      n,
      // Nanoseconds since 1970: beyond what a double holds.
      isAnswer: (value: unknown) => typeof value === "bigint" && value > 1_600_000_000_000_000_000n,
    })),
  },
  { weight: 1, arbitrary: fc.constant(info) },
);

/** A session, given what plays scripts. */
type Session = (play: (script: Script) => Promise<Played>) => Promise<Played>;

/** Plays sessions one after the other with an agent of their own. */
class Lane {
  readonly server: RealServer;
  private readonly world: World;

  constructor(block: readonly string[], haste: number) {
    assert.ok(program !== undefined, missing);
    this.server = new RealServer(program, block);
    this.world = {
      clock: realTime(haste),
      server: this.server,
      journal: undefined,
      isExact: false,
      plain: sync,
      quieten: () => pause(QUIET_MS),
      finish: within,
    };
  }

  async play(script: Script): Promise<Played> {
    try {
      return await play(this.world, script);
    } catch (error) {
      throw new Error(JSON.stringify(script), { cause: error });
    }
  }
}

/**
 * The bytes of a conversation where each request goes out once. A slow start of the agent has a client try again; in haste, on a
 * busy machine, it would even give up, and what is left of the conversation would be all that is cut.
 */
async function leastBytes(block: readonly string[], script: Script): Promise<Played["passed"]> {
  const lane = new Lane(block, 1);
  try {
    const all: Played["passed"][] = [];
    for (let n = 0; n < 5; n++) all.push((await lane.play(script)).passed);
    return { agent: Math.min(...all.map(({ agent }) => agent)), client: Math.min(...all.map(({ client }) => client)) };
  } finally {
    await lane.server.close();
  }
}

/** Plays sessions on agents side by side. */
async function sideBySide(t: TestContext, block: readonly string[], sessions: readonly Session[]): Promise<void> {
  let [next, starts, struck] = [0, 0, 0];
  const run = async (): Promise<void> => {
    const lane = new Lane(block, HASTE);
    try {
      for (let session = sessions[next++]; session !== undefined; session = sessions[next++]) {
        let strikes = 0;
        for (let n = 0; n < TRIES && strikes === 0; n++) ({ strikes } = await session((script) => lane.play(script)));
        struck += Math.sign(strikes);
      }
    } finally {
      next = sessions.length;
      starts += lane.server.starts;
      await lane.server.close();
    }
  };
  await Promise.all(Array.from({ length: LANES }, run));
  t.diagnostic(`${sessions.length} sessions, a fault struck in ${struck}, ${starts} processes`);
  assert.ok(struck >= STRUCK * sessions.length, `only ${struck} of ${sessions.length} sessions had a fault`);
}

/** A session with this fault at one place. */
function at(script: Script, to: Side, byte: number, fault: Fault): Session {
  return (playing) => playing({ ...script, plan: [{ to, at: byte, isLate: false, fault }] });
}

suite("against the real agent", { skip, concurrency: 2 }, () => {
  for (const block of [[], ["guest-sync-delimited"]]) {
    const name = block.length === 0 ? "" : `, ${block.join()} blocked`;

    test(`cuts at every byte of a conversation, and in a long reply${name}`, async (t) => {
      t.diagnostic(`seed ${SEED} (set GW_SEED to repeat)`);
      const [short, long] = [await leastBytes(block, SHORT), await leastBytes(block, LONG)];
      const sessions: Session[] = [];
      for (const to of ["agent", "client"] as const) {
        for (let byte = 0; byte <= short[to]; byte++) {
          for (let n = (SEED + byte) % STRIDE; n < CUTS.length; n += STRIDE) {
            sessions.push(at(SHORT, to, byte, CUTS[n]!));
          }
        }
      }
      for (let n = 0; n < KILLS; n++)
        sessions.push(at(LONG, "client", Math.floor((n * long.client) / KILLS), { what: "restart", ms: 0 }));
      await sideBySide(t, block, sessions);
    });

    test(`drawn faults${name}`, async (t) => {
      t.diagnostic(`seed ${SEED} (set GW_SEED to repeat)`);
      const drawn = fc.sample(drawnScript(question, anyFault), { seed: SEED, numRuns: DRAWN });
      const sessions = drawn.map((one): Session => async (playing) => {
        const whole = await playing(unharmed(one));
        return playing(harmed(one, whole));
      });
      await sideBySide(t, block, sessions);
    });
  }

  test("it survives clients that give up and close", async () => {
    assert.ok(program !== undefined, missing);
    const server = new RealServer(program);
    const askAndClose = async (): Promise<void> => {
      const client = await connect(await connectUnix(server.path));
      const controller = new AbortController();
      const calls = [0, 1].map(() => client.executeUntyped("guest-info", {}, { signal: controller.signal }));
      const settled = Promise.allSettled(calls);
      controller.abort();
      await client.close();
      assert.deepEqual(
        (await settled).map(({ status }) => status),
        ["rejected", "rejected"],
      );
    };
    try {
      (await server.connect()).end();
      for (let n = 0; n < 20; n++) {
        const controller = new AbortController();
        const connecting = connect(await connectUnix(server.path), { signal: controller.signal });
        controller.abort();
        await assert.rejects(connecting, { name: "AbortError" });
        await askAndClose();
      }
      assert.ok(server.isRunning);
      assert.equal(server.starts, 1);
    } finally {
      await server.close();
    }
  });
});

async function within<Value>(promise: Promise<Value>): Promise<Value> {
  const controller = new AbortController();
  const hung = pause(HUNG_MS, undefined, { signal: controller.signal }).then(
    () => assert.fail("nothing will ever happen"),
    () => assert.fail("over"),
  );
  try {
    return await Promise.race([promise, hung]);
  } finally {
    controller.abort();
    hung.catch(() => {});
  }
}
