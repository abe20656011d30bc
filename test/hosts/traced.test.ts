// traced: it sees every byte, and changes none.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createAgent, traced } from "guestwire";
import { Peer } from "../peer.ts";

test("a traced transport behaves as the one below it", async () => {
  const agent = createAgent();
  const peer = new Peer();
  const seen: string[] = [];
  agent.serve(traced(peer, (direction, bytes) => seen.push(`${direction} ${Buffer.from(bytes).toString("latin1")}`)));
  peer.send('{"execute":"guest-');
  peer.takes = () => false;
  peer.send('ping"}\n');
  peer.takes = () => true;
  peer.send('{"execute":"guest-sync","arguments":{"id":1}}');
  peer.drain();
  assert.equal(peer.take(), '{"return": {}}\n{"return": 1}\n');
  assert.deepEqual(seen, [
    'in {"execute":"guest-',
    'in ping"}\n',
    'out {"return": {}}\n',
    'in {"execute":"guest-sync","arguments":{"id":1}}',
    'out {"return": 1}\n',
  ]);
  peer.end();
  await agent.close();
  assert.ok(peer.closed);
  assert.deepEqual(peer.misuse, []);
});
