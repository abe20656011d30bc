// The two engines against each other. Whatever a peer sends, in whatever pieces, with others beside it, over a channel that
// holds back, with calls that finish late: each peer is answered, byte for byte, as it is when it is alone, sends all in
// one piece and is read from at once.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Limits } from "guestwire";
import { ENGINES } from "../engines.ts";
import { type Peer, cut, sync, synced } from "../peer.ts";
import { ANSWERING } from "./commands.ts";
import { Rig } from "./rig.ts";
import { stream } from "./sessions.ts";
import { RUNS, SEED } from "./settings.ts";

/** Small enough to be reached by what is drawn. */
const LIMITS: readonly Partial<Limits>[] = [
  {},
  { errorsInRow: 0 },
  { errorsInRow: 1, queueBytes: 64 },
  { messageBytes: 64, errorsInRow: 3 },
  { messageBytes: 300, tokens: 64, depth: 64, replyBytes: 64, queueBytes: 100, errorsInRow: 8 },
  { messageBytes: 1000, tokens: 500, depth: 70, replyBytes: 400, queueBytes: 1000 },
];

interface PeerPlan {
  readonly bytes: string;
  /** Lengths of the chunks, over and over. */
  readonly lengths: readonly number[];
  /** Whether the channel takes more behind a write, over and over. */
  readonly takes: readonly boolean[];
  /** The peer goes after so many chunks, whatever is under way. */
  readonly goesAfter: number | null;
}

const lengths = fc.array(fc.constantFrom(1, 1, 2, 3, 5, 8, 20, 60, 200, 1000), { minLength: 1, maxLength: 6 });

const peerPlan = (names: readonly string[]): fc.Arbitrary<PeerPlan> =>
  fc.record({
    bytes: stream(names),
    lengths,
    takes: fc.oneof(fc.constant([true]), fc.array(fc.boolean(), { minLength: 1, maxLength: 5 })),
    goesAfter: fc.option(fc.nat(30), { freq: 3 }),
  });

/** What happens next, and to whom: each number is taken modulo what there is. */
const turns = fc.array(
  fc.record({ what: fc.constantFrom("send", "send", "send", "push", "drain", "complete"), who: fc.nat(7) }),
  { maxLength: 40 },
);

const plan = fc.record({
  limits: fc.nat(LIMITS.length - 1),
  peers: fc.array(peerPlan(ANSWERING), { minLength: 1, maxLength: 4 }),
  turns,
});

/** A peer on its way through its plan. */
class Actor {
  readonly peer: Peer;
  private readonly plan: PeerPlan;
  private readonly chunks: string[];
  private sent = 0;
  private writes = 0;

  constructor(peer: Peer, one: PeerPlan, ending: string) {
    this.peer = peer;
    this.plan = one;
    this.chunks = [...cut(one.bytes, one.lengths)];
    if (one.goesAfter === null || one.goesAfter >= this.chunks.length) this.chunks.push(...cut(ending, one.lengths));
    peer.takes = () => one.takes[this.writes++ % one.takes.length] ?? true;
  }

  get isDone(): boolean {
    return this.peer.closed || this.sent === this.chunks.length;
  }

  /** Sends the next chunk, even one that was on its way when the session paused. */
  push(): void {
    if (this.isDone) return;
    if (this.sent === this.plan.goesAfter) {
      this.peer.hangUp();
      return;
    }
    this.peer.send(this.chunks[this.sent++] ?? "");
  }

  send(): void {
    if (!this.peer.paused) this.push();
  }

  drain(): void {
    if (this.peer.isBlocked) this.peer.drain();
  }
}

const ID = 4_294_967_295;

/** How a peer is answered that is alone, unhurried and in one piece. */
async function alone(rig: Rig, bytes: string): Promise<string> {
  const peer = rig.connect();
  peer.send(bytes);
  await rig.settle([peer]);
  peer.hangUp();
  return peer.received;
}

async function together(
  rig: Rig,
  plans: readonly PeerPlan[],
  order: readonly { what: string; who: number }[],
): Promise<Peer[]> {
  const actors = plans.map((one) => new Actor(rig.connect(), one, sync(ID)));
  for (const { what, who } of order) {
    const actor = actors[who % actors.length];
    if (what === "send") actor?.send();
    else if (what === "push") actor?.push();
    else if (what === "drain") actor?.drain();
    else if (rig.waiting.length > 0) await rig.complete(who);
  }
  while (actors.some((actor) => !actor.isDone)) {
    for (const actor of actors) actor.send();
    for (const actor of actors) actor.drain();
    if (rig.waiting.length > 0) await rig.complete(0);
  }
  await rig.settle(actors.map(({ peer }) => peer));
  return actors.map(({ peer }) => peer);
}

/** Errors that are counted by errorsInRow: of bytes, grammar, limits and envelope. */
const COUNTED = /"desc": "(?:JSON|QMP input) /;

function assertSound(output: string, errorsInRow: number): void {
  assert.match(output, /^(?:\xff?[\x20-\x7e]+\n)*$/, "lines of ASCII, 0xFF only in front");
  let inRow = 0;
  for (const line of output.split("\n").slice(0, -1)) {
    const reply = JSON.parse(line.startsWith("\xff") ? line.slice(1) : line) as Record<string, unknown>;
    assert.ok("return" in reply !== "error" in reply, line);
    inRow = COUNTED.test(line) ? inRow + 1 : 0;
    assert.ok(errorsInRow === 0 || inRow <= errorsInRow, `more than ${errorsInRow} errors in a row`);
  }
}

test("each peer is answered as if it were alone, by both engines alike", async (t) => {
  t.diagnostic(`seed ${SEED} (set GW_SEED to repeat)`);
  const engines = ENGINES.map(([name, core]) => ({ name, rigs: LIMITS.map((limits) => new Rig(core, limits)) }));
  const references = LIMITS.map((limits) => new Rig(ENGINES[0]![1], limits));
  let sessions = 0;
  await fc.assert(
    fc.asyncProperty(plan, async ({ limits, peers, turns: order }) => {
      const wanted: string[] = [];
      for (const { bytes } of peers) wanted.push(await alone(references[limits]!, bytes + sync(ID)));
      for (const output of wanted) {
        assertSound(output, LIMITS[limits]?.errorsInRow ?? 64);
        assert.ok(output.endsWith(synced(ID)), "whatever was sent, a flush and a sync are answered");
      }
      for (const { name, rigs } of engines) {
        const served = await together(rigs[limits]!, peers, order);
        served.forEach((peer, index) => {
          assert.deepEqual(peer.misuse, []);
          const output = wanted[index] ?? "";
          if (peer.closed) assert.equal(peer.received, output.slice(0, peer.received.length), `${name}, peer ${index}`);
          else assert.equal(peer.received, output, `${name}, peer ${index}`);
          peer.hangUp();
        });
      }
      sessions += peers.length;
    }),
    { seed: SEED, numRuns: RUNS },
  );
  for (const rig of [...references, ...engines.flatMap(({ rigs }) => rigs)]) {
    assert.equal(rig.agent.stats.sessions, 0);
    assert.deepEqual(
      rig.records.filter((record) => record.startsWith("critical")),
      [],
    );
    await rig.agent.close();
  }
  assert.ok(sessions >= RUNS, `only ${sessions} sessions`);
  t.diagnostic(`${sessions} sessions`);
});
