// The two engines against each other where peers share something: switches that are thrown while calls are under way, and
// memory that all sessions hold together. Both must say the same after every step.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Limits } from "guestwire";
import { ENGINES } from "../engines.ts";
import { type Peer, cut, sync, synced } from "../peer.ts";
import { ALL } from "./commands.ts";
import { Rig } from "./rig.ts";
import { stream } from "./sessions.ts";
import { RUNS, SEED } from "./settings.ts";

const COMMANDS = ["guest-ping", "guest-info", ...ALL];

const LIMITS: readonly Partial<Limits>[] = [
  { errorsInRow: 5 },
  { errorsInRow: 0, totalBytes: 40_000 },
  { totalBytes: 70_000, messageBytes: 30_000, replyBytes: 500 },
];

const name = fc.constantFrom(...COMMANDS);
const who = fc.nat(2);

/** One step: what a peer sends, or what the owner of the agent does. */
type Step =
  | { readonly what: "send"; readonly who: number; readonly bytes: string; readonly lengths: readonly number[] }
  /** Most of a large message, which stays unfinished. */
  | { readonly what: "bulk"; readonly who: number; readonly bytes: number }
  | { readonly what: "replace"; readonly who: number }
  | { readonly what: "complete"; readonly index: number }
  | { readonly what: "enable"; readonly name: string }
  | { readonly what: "disable"; readonly name: string; readonly reason: string | undefined }
  | { readonly what: "freeze" }
  | { readonly what: "thaw" };

const lengths = fc.array(fc.constantFrom(1, 3, 10, 50, 1000), { minLength: 1, maxLength: 4 });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ what: fc.constant("send" as const), who, bytes: stream(COMMANDS), lengths }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant("bulk" as const), who, bytes: fc.integer({ min: 4000, max: 40_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("replace" as const), who }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("complete" as const), index: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("enable" as const), name }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant("disable" as const),
      name,
      reason: fc.constantFrom(undefined, "", "maintenance", 'a "quoted"\n\u00e9\u20ac\ud83d\ude00 reason'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ what: "freeze" } as const) },
  { weight: 1, arbitrary: fc.constant({ what: "thaw" } as const) },
);

class Player {
  readonly rig: Rig;
  readonly peers: Peer[];

  constructor(rig: Rig) {
    this.rig = rig;
    this.peers = [rig.connect(), rig.connect(), rig.connect()];
  }

  async play(one: Step): Promise<void> {
    const commands = this.rig.agent.commands;
    switch (one.what) {
      case "send":
        for (const chunk of cut(one.bytes, one.lengths)) this.peers[one.who]?.send(chunk);
        return;
      case "bulk":
        this.peers[one.who]?.send(`{"execute":"guest-ping","id":"${"x".repeat(one.bytes)}`);
        return;
      case "replace":
        this.peers[one.who]?.hangUp();
        this.peers[one.who] = this.rig.connect();
        return;
      case "complete":
        if (this.rig.waiting.length > 0) await this.rig.complete(one.index);
        return;
      case "enable":
        commands.enable(one.name);
        return;
      case "disable":
        commands.disable(one.name, one.reason);
        return;
      case "freeze":
        commands.freeze();
        return;
      case "thaw":
        commands.thaw();
    }
  }

  /** All that can be seen from outside since the last time. */
  look(): unknown {
    const { agent, records, waiting } = this.rig;
    return {
      received: this.peers.map((peer) => peer.take()),
      paused: this.peers.map((peer) => peer.paused),
      misuse: this.peers.flatMap((peer) => peer.misuse),
      records: records.splice(0),
      waiting: waiting.length,
      commands: agent.commands.list(),
      frozen: agent.commands.frozen,
      stats: agent.stats,
    };
  }
}

const ID = -1;

test("both engines say the same after every step", async (t) => {
  t.diagnostic(`seed ${SEED} (set GW_SEED to repeat)`);
  let count = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.nat(LIMITS.length - 1),
      fc.array(step, { minLength: 1, maxLength: 40, size: "max" }),
      async (limits, steps) => {
        const [first, second] = ENGINES.map(([, core]) => new Player(new Rig(core, LIMITS[limits]!)));
        assert.ok(first !== undefined && second !== undefined);
        for (const one of [{ what: "thaw" } as const, ...steps]) {
          await first.play(one);
          await second.play(one);
          assert.deepEqual(second.look(), first.look());
        }
        for (const player of [first, second]) {
          await player.rig.settle(player.peers);
          player.look();
          player.rig.agent.commands.thaw();
          player.rig.agent.commands.enable("guest-ping");
          for (const peer of player.peers) {
            peer.send(sync(ID));
            await player.rig.settle(player.peers);
            const answer = peer.take();
            assert.ok(answer.endsWith(synced(ID)), `after all of it a sync drew ${JSON.stringify(answer)}`);
            assert.deepEqual(peer.misuse, []);
            peer.hangUp();
          }
          assert.deepEqual(
            player.rig.records.filter((record) => record.startsWith("critical")),
            [],
          );
          await player.rig.agent.close();
        }
        count += steps.length;
      },
    ),
    { seed: SEED, numRuns: Math.ceil(RUNS / 5) },
  );
  t.diagnostic(`${count} steps`);
});
