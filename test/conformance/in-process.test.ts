// All cases of the corpus on each build of the core: in the chunks of the case, byte by byte, and where the case is short
// cut in two at every point.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createAgent } from "guestwire";
import { type ConformanceCase, loadCorpus, matches } from "guestwire/testing";
import { BUILDS } from "../engines.ts";
import { Peer, cut, sync, synced } from "../peer.ts";

/** Shorter cases than this are cut at every point. */
const SHORT = 200;

const CASES = await loadCorpus();

/** The ways in which the bytes of a case are cut. */
function* chunkings({ send }: ConformanceCase): Generator<readonly string[]> {
  yield send;
  const whole = send.join("");
  if (whole.length === 0) return;
  yield [...cut(whole, [1])];
  if (whole.length >= SHORT) return;
  for (let at = 1; at < whole.length; at++) yield [whole.slice(0, at), whole.slice(at)];
}

for (const [name, core] of BUILDS) {
  test(`the corpus on ${name}`, async () => {
    assert.equal(CASES.length, 795);
    const agent = createAgent({ core, limits: { errorsInRow: 0 } });
    for (const one of CASES) {
      for (const chunks of chunkings(one)) {
        const peer = new Peer();
        agent.serve(peer);
        peer.send(sync(1));
        assert.ok(peer.take().endsWith(synced(1)));
        for (const chunk of chunks) peer.send(chunk);
        peer.send(sync(2));
        const got = peer.take();
        assert.ok(
          got.endsWith(synced(2)),
          `${one.name}: the sync behind it was not answered, but ${JSON.stringify(got)}`,
        );
        const reply = got.slice(0, -synced(2).length);
        if (!matches(one, reply)) {
          assert.equal(reply, one.reply, `${one.name}, sent as ${JSON.stringify(chunks.slice(0, 4))}`);
        }
        assert.deepEqual(peer.misuse, [], one.name);
        peer.hangUp();
      }
    }
    assert.equal(agent.stats.sessions, 0);
    await agent.close();
  });
}
