// Every limit, at its value and one beyond.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createAgent } from "guestwire";
import { fakeClock } from "guestwire/testing";
import { FLUSHED, cut, generic, sync, synced } from "../peer.ts";
import { PING, PONG, call, notFound, onEachBuild, ticks, withCommands } from "./served.ts";

const TOO_LARGE = generic("JSON token size limit exceeded");
const TOO_MANY = generic("JSON token count limit exceeded");
const TOO_DEEP = generic("JSON nesting depth limit exceeded");
const NOT_OBJECT = generic("QMP input must be a JSON object");
const EXPECTING = generic("JSON parse error, expecting value");

test("a limit that is unknown or out of range is refused", () => {
  const wrong = [
    { messageByte: 100 },
    { tokens: 63 },
    { depth: 0 },
    { errorsInRow: -1 },
    { commandMs: -1 },
    { commandMs: 2 ** 31 },
    { queueBytes: 2 ** 29 + 1 },
    { replyBytes: 64.5 },
  ];
  for (const limits of wrong) {
    assert.throws(
      () => createAgent({ limits }),
      { name: "GuestwireError", code: "GW_ERR_LIMIT" },
      JSON.stringify(limits),
    );
  }
  for (const commandMs of [0, 1, 2 ** 31 - 1]) createAgent({ limits: { commandMs } });
});

onEachBuild(
  "messageBytes counts the bytes of tokens, not white space",
  { limits: { messageBytes: 100 } },
  ({ ask }) => {
    /** A request whose tokens have so many bytes together. */
    const request = (size: number): string => {
      const frame = '{"execute":"guest-ping","id":""}';
      return frame.replace('""', `"${"x".repeat(size - frame.length)}"`);
    };
    const spaced = (text: string): string => text.replaceAll(/[{}:,]/g, (token) => `  ${token}\n\n`.repeat(1));
    assert.match(ask(request(100)), /^\{"return": \{\}, "id": "x+"\}\n$/);
    assert.match(ask(spaced(request(100))), /^\{"return": \{\}, "id": "x+"\}\n$/);
    for (const text of [request(101), spaced(request(101))]) {
      for (const length of [1, 7, 1000]) assert.equal(ask([...cut(text, [length])].join("")), TOO_LARGE);
    }
    assert.equal(ask(`{"a":"${"x".repeat(100)}"}${PING}`), TOO_LARGE + EXPECTING + PONG, "what follows is read afresh");
  },
);

onEachBuild("a token that never ends is given up", { limits: { messageBytes: 100, errorsInRow: 0 } }, ({ connect }) => {
  const peer = connect();
  peer.send(`{"id":"${"x".repeat(100)}`);
  assert.equal(peer.take(), "");
  peer.send("x");
  assert.equal(peer.take(), TOO_LARGE);
  peer.send(sync(1));
  assert.ok(peer.take().endsWith(synced(1)));
  peer.hangUp();
});

onEachBuild("tokens", { limits: { tokens: 64 } }, ({ ask }) => {
  const list = (tokens: number): string => `[${"1,".repeat((tokens - 3) / 2)}1]`;
  assert.equal(ask(list(63)), NOT_OBJECT);
  assert.equal(ask(`{"a":${list(59)}}`), generic("QMP input member 'a' is unexpected"));
  assert.equal(ask(list(65)), TOO_MANY);
  assert.equal(ask(`${list(65)}]${PING}`), TOO_MANY + EXPECTING + PONG);
});

onEachBuild("depth", { limits: { depth: 64 } }, ({ ask }) => {
  const nest = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
  assert.equal(ask(nest(64)), NOT_OBJECT);
  assert.match(ask(`{"execute":"guest-ping","id":${nest(63)}}`), /^\{"return": \{\}, "id": \[+\]+\}\n$/);
  assert.equal(ask(nest(65)).slice(0, TOO_DEEP.length), TOO_DEEP);
  assert.equal(ask(`{"execute":"guest-ping","id":${nest(64)}`), TOO_DEEP + EXPECTING.repeat(63));
});

onEachBuild(
  "replyBytes holds for the value, not for the id; a reply over it is not delimited",
  {
    limits: { replyBytes: 100 },
    ...withCommands({
      name: "test-text",
      run: (args, { delimit }) => {
        if ("delimit" in args) delimit();
        return "x".repeat(Number(args["size"]));
      },
    }),
    version: "v".repeat(120),
  },
  ({ ask }) => {
    const id = "i".repeat(5000);
    const request = (size: number, more = ""): string =>
      `{"execute":"test-text","arguments":{"size":${size}${more}},"id":"${id}"}`;
    assert.equal(ask(request(98)), `{"return": "${"x".repeat(98)}", "id": "${id}"}\n`);
    assert.equal(ask(request(98, ',"delimit":1')), `\xff{"return": "${"x".repeat(98)}", "id": "${id}"}\n`);
    const refused = `{"id": "${id}", ${generic("The reply of test-text is larger than the limit of this agent").slice(1)}`;
    for (const size of [99, 100, 101, 5000]) {
      assert.equal(ask(request(size)), refused);
      assert.equal(ask(request(size, ',"delimit":1')), refused);
    }
    assert.equal(
      ask(call("guest-info")),
      generic("The reply of guest-info is larger than the limit of this agent"),
      "a portable command is held to it too",
    );
    assert.equal(ask(sync(1)), FLUSHED + synced(1));
  },
);

onEachBuild(
  "queueBytes: a peer that does not read is not read from",
  { limits: { queueBytes: 1000 } },
  ({ connect }) => {
    const peer = connect();
    const other = connect();
    peer.takes = () => false;
    peer.send(PING);
    assert.ok(peer.isBlocked);
    let sent = 0;
    while (!peer.paused) {
      peer.send(PING);
      assert.ok(++sent < 200, "it never pauses");
    }
    assert.ok(sent * PONG.length >= 1000 && sent * PONG.length < 1000 + 2 * PONG.length, `paused after ${sent}`);
    assert.equal(peer.take(), PONG);
    // What was on its way is kept, and what asks for much is written in pieces.
    const id = "y".repeat(50_000);
    peer.send(`{"execute":"guest-ping","id":"${id}"}${PING}`);
    other.send(PING);
    assert.equal(other.take(), PONG, "another peer is served meanwhile");
    let all = "";
    while (peer.isBlocked) {
      peer.drain();
      const piece = peer.take();
      assert.ok(piece.length <= 1000 + 8192, `${piece.length} bytes in one write`);
      all += piece;
    }
    assert.equal(all, `${PONG.repeat(sent)}{"return": {}, "id": "${id}"}\n${PONG}`);
    assert.ok(!peer.paused);
    assert.deepEqual([...peer.misuse, ...other.misuse], []);
    peer.hangUp();
    other.hangUp();
  },
);

onEachBuild(
  "errorsInRow counts errors of bytes, grammar and envelope; a request ends the row",
  { limits: { errorsInRow: 3 } },
  ({ connect, agent }) => {
    const peer = connect();
    for (const bad of ["@\n", "{]", '{"foo":1}', "[]", "{}", "\x01", '{"execute":1}']) {
      peer.send(bad.repeat(10));
      assert.equal(peer.take().split("\n").length - 1, 3, bad);
      peer.send("}}\x01[]");
      assert.equal(peer.take(), "", "silence then");
      peer.send(PING);
      assert.equal(peer.take(), PONG);
    }
    assert.equal(agent.stats.suppressedErrors, 7 * (10 - 3 + 4));
    for (const answered of [call("nope"), '{"execute":"guest-sync"}', '{"execute":"guest-ping","arguments":{"x":1}}']) {
      peer.send("}}}}");
      assert.equal(peer.take(), EXPECTING.repeat(3));
      peer.send(answered.repeat(5));
      assert.equal(peer.take().split("\n").length - 1, 5, "errors of commands are always answered");
      peer.send("}}}}");
      assert.equal(peer.take(), EXPECTING.repeat(3));
      peer.send(`\xff\xff${sync(5)}`);
      assert.equal(peer.take(), synced(5), "a sync is answered in the silence");
    }
    assert.deepEqual(peer.misuse, []);
    peer.hangUp();
    assert.equal(agent.stats.resyncs, 9);
  },
);

onEachBuild("errorsInRow is 64 where nothing is said, and 0 is no cap", {}, ({ ask }) => {
  const junk = "@\n".repeat(20_000);
  assert.equal(ask(junk), generic("JSON parse error, stray '@'").repeat(64));
  assert.equal(ask(junk + sync(1)), generic("JSON parse error, stray '@'").repeat(64) + synced(1));
});

onEachBuild("without a cap every error is answered", { limits: { errorsInRow: 0 } }, ({ ask }) => {
  assert.equal(ask("@\n".repeat(20_000)), generic("JSON parse error, stray '@'").repeat(20_000));
});

/** The start of a message that holds so many bytes. */
const half = (size: number): string => `{"execute":"guest-ping","id":"${"x".repeat(size)}`;

onEachBuild(
  "totalBytes: the session that asks for too much is refused, the others are not",
  { limits: { totalBytes: 200_000 } },
  ({ connect, ask }) => {
    const peers = [connect(), connect(), connect(), connect()];
    for (const peer of peers) peer.send(half(50_000));
    const refused = peers.map((peer) => peer.take());
    assert.deepEqual(refused.slice(0, 3), ["", "", ""]);
    assert.equal(refused[3]?.slice(0, TOO_LARGE.length), TOO_LARGE);
    assert.equal(ask(PING), PONG, "small messages always fit");
    for (const peer of peers.slice(0, 3)) {
      peer.send('"}\n');
      assert.match(peer.take(), /^\{"return": \{\}, "id": "x{50000}"\}\n$/);
    }
    const last = peers[3];
    assert.ok(last !== undefined);
    last.send(sync(3));
    assert.ok(last.take().endsWith(synced(3)));
    for (const peer of peers.slice(0, 2)) peer.hangUp();
    last.send(`${half(50_000)}"}\n`);
    assert.match(last.take(), /^\{"return": \{\}, "id": "x{50000}"\}\n$/, "what others gave back can be had");
    for (const peer of peers) peer.hangUp();
  },
);

onEachBuild(
  "totalBytes: memory of a message that is done does not stand in the way",
  { limits: { totalBytes: 40_000 } },
  ({ ask, connect }) => {
    const peer = connect();
    const nested = "[".repeat(1000) + "]".repeat(1000);
    for (let round = 0; round < 3; round++) {
      peer.send(nested);
      assert.equal(peer.take(), NOT_OBJECT);
      peer.send(sync(round));
      assert.equal(peer.take(), FLUSHED + synced(round));
    }
    peer.send(`[${"1,".repeat(5000)}1]`);
    assert.equal(peer.take().slice(0, TOO_LARGE.length), TOO_LARGE);
    peer.send(sync(9));
    assert.ok(peer.take().endsWith(synced(9)));
    assert.equal(ask(PING), PONG);
    peer.hangUp();
  },
);

{
  const clock = fakeClock();
  const signals: AbortSignal[] = [];
  const resolves: ((value: unknown) => void)[] = [];
  const hang = (_args: unknown, { signal }: { signal: AbortSignal }) => {
    signals.push(signal);
    return new Promise((resolve) => resolves.push(resolve));
  };
  onEachBuild(
    "commandMs: a host command that takes longer is given up, and what it says then is lost",
    {
      clock,
      limits: { commandMs: 50 },
      ...withCommands(
        { name: "test-hang", run: hang },
        { name: "test-slow", timeoutMs: 500, run: hang },
        { name: "test-patient", timeoutMs: 0, run: hang },
      ),
    },
    async ({ connect }) => {
      const peer = connect();
      const given = (name: string, ms: number): string => generic(`Command ${name} did not finish within ${ms} ms`);
      peer.send(call("test-hang") + PING);
      clock.pass(49);
      assert.equal(peer.take(), "");
      assert.equal(signals.at(-1)?.aborted, false);
      clock.pass(1);
      assert.equal(peer.take(), given("test-hang", 50) + PONG);
      assert.equal(signals.at(-1)?.aborted, true);
      resolves.at(-1)?.("late");
      await ticks();
      assert.equal(peer.take(), "");

      peer.send(call("test-slow"));
      clock.pass(499);
      assert.equal(peer.take(), "");
      clock.pass(1);
      assert.equal(peer.take(), given("test-slow", 500));

      peer.send(call("test-patient"));
      assert.equal(clock.pending, 1, "no deadline: only the agent's look at who has gone quiet");
      clock.pass(1_000_000);
      resolves.at(-1)?.("at last");
      await ticks();
      assert.equal(peer.take(), '{"return": "at last"}\n');

      peer.send(call("test-hang"));
      resolves.at(-1)?.("in time");
      await ticks();
      assert.equal(peer.take(), '{"return": "in time"}\n');
      assert.equal(clock.pending, 1, "the deadline of a call that is over is not left behind");
      peer.hangUp();
    },
  );
}

onEachBuild("an error echoes 256 bytes of the request at most, whole characters only", {}, ({ ask }) => {
  const stray = (text: string): string => generic(`JSON parse error, stray '${text}'`);
  const letters = (count: number): string => "n".repeat(count);
  assert.equal(ask(`"${letters(254)}\x01`), stray(`\\"${letters(254)}\\u0001`));
  assert.equal(ask(`"${letters(255)}\x01`), stray(`\\"${letters(255)}`));
  assert.equal(ask(`"${letters(100_000)}\x01`), stray(`\\"${letters(255)}`));
  assert.equal(ask(`"${letters(254)}\xc3\xa9\x01`), stray(`\\"${letters(254)}`), "half a character is left out");
  assert.equal(ask(`"${letters(253)}\xc3\xa9\x01`), stray(`\\"${letters(253)}\\u00E9`));
  for (const count of [256, 257, 100_000]) {
    const shown = letters(Math.min(count, 256));
    assert.equal(ask(`{"execute":"${letters(count)}"}`), notFound(`The command ${shown} has not been found`));
    assert.equal(ask(`{"${letters(count)}":1}`), generic(`QMP input member '${shown}' is unexpected`));
    assert.equal(
      ask(`{"execute":"guest-ping","arguments":{"${letters(count)}":1}}`),
      generic(`Parameter '${shown}' is unexpected`),
    );
    assert.equal(ask(`{"a":${letters(count)}}`), generic(`JSON parse error, invalid keyword '${shown}'`));
  }
});
