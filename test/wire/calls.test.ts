// Host commands: answered in the order of the requests, once, whatever they do and whoever is gone by then.

import assert from "node:assert/strict";
import { type CallContext, CommandError } from "guestwire";
import { generic, sync, synced } from "../peer.ts";
import { PING, PONG, call, notFound, onEachBuild, ticks, withCommands } from "./served.ts";

/** A command that answers when it is told to. */
class Held {
  readonly calls: {
    resolve(value: unknown): void;
    reject(error: unknown): void;
    context: CallContext;
    args: unknown;
  }[] = [];
  readonly command = {
    name: "test-held",
    run: (args: unknown, context: CallContext) =>
      new Promise((resolve, reject) => {
        this.calls.push({ resolve, reject, context, args });
      }),
  };
  get last() {
    return this.calls.at(-1)!;
  }
}

const HELD = call("test-held");

{
  const held = new Held();
  onEachBuild(
    "replies leave in the order of the requests; other sessions are not held up",
    withCommands(held.command),
    async ({ connect }) => {
      const [one, other] = [connect(), connect()];
      one.send(`${PING}{"execute":"test-held","id":1}${PING}{"execute":"nope"}`);
      assert.equal(one.take(), PONG);
      other.send(PING);
      assert.equal(other.take(), PONG);
      one.send(PING);
      held.last.resolve([9]);
      await ticks();
      assert.equal(
        one.take(),
        `{"return": [9], "id": 1}\n${PONG}${notFound("The command nope has not been found")}${PONG}`,
      );
      assert.deepEqual([...one.misuse, ...other.misuse], []);
      one.hangUp();
      other.hangUp();
    },
  );
}

{
  const held = new Held();
  onEachBuild(
    "a call whose peer is gone leaves nothing for the next one",
    withCommands(held.command),
    async ({ connect, ask }) => {
      const gone = connect();
      gone.send(HELD);
      const { context, resolve } = held.last;
      gone.hangUp();
      assert.ok(!context.signal.aborted, "what has begun is finished");
      const count = held.calls.length;
      assert.equal(ask(call("nope")), notFound("The command nope has not been found"));
      const next = connect();
      next.send(call("nope") + HELD);
      resolve("late");
      await ticks();
      assert.equal(next.take(), notFound("The command nope has not been found"));
      held.last.resolve("own");
      await ticks();
      assert.equal(next.take(), '{"return": "own"}\n');
      assert.equal(held.calls.length, count + 1, "no call but the one that was asked for");
      next.hangUp();
      assert.equal(gone.received, "");
    },
  );
}

{
  const held = new Held();
  onEachBuild(
    "a half message ends with its peer, a chunk that was held back too",
    withCommands(held.command),
    async ({ connect, ask }) => {
      for (const half of ['{"execute":"guest-pi', '{"execute":"guest-ping","id":[', '"', "\xff@", "12", '{"a":"\\']) {
        const peer = connect();
        peer.send(half);
        peer.hangUp();
        assert.equal(ask(PING), PONG, half);
      }
      const peer = connect();
      peer.send(HELD + PING + PING);
      peer.hangUp();
      held.last.resolve(1);
      await ticks();
      assert.equal(ask(sync(7)).slice(-synced(7).length), synced(7));
    },
  );
}

onEachBuild(
  "what a command returns or throws becomes one reply",
  withCommands(
    { name: "test-value", run: (args) => args["value"] },
    { name: "test-nothing", run: () => undefined },
    { name: "test-function", run: () => () => 0 },
    { name: "test-bigint", run: () => 2n ** 64n },
    { name: "test-circle", run: circle },
    { name: "test-error", run: thrower(new Error('broken "here"\n')) },
    { name: "test-text", run: thrower("a text") },
    { name: "test-own", run: thrower(new CommandError("CommandNotFound", "é\u0000😀")) },
    { name: "test-rejected", run: () => Promise.reject(new CommandError("GenericError", "later")) },
    {
      name: "test-delimited",
      run: (_args, { delimit }) => {
        delimit();
        return Promise.resolve({ a: [1, { "b\u007f": null }] });
      },
    },
    {
      name: "test-delimited-error",
      run: (_args, { delimit }) => {
        delimit();
        throw new CommandError("GenericError", "no");
      },
    },
  ),
  async ({ connect }) => {
    const peer = connect();
    const ask = async (request: string): Promise<string> => {
      peer.send(request);
      await ticks();
      return peer.take();
    };
    assert.equal(
      await ask('{"execute":"test-value","arguments":{"value":{"z":[1,2.50,"\\u00e9\\n"],"a":null}},"id":"x"}'),
      '{"return": {"z": [1, 2.5, "\\u00E9\\n"], "a": null}, "id": "x"}\n',
    );
    assert.equal(await ask(call("test-nothing")), PONG);
    assert.match(await ask(call("test-function")), /^\{"error": \{"class": "GenericError", "desc": "[^"]+"\}\}\n$/);
    assert.match(await ask(call("test-bigint")), /^\{"(?:return": 18446744073709551616|error": .*)\}\n$/);
    assert.match(await ask(call("test-circle")), /^\{"error": \{"class": "GenericError", "desc": .*\}\}\n$/);
    assert.equal(await ask(call("test-error")), generic('broken \\"here\\"\\n'));
    assert.equal(await ask(call("test-text")), generic("a text"));
    assert.equal(await ask(call("test-own")), notFound("\\u00E9\\u0000\\uD83D\\uDE00"));
    assert.equal(await ask(call("test-rejected")), generic("later"));
    assert.equal(await ask(call("test-delimited")), '\xff{"return": {"a": [1, {"b\\u007F": null}]}}\n');
    assert.equal(await ask(call("test-delimited-error")), generic("no"));
    assert.equal(await ask(PING), PONG, "the 0xFF of a command that failed is not left over");
    peer.hangUp();
  },
);

function thrower(error: unknown): () => never {
  return () => {
    throw error;
  };
}

function circle(): unknown {
  const value: Record<string, unknown> = {};
  value["self"] = value;
  return value;
}

onEachBuild(
  "bytes that the session holds back are its own copy",
  withCommands({ name: "test-tick", run: () => Promise.resolve(1) }),
  async ({ connect }) => {
    const request = call("test-tick") + PING;
    for (const bytes of [Buffer.from(request), Uint8Array.from(Buffer.from(request))]) {
      const peer = connect();
      peer.sendBytes(bytes);
      await ticks();
      assert.equal(peer.received, `{"return": 1}\n${PONG}`);
      peer.hangUp();
    }
  },
);

{
  let given: unknown;
  onEachBuild(
    "arguments that escapes make larger than a message may be are refused, and the session goes on",
    {
      limits: { messageBytes: 1000 },
      ...withCommands({
        name: "test-take",
        run: (args) => {
          given = args;
          return 1;
        },
      }),
    },
    ({ ask }) => {
      // Each of these bytes becomes six; nine more are around them.
      const request = (count: number): string => `{"execute":"test-take","arguments":{"a":"${"\x7f".repeat(count)}"}}`;
      assert.equal(ask(request(165)), '{"return": 1}\n');
      assert.deepEqual(given, { a: "\x7f".repeat(165) });
      given = undefined;
      assert.equal(
        ask(request(166) + PING),
        generic("The arguments of test-take are larger than the limit of this agent") + PONG,
      );
      assert.equal(given, undefined);
    },
  );
}
