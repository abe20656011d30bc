// A session on a transport that comes back: what one peer left behind goes with its link, and the next is served anew.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type CallContext, createAgent } from "guestwire";
import { ENGINES } from "../engines.ts";
import { FLUSHED, Peer, sync, synced } from "../peer.ts";
import { PING, PONG, call, onEachBuild, ticks, withCommands } from "./served.ts";

onEachBuild("a half message goes with its link", {}, ({ agent, connect }) => {
  const peer = connect();
  peer.reopen();
  for (const half of ['{"execute":"guest-pi', '{"execute":"guest-ping","id":[', '"', "\xff@", "12", '{"a":"\\']) {
    peer.send(half);
    peer.lose();
    peer.take();
    peer.reopen();
    peer.send(PING);
    assert.equal(peer.take(), PONG, half);
  }
  assert.deepEqual(peer.misuse, []);
  assert.deepEqual([agent.stats.sessions, agent.stats.sessionsTotal], [1, 1]);
  peer.hangUp();
  assert.equal(agent.stats.sessions, 0);
});

onEachBuild("so do replies that wait, and the wait for the peer to take them", {}, ({ connect }) => {
  const peer = connect();
  peer.takes = () => false;
  for (const id of [1, 2, 3]) peer.send(`{"execute":"guest-ping","id":${id}}`);
  assert.equal(peer.take(), '{"return": {}, "id": 1}\n');
  assert.ok(peer.isBlocked);
  peer.takes = () => true;
  peer.lose(new Error("cut"));
  peer.reopen();
  assert.equal(peer.take(), "");
  peer.send(PING);
  assert.equal(peer.take(), PONG);
  assert.deepEqual(peer.misuse, []);
});

onEachBuild("a peer that was held back is not held back any more", { limits: { queueBytes: 1000 } }, ({ connect }) => {
  const peer = connect();
  peer.takes = () => false;
  for (let count = 0; count < 200; count++) peer.send(PING);
  assert.ok(peer.paused);
  peer.lose();
  assert.ok(!peer.paused);
  peer.reopen();
  peer.takes = () => true;
  peer.take();
  peer.send(sync(7));
  assert.equal(peer.take(), FLUSHED + synced(7));
  assert.deepEqual(peer.misuse, []);
});

{
  const calls: { resolve(value: unknown): void; context: CallContext }[] = [];
  const run = (_args: unknown, context: CallContext) =>
    new Promise((resolve) => {
      calls.push({ resolve, context });
    });
  onEachBuild(
    "what a command answers to a peer whose link is lost is dropped; it is aborted where it asked for it",
    withCommands({ name: "test-held", run }, { name: "test-aborted", abortOnDisconnect: true, run }),
    async ({ connect }) => {
      const peer = connect();
      for (const name of ["test-held", "test-aborted"]) {
        peer.send(call(name) + PING.repeat(3));
        const { resolve, context } = calls.at(-1)!;
        assert.ok(peer.paused);
        peer.lose();
        assert.equal(context.signal.aborted, name === "test-aborted");
        assert.ok(!peer.paused);
        peer.reopen();
        peer.send(call("test-held"));
        resolve("late");
        await ticks();
        assert.equal(peer.take(), "");
        calls.at(-1)!.resolve("own");
        await ticks();
        assert.equal(peer.take(), '{"return": "own"}\n');
      }
      assert.deepEqual(peer.misuse, []);
      peer.hangUp();
    },
  );
}

onEachBuild("several losses in a row are one", {}, ({ agent, connect }) => {
  const peer = connect();
  peer.send("\xff\xff");
  for (let count = 0; count < 3; count++) peer.lose(new Error("no such device"));
  peer.reopen();
  peer.take();
  peer.send(`\xff${PING}`);
  assert.equal(peer.take(), FLUSHED + PONG);
  assert.equal(agent.stats.resyncs, 3, "what was counted is kept");
  peer.hangUp();
  assert.equal(agent.stats.resyncs, 3);
});

onEachBuild("what the core still says to a peer that is gone does not reach the next one", {}, ({ connect }) => {
  const peer = connect();
  let writes = 0;
  peer.takes = () => {
    if (writes++ === 0) {
      peer.lose();
      peer.reopen();
    }
    return true;
  };
  peer.send(`{"execute":"guest-ping","id":"${"x".repeat(1000)}"}`.repeat(1000));
  assert.equal(writes, 1);
  peer.take();
  peer.send(PING);
  assert.equal(peer.take(), PONG);
  assert.deepEqual(peer.misuse, []);
});

onEachBuild("the memory of a message that was lost is free", { limits: { totalBytes: 3_000_000 } }, ({ connect }) => {
  const peer = connect();
  for (let count = 0; count < 5; count++) {
    peer.send(`{"execute":"guest-ping","id":"${"x".repeat(1_500_000)}`);
    assert.equal(peer.take(), "");
    peer.lose();
    peer.reopen();
  }
  assert.deepEqual(peer.misuse, []);
});

{
  const seen: unknown[] = [];
  const commands = withCommands({ name: "test-now", run: (args) => seen.push(args) });
  onEachBuild("a link that is lost in the middle of a write", commands, ({ connect }) => {
    const peer = connect();
    for (const last of [1, 2, 3]) {
      let writes = 0;
      peer.takes = () => {
        if (++writes === last) peer.lose();
        return true;
      };
      seen.length = 0;
      // The loss comes while more of the chunk waits: none of that is the next peer's.
      peer.send(`${PING}${call("test-now").repeat(5)}${PING}{"execute":"gue`);
      assert.equal(
        peer.take(),
        PONG +
          [1, 2]
            .slice(0, last - 1)
            .map((count) => `{"return": ${count}}\n`)
            .join(""),
      );
      assert.equal(seen.length, last - 1, "a command of a peer that is gone is not begun");
      peer.reopen();
      peer.send(PING);
      assert.equal(peer.take(), PONG);
    }
    assert.deepEqual(peer.misuse, []);
  });
}

{
  let lose: () => void = () => {};
  const commands = withCommands({
    name: "test-cut",
    run: () => {
      lose();
      return 1;
    },
  });
  onEachBuild("a command that cuts its own link", commands, ({ connect }) => {
    const peer = connect();
    lose = () => peer.lose();
    peer.send(PING + call("test-cut") + PING);
    assert.equal(peer.take(), PONG);
    peer.reopen();
    peer.send(PING);
    assert.equal(peer.take(), PONG);
    assert.deepEqual(peer.misuse, []);
  });
}

for (const [name, core] of ENGINES) {
  test(`an agent that closes does not wait for a peer whose link is lost (${name})`, async () => {
    const agent = createAgent({
      core,
      ...withCommands({ name: "test-deaf", timeoutMs: 0, run: () => new Promise(() => {}) }),
    });
    const [busy, blocked, ended] = [new Peer(), new Peer(), new Peer()];
    for (const peer of [busy, blocked, ended]) agent.serve(peer);
    busy.send(call("test-deaf"));
    blocked.takes = () => false;
    blocked.send(PING);
    blocked.send(PING);
    ended.send(call("test-deaf"));
    ended.end();
    ended.lose();
    assert.ok(ended.closed, "its end was told, so it was to be closed when all is answered");
    const closed = agent.close();
    await ticks();
    assert.ok(!busy.closed && !blocked.closed);
    for (const peer of [busy, blocked]) peer.lose();
    await closed;
    assert.ok(busy.closed && blocked.closed);
    for (const peer of [busy, blocked, ended]) assert.deepEqual(peer.misuse, []);
  });

  test(`a lost link is closed for good where no core is to be had any more (${name})`, () => {
    let fails = false;
    const records: string[] = [];
    const agent = createAgent({
      core: {
        name,
        start(log) {
          const started = core.start(log);
          const { open } = started;
          return Object.assign(started, {
            open(sink: Parameters<typeof open>[0]) {
              if (fails) throw new Error("no memory");
              return open.call(started, sink);
            },
          });
        },
      },
      logger: { log: (level, _domain, message) => records.push(`${level} ${message}`) },
    });
    const peer = new Peer();
    agent.serve(peer);
    peer.send(PING);
    fails = true;
    peer.lose();
    assert.ok(peer.closed);
    assert.equal(agent.stats.sessions, 0);
    assert.match(records.at(-1) ?? "", /^critical the core failed \(no memory\)/);
    fails = false;
    const next = new Peer();
    agent.serve(next);
    next.send(PING);
    assert.equal(next.received, PONG);
  });
}
