// The client against QEMU's own agent on a channel with faults. Its process is killed and started anew in the middle.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";
import type { Clock } from "guestwire";
import { connect } from "guestwire/client";
import { connectUnix } from "guestwire/node";
import { CI } from "../ci.ts";
import { findRealAgent } from "../property/real-agent.ts";
import { RUNS, SEED } from "../property/settings.ts";
import { type Question, type Script, type World, play } from "./faulted.ts";
import { RealServer } from "./real-server.ts";
import { drawnScript } from "./scripts.ts";

const SESSIONS = Math.ceil(RUNS / 80);
/** Sessions in which the agent is killed in the middle of what it writes, at so many places. */
const KILLS = Math.ceil(RUNS / 200);
/** What qemu-ga 7.2 sends in it, about. */
const CONVERSATION_BYTES = 5200;
/** Agents side by side. */
const LANES = 12;
/** How much faster time passes: sessions mostly wait for time-outs. */
const HASTE = 20;
/** After so many milliseconds of real time nothing will ever happen. */
const HUNG_MS = 60_000;
/** Milliseconds of real time until what is on its way has arrived. */
const QUIET_MS = 20;

const program = findRealAgent();
const missing = "qemu-ga is not installed (Debian package qemu-guest-agent)";
const skip = program === undefined && !CI ? missing : false;

/** Real time, but faster. */
const hasty: Clock = {
  now: () => performance.now() * HASTE,
  after(ms, run) {
    const timer = setTimeout(run, ms / HASTE);
    return () => clearTimeout(timer);
  },
};

const ping: Omit<Question, "n"> = {
  command: "guest-ping",
  isAnswer: (value) => JSON.stringify(value) === "{}",
};

function sync(n: number): Question {
  return { command: "guest-sync", args: { id: n }, n, isAnswer: (value) => value === n };
}

function info(n: number): Question {
  const isAnswer = (value: unknown): boolean =>
    /^\{"version":"[^"]*","supported_commands":\[\{"/.test(JSON.stringify(value));
  return { command: "guest-info", n, isAnswer };
}

/** A conversation, and the agent is killed at one byte of it after the other. */
function kills(): Script[] {
  const step = { what: "ask", timeoutMs: 4000, abortMs: undefined, alone: true } as const;
  const steps = [info, sync].map((asked) => ({ ...step, question: asked }));
  return Array.from({ length: KILLS }, (_, n) => {
    const at = Math.floor((n * CONVERSATION_BYTES) / KILLS);
    return {
      steps,
      plan: [{ to: "client", at, fault: { what: "restart", ms: 0 } }],
      chunkBytes: 4096,
      replyBytes: undefined,
      isBrief: false,
    };
  });
}

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

suite("against the real agent", { skip }, () => {
  test("an agent killed in the middle of a reply, and drawn faults", async (t) => {
    assert.ok(program !== undefined, missing);
    t.diagnostic(`seed ${SEED} (set GW_SEED to repeat)`);
    const scripts = [...kills(), ...fc.sample(drawnScript(question, 3000), { seed: SEED, numRuns: SESSIONS })];
    let next = 0;
    let starts = 0;
    const lane = async (): Promise<void> => {
      const server = new RealServer(program);
      const world: World = {
        clock: hasty,
        server,
        journal: undefined,
        isExact: false,
        plain: sync,
        quieten: () => pause(QUIET_MS),
        finish: within,
      };
      try {
        while (next < scripts.length) {
          const n = next++;
          const script = scripts[n]!;
          try {
            await play(world, script);
          } catch (error) {
            next = scripts.length;
            throw new Error(`session ${n}, ${JSON.stringify(script)}`, { cause: error });
          }
        }
      } finally {
        starts += server.starts;
        await server.close();
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    t.diagnostic(`${scripts.length} sessions, ${starts} processes`);
  });

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
