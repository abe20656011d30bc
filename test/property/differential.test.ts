// The same sessions on the real agent and on ours: enumerated ones, and drawn ones.

import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import fc from "fast-check";
import { type Agent, createAgent } from "guestwire";
import { CI } from "../ci.ts";
import { ENGINES } from "../engines.ts";
import { Peer, cut } from "../peer.ts";
import { bracket, lastAnswer, split } from "./bracket.ts";
import { agree } from "./compare.ts";
import { RealAgent, findRealAgent } from "./real-agent.ts";
import { stream } from "./sessions.ts";
import { RUNS, SEED } from "./settings.ts";
import * as systematic from "./systematic.ts";

/** Sessions that go out in one stream. */
const BATCH = 2000;
const BATCH_BYTES = 200_000;

const program = findRealAgent();
const missing = "qemu-ga is not installed (Debian package qemu-guest-agent)";
const skip = program === undefined && !CI ? missing : false;

suite("against the real agent", { skip }, () => {
  const ours: (readonly [string, Agent])[] = ENGINES.map(([name, core]) => [
    name,
    createAgent({ core, limits: { errorsInRow: 0 } }),
  ]);
  let real: RealAgent;
  let salt = 1n << 61n;

  before(async () => {
    assert.ok(program !== undefined, missing);
    real = new RealAgent(program);
    await real.connect();
  });
  after(async () => {
    await real?.close();
    for (const [, agent] of ours) await agent.close();
  });

  /** Plays sessions on all agents; says what is wrong with the first that differs. */
  async function difference(sessions: readonly string[]): Promise<string | undefined> {
    salt += BigInt(sessions.length + 1);
    const input = bracket(sessions, salt);
    const theirs = split(await real.exchange(input, lastAnswer(sessions, salt)), sessions, salt);
    for (const [name, agent] of ours) {
      const peer = new Peer();
      agent.serve(peer);
      for (const chunk of cut(input, [4096])) peer.send(chunk);
      peer.hangUp();
      const mine = split(peer.received, sessions, salt);
      const index = mine.findIndex((reply, n) => !agree(reply, theirs[n] ?? ""));
      if (index >= 0) {
        const [session, reply, wanted] = [sessions[index], mine[index], theirs[index]].map((text) =>
          JSON.stringify(text),
        );
        return `${session}\n  real agent ${wanted}\n  ${name} ${reply}`;
      }
    }
    return undefined;
  }

  async function compare(sessions: Iterable<string>): Promise<number> {
    let count = 0;
    let batch: string[] = [];
    let bytes = 0;
    const flush = async (): Promise<void> => {
      assert.equal(await difference(batch), undefined);
      count += batch.length;
      batch = [];
      bytes = 0;
    };
    for (const session of sessions) {
      batch.push(session);
      bytes += session.length;
      if (batch.length >= BATCH || bytes >= BATCH_BYTES) await flush();
    }
    await flush();
    return count;
  }

  const enumerated: readonly (readonly [string, () => Iterable<string>])[] = [
    ["every byte in every state of the lexer", systematic.everyByte],
    ["every run of up to four tokens", () => systematic.everyTokenRun(4)],
    ["everything of up to five characters that looks like a number", () => systematic.everyNumber(5)],
    ["UTF-8, right and wrong", systematic.everyUtf8],
    ["noncharacters", systematic.noncharacters],
    ["numbers at the borders", systematic.borderNumbers],
    ["duplicate keys", systematic.duplicateKeys],
    ["envelopes", systematic.envelopes],
    ["unexpected arguments", () => systematic.strangeArguments(SEED, 3000)],
    ["nesting", systematic.nesting],
    ["long echoes", systematic.longEchoes],
  ];
  for (const [name, sessions] of enumerated) {
    test(name, async (t) => {
      t.diagnostic(`${await compare(sessions())} sessions`);
    });
  }

  test("drawn sessions", async (t) => {
    t.diagnostic(`seed ${SEED} (set GW_SEED to repeat)`);
    let count = 0;
    const sessions = fc.array(stream(), { minLength: 1, maxLength: 200, size: "max" });
    await fc.assert(
      fc.asyncProperty(sessions, async (drawn) => {
        count += drawn.length;
        assert.equal(await difference(drawn), undefined);
      }),
      { seed: SEED, numRuns: Math.ceil(RUNS / 70) },
    );
    assert.ok(count >= RUNS, `only ${count} sessions`);
    t.diagnostic(`${count} sessions`);
  });
});
