// What a command can do wrong, on each build: it costs one error reply and a log line with the plugin's name. While it lasts
// others are answered, and the agent goes on.

// Careless promises, and listeners of every kind, are what is tested here.
/* oxlint-disable unicorn/no-thenable, unicorn/prefer-add-event-listener */

import assert from "node:assert/strict";
import { after } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Agent, CommandError } from "guestwire";
import type { CallContext, HostCommand } from "guestwire/plugin";
import { fakeClock } from "guestwire/testing";
import { generic, sync, synced } from "../peer.ts";
import { PING, PONG, type Served, call, notFound, onEachBuild, ticks, withCommands } from "../wire/served.ts";

// Nothing may be left that nobody waits for: Node ends a program for it.
const strays: unknown[] = [];
const stray = (error: unknown): void => void strays.push(error);
process.on("unhandledRejection", stray).on("uncaughtException", stray);
after(() => {
  process.off("unhandledRejection", stray).off("uncaughtException", stray);
  assert.deepEqual(strays, []);
});

const PLUGIN = "guestwire-plugin-test";

/** What is logged of a command: `LEVEL TEXT`. */
function said(records: readonly string[], name: string): string[] {
  const head = new RegExp(`^(\\w+) general ${PLUGIN}: ${name}: `);
  return records.filter((record) => head.test(record)).map((record) => record.replace(head, "$1 "));
}

/** Lets listeners and promises that fail be heard of. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The agent that runs a command, for what commands do to their own surroundings. */
let self: Served | undefined;
const agentOf = (): Agent => self!.agent;
/** What they began. */
let gone: Promise<void> | undefined;
/** What a peer does in the middle of a call. */
let leaving: (() => void) | undefined;
/** The sessions whose state was disposed of. */
const disposed: number[] = [];

function thrower(error: unknown): () => never {
  return () => {
    throw error;
  };
}

const textless = { toString: thrower(new Error("no")) };
const messageless = Object.defineProperty(new Error("no"), "message", { get: thrower(new Error("no")) });
const revoked = (() => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
})();

/** What is thrown, the description that it gets, and what the log has of it; by default the same. */
const THROWN: readonly (readonly [what: string, error: unknown, desc: string, logged?: string])[] = [
  ["an Error", new Error("out of ink"), "out of ink"],
  ["a subclass", new RangeError("too far"), "too far"],
  ["a string", "a text", "a text"],
  ["an empty string", "", "Command test-fault failed", ""],
  ["an Error without a message", new Error(), "Command test-fault failed", ""],
  ["null", null, "Command test-fault failed", "null"],
  ["undefined", undefined, "Command test-fault failed", "undefined"],
  ["an object", { code: 1 }, "Command test-fault failed", "[object Object]"],
  ["a symbol", Symbol("s"), "Command test-fault failed", "Symbol(s)"],
  ["what has no text", textless, "Command test-fault failed", "a value that has no text"],
  ["an Error whose message throws", messageless, "Command test-fault failed", "a value that has no text"],
  ["a revoked proxy", revoked, "Command test-fault failed", "a value that has no text"],
  ["a class that there is not", Object.assign(new Error("odd"), { errorClass: "DeviceNotFound" }), "odd"],
  ["a very long text", new Error("x".repeat(50_000_000)), "x".repeat(10_000)],
];

for (const [way, run] of [
  ["thrown", (error: unknown) => thrower(error)()],
  ["rejected", (error: unknown) => Promise.reject(error)],
  ["rejected by a thenable", (error: unknown) => ({ then: (_: unknown, fail: (e: unknown) => void) => fail(error) })],
  ["thrown by a thenable", (error: unknown) => ({ then: thrower(error) })],
] as const) {
  let error: unknown;
  onEachBuild(
    `whatever is ${way}`,
    withCommands({ name: "test-fault", run: () => run(error) }),
    async ({ connect, records }) => {
      const peer = connect();
      for (const [what, thrown, desc, logged = desc] of THROWN) {
        error = thrown;
        records.length = 0;
        peer.send(call("test-fault"));
        await ticks();
        assert.equal(peer.take(), generic(desc), what);
        assert.deepEqual(records, [`warning general ${PLUGIN}: test-fault: failed: ${logged}`], what);
      }
      // That is no fault: what a CommandError says is for the peer alone.
      records.length = 0;
      error = new CommandError("CommandNotFound", "not here");
      peer.send(call("test-fault"));
      await ticks();
      assert.equal(peer.take(), notFound("not here"));
      // The bundle of a plugin has a copy of the class.
      class Copy extends Error {
        readonly errorClass = "CommandNotFound";
      }
      error = new Copy("nor here");
      peer.send(call("test-fault"));
      await ticks();
      assert.equal(peer.take(), notFound("nor here"));
      assert.deepEqual(records, []);
      peer.send(PING);
      assert.equal(peer.take(), PONG);
      peer.hangUp();
    },
  );
}

const HOLDS = "Command test-fault returned what JSON cannot hold";
const BITS = "Command test-fault returned an integer that 64 bits do not hold: ";

function circle(): unknown {
  const value: unknown[] = [];
  value.push({ a: value });
  return value;
}

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

/** What is returned, and how the description of the error begins. */
const RETURNED: readonly (readonly [what: string, value: unknown, desc: string])[] = [
  ["a cycle", circle(), HOLDS],
  ["a cycle with a bigint", [2n ** 60n, circle()], HOLDS],
  ["a function", () => 1, HOLDS],
  ["a class", class {}, HOLDS],
  ["a symbol", Symbol("s"), HOLDS],
  ["a toJSON that throws", { toJSON: thrower(new Error("out of ink")) }, `${HOLDS}: out of ink`],
  ["a toJSON that throws null", { toJSON: thrower(null) }, `${HOLDS}: null`],
  ["a toJSON that returns nothing", { toJSON: () => undefined }, HOLDS],
  ["a getter that throws", Object.defineProperty({}, "a", { get: thrower(new Error("no")), enumerable: true }), HOLDS],
  ["a proxy that throws", [new Proxy({}, { ownKeys: thrower(new Error("no")) })], `${HOLDS}: no`],
  ["a revoked proxy in a list", [revoked], HOLDS],
  ["a value that is too deep", nested(1_000_000), HOLDS],
  ["2^64", 2n ** 64n, `${BITS}18446744073709551616`],
  ["-2^63 - 1", -(2n ** 63n) - 1n, `${BITS}-9223372036854775809`],
  ["2^64 in a list", { a: [1, { b: 2n ** 64n }] }, `${BITS}18446744073709551616`],
  ["10^400", 10n ** 400n, `${BITS}one of more than 309 digits`],
  ["-10^400 in a list", [{ a: -(10n ** 400n) }], `${BITS}one of more than 309 digits`],
  ["2^64 as a number", 2 ** 64, `${BITS}18446744073709552000`],
  ["2^64 as a number in a list", [{ a: 2 ** 64 }], `${BITS}18446744073709552000`],
  ["-2^64 as a number", -(2 ** 64), `${BITS}-18446744073709552000`],
  [
    "a string that is too long",
    "x".repeat(4_000_001),
    "The reply of test-fault is larger than the limit of this agent",
  ],
  ["digits that are too many", "1".repeat(9_000_000), "The reply of test-fault is larger than the limit of this agent"],
  [
    "a string that escapes lengthen",
    "\u20ac".repeat(700_000),
    "The reply of test-fault is larger than the limit of this agent",
  ],
];

for (const way of ["at once", "later"]) {
  let value: unknown;
  onEachBuild(
    `what JSON cannot hold, returned ${way}`,
    withCommands({ name: "test-fault", run: () => (way === "later" ? Promise.resolve().then(() => value) : value) }),
    async ({ connect, records }) => {
      const peer = connect();
      for (const [what, returned, desc] of RETURNED) {
        value = returned;
        records.length = 0;
        peer.send(call("test-fault"));
        await ticks();
        const reply = peer.take();
        assert.match(reply, /^\{"error": \{"class": "GenericError", "desc": "[^\n]*"\}\}\n$/, what);
        const { error } = JSON.parse(reply) as { error: { desc: string } };
        assert.ok(error.desc.startsWith(desc), `${what}: ${error.desc}`);
        // What the core itself finds too long is not logged.
        if (what !== "a string that escapes lengthen") {
          assert.deepEqual(said(records, "test-fault"), [`warning failed: ${error.desc}`], what);
        }
      }
      peer.send(PING);
      assert.equal(peer.take(), PONG);
      peer.hangUp();
    },
  );
}

/** What JSON holds, if only just, and how the peer gets it. */
const HELD: readonly (readonly [value: unknown, json: string])[] = [
  [2n ** 64n - 1n, "18446744073709551615"],
  [-(2n ** 63n), "-9223372036854775808"],
  [[2 ** 53, 2n ** 53n + 1n], "[9007199254740992, 9007199254740993]"],
  // Numbers that JSON writes with an exponent are floats, and these are none of JSON's: it has null.
  [[1e300, -1e21], "[1e+300, -1e+21]"],
  [[Number.NaN, Infinity, -Infinity], "[null, null, null]"],
  [Number.NaN, "null"],
  [[undefined, () => 1, Symbol("s")], "[null, null, null]"],
  [{ a: undefined, b: () => 1 }, "{}"],
  [null, "null"],
  [undefined, "{}"],
  ["\ud800 \udfff\ud83d", '"\\uFFFD \\uFFFD\\uFFFD"'],
  [{ "\ud800": ["\ude00"] }, '{"\\uFFFD": ["\\uFFFD"]}'],
  ["\\ud800 \\\ud800", '"\\\\ud800 \\\\\\uFFFD"'],
  // As the original writes noncharacters.
  ["\uffff\ufdd0\u{10ffff}\u0001", '"\\uFFFD\\uFFFD\\uFFFD\\u0001"'],
  ["\ud83d\ude00\u001f", '"\\uD83D\\uDE00\\u001F"'],
  ["18446744073709551616", '"18446744073709551616"'],
  [{ "99999999999999999999": 1 }, '{"99999999999999999999": 1}'],
  [{ toJSON: () => 2n ** 60n }, "1152921504606846976"],
  [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  [new Map([[1, 2]]), "{}"],
  [Object.create(null), "{}"],
  [nested(1000), "[".repeat(1000) + "1" + "]".repeat(1000)],
];

{
  let value: unknown;
  onEachBuild(
    "what JSON can hold goes out as valid JSON",
    withCommands({ name: "test-value", run: () => value }),
    ({ ask, records }) => {
      for (const [returned, json] of HELD) {
        value = returned;
        assert.equal(ask(call("test-value")), `{"return": ${json}}\n`);
      }
      assert.deepEqual(records, []);
    },
  );
}

/** A promise that settles more than once, and both ways. */
function twice(resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
  resolve(1);
  reject(new Error("no"));
  resolve(2);
  queueMicrotask(() => resolve(3));
  throw new Error("no");
}

onEachBuild(
  "what settles more than once counts once",
  withCommands({ name: "test-twice", run: () => ({ then: twice }) }),
  async ({ connect, records }) => {
    const peer = connect();
    peer.send(call("test-twice") + PING);
    await ticks();
    assert.equal(peer.take(), `{"return": 1}\n${PONG}`);
    assert.deepEqual(
      records.filter((record) => record.startsWith("warning")),
      [],
    );
    peer.hangUp();
  },
);

{
  const clock = fakeClock();
  const calls: { context: CallContext; settle: (value: unknown) => void }[] = [];
  onEachBuild(
    "what never settles is given up at its deadline; others are answered meanwhile",
    {
      ...withCommands(
        {
          name: "test-never",
          run: (_args, context) => new Promise((resolve) => calls.push({ context, settle: resolve })),
        },
        { name: "test-own", timeoutMs: 5, run: () => ({ then() {} }) },
      ),
      clock,
      limits: { commandMs: 1000 },
    },
    async ({ connect, records }) => {
      const [peer, other] = [connect(), connect()];
      peer.send(call("test-never") + PING);
      other.send(sync(5));
      assert.ok(other.take().endsWith(synced(5)));
      clock.pass(999);
      assert.equal(peer.take(), "");
      const { context, settle } = calls.at(-1)!;
      assert.ok(!context.signal.aborted);
      clock.pass(1);
      assert.equal(peer.take(), generic("Command test-never did not finish within 1000 ms") + PONG);
      assert.ok(context.signal.aborted);
      assert.match(String(context.signal.reason), /did not finish within 1000 ms/);
      assert.deepEqual(said(records, "test-never"), ["warning did not finish within 1000 ms"]);
      settle("late");
      await ticks();
      peer.send(call("test-own"));
      clock.pass(5);
      assert.equal(peer.take(), generic("Command test-own did not finish within 5 ms"));
      assert.equal(clock.pending, 1, "only the agent's own timer is left");
      peer.hangUp();
      other.hangUp();
    },
  );
}

{
  const clock = fakeClock();
  onEachBuild(
    "what holds up the loop is named, with the time that it took",
    {
      ...withCommands(
        { name: "test-hog", run: () => clock.pass(1234) },
        {
          name: "test-hog-in-validator",
          arguments: {
            "~standard": {
              version: 1,
              vendor: "test",
              validate: () => {
                clock.pass(300);
                return { value: {} };
              },
            },
          },
          run: () => 1,
        },
        { name: "test-quick", run: () => clock.pass(100) },
      ),
      clock,
    },
    ({ ask, records }) => {
      assert.equal(ask(call("test-hog") + PING), PONG + PONG);
      assert.deepEqual(said(records, "test-hog"), ["warning held up all sessions for 1234 ms"]);
      assert.equal(ask(call("test-hog-in-validator")), '{"return": 1}\n');
      assert.deepEqual(said(records, "test-hog-in-validator"), ["warning held up all sessions for 300 ms"]);
      assert.equal(ask(call("test-quick")), PONG);
      assert.deepEqual(said(records, "test-quick"), []);
    },
  );
}

onEachBuild(
  "a log record of several lines stays one record, and a failing command is not marked",
  withCommands(
    {
      name: "test-log",
      run: (_args, { log }) => {
        log("info", "one\ntwo\r\nguestwire-plugin-other: three");
        log("info", { toString: () => "four" } as unknown as string);
      },
    },
    {
      name: "test-mark",
      run: (_args, { delimit }) => {
        delimit();
        delimit();
        throw new Error("no");
      },
    },
    {
      name: "test-mark-cycle",
      run: (_args, { delimit }) => {
        delimit();
        return circle();
      },
    },
  ),
  ({ ask, records }) => {
    assert.equal(ask(call("test-log")), PONG);
    assert.deepEqual(said(records, "test-log"), ["info one\ntwo\r\nguestwire-plugin-other: three", "info four"]);
    assert.equal(ask(call("test-mark") + PING), generic("no") + PONG);
    assert.match(ask(call("test-mark-cycle")), /^\{"error"/);
  },
);

{
  const clock = fakeClock();
  const heard: string[] = [];
  const removed = (): void => void heard.push("removed");
  const once = (): void => void heard.push("once");
  const listen = (target: EventTarget & { onabort: unknown }): void => {
    target.addEventListener("abort", thrower(new Error("one")));
    target.addEventListener("abort", () => Promise.reject(new Error("two")));
    target.addEventListener("abort", { handleEvent: thrower(new Error("three")) });
    target.addEventListener("abort", removed);
    target.removeEventListener("abort", removed);
    target.addEventListener("abort", null as unknown as () => void);
    target.addEventListener("abort", once, { once: true });
    target.addEventListener("abort", once, { once: true });
    target.onabort = removed;
    target.onabort = () => {
      heard.push("on");
      throw new Error("four");
    };
    AbortSignal.any([target as unknown as AbortSignal]).addEventListener("abort", () => heard.push("any"));
  };
  onEachBuild(
    "abort listeners that throw or reject are logged, and the others are called",
    {
      ...withCommands({
        name: "test-listen",
        timeoutMs: 10,
        run: (_args, { signal }) => {
          listen(signal as unknown as EventTarget & { onabort: unknown });
          return new Promise(() => {});
        },
      }),
      clock,
    },
    async ({ connect, records }) => {
      heard.length = 0;
      const peer = connect();
      peer.send(call("test-listen") + PING);
      clock.pass(10);
      await turn();
      assert.equal(peer.take(), generic("Command test-listen did not finish within 10 ms") + PONG);
      assert.deepEqual(heard, ["once", "on", "any"]);
      assert.deepEqual(said(records, "test-listen").toSorted(), [
        "warning an abort listener failed: four",
        "warning an abort listener failed: one",
        "warning an abort listener failed: three",
        "warning an abort listener failed: two",
        "warning did not finish within 10 ms",
      ]);
      peer.hangUp();
    },
  );
}

/** Names of what was nested, as it was disposed of. */
const nest: string[] = [];

onEachBuild(
  "state that cannot be made is an error; state that cannot be disposed of is logged, and the rest is disposed of",
  withCommands({
    name: "test-state",
    run: ({ how }, { session }) => {
      if (how === "make") return session.state("made", thrower(new Error("out of paper")));
      if (how === "nest") {
        const keep = (make: () => string): string => session.state("nest", make, (made) => nest.push(made));
        return keep(() => `${keep(() => "inner")} in outer`);
      }
      session.state("throws", () => 1, thrower(new Error("one")));
      session.state(
        "rejects",
        () => 2,
        () => Promise.reject(new Error("two")),
      );
      return session.state(
        "good",
        () => 3,
        () => disposed.push(session.id),
      );
    },
  }),
  async ({ connect, records }) => {
    disposed.length = 0;
    const peer = connect();
    for (let time = 0; time < 2; time++) {
      peer.send('{"execute":"test-state","arguments":{"how":"make"}}');
      assert.equal(peer.take(), generic("out of paper"));
      peer.send(call("test-state"));
      assert.equal(peer.take(), '{"return": 3}\n');
    }
    nest.length = 0;
    peer.send('{"execute":"test-state","arguments":{"how":"nest"}}');
    assert.equal(peer.take(), generic("create asked for the state that it was to make"));
    assert.deepEqual(nest, ["inner in outer"]);
    records.length = 0;
    peer.hangUp();
    await ticks();
    assert.deepEqual(disposed, [1]);
    assert.deepEqual(nest, ["inner in outer", "inner"]);
    const head = `warning general ${PLUGIN}: a session's state could not be disposed of: `;
    assert.deepEqual(records, [`${head}one`, `${head}two`]);
  },
);

onEachBuild(
  "a command may ask for and switch the agent's commands, its own too",
  withCommands({
    name: "test-switch",
    run: (_args, context) => {
      const { commands } = agentOf();
      const before = context.agent.commands().length;
      commands.disable("test-switch", "enough");
      commands.freeze();
      commands.thaw();
      return [before, context.agent.commands().find(({ name }) => name === "test-switch")?.enabled];
    },
  }),
  (served) => {
    self = served;
    const peer = served.connect();
    peer.send(call("test-switch") + call("test-switch") + PING);
    const refusal = notFound("Command test-switch has been disabled: enough");
    assert.equal(peer.take(), `{"return": [5, false]}\n${refusal}${PONG}`);
    peer.hangUp();
  },
);

for (const way of ["at once", "later"]) {
  const settle = (value: unknown): unknown => (way === "later" ? Promise.resolve(value) : value);

  onEachBuild(
    `a plugin that takes itself out in a call still answers it (${way})`,
    withCommands({
      name: "test-leave",
      run: () => {
        gone = agentOf().plugins.remove(PLUGIN);
        return settle("bye");
      },
    }),
    async (served) => {
      self = served;
      const peer = served.connect();
      peer.send(call("test-leave") + call("test-leave") + PING);
      await ticks();
      assert.equal(peer.take(), `{"return": "bye"}\n${notFound("The command test-leave has not been found")}${PONG}`);
      await gone;
      peer.hangUp();
    },
  );

  onEachBuild(
    `a plugin that replaces itself in a call still answers it (${way})`,
    withCommands({
      name: "test-renew",
      run: () => {
        const commands = [{ name: "test-renew", run: () => "new" }];
        gone = agentOf().plugins.replace({ name: PLUGIN, api: 1, commands });
        return settle("old");
      },
    }),
    async (served) => {
      self = served;
      const peer = served.connect();
      peer.send(call("test-renew") + call("test-renew"));
      await ticks();
      assert.equal(peer.take(), '{"return": "old"}\n{"return": "new"}\n');
      await gone;
      peer.hangUp();
    },
  );

  onEachBuild(
    `a command that closes its session, or the agent, is answered first (${way})`,
    withCommands({
      name: "test-close",
      run: () => {
        gone = agentOf().close();
        return settle("closed");
      },
    }),
    async (served) => {
      self = served;
      const [peer, other] = [served.connect(), served.connect()];
      peer.send(call("test-close") + PING);
      await gone;
      assert.equal(peer.take(), '{"return": "closed"}\n');
      assert.ok(peer.closed && other.closed);
      assert.throws(() => served.agent.serve(peer), { code: "GW_ERR_CLOSED" });
    },
  );

  onEachBuild(
    `a command whose peer goes in the middle of it harms nobody (${way})`,
    withCommands({
      name: "test-hang-up",
      run: (_args, { session }) => {
        const kept = session.state(
          "kept",
          () => "kept",
          () => disposed.push(session.id),
        );
        leaving?.();
        return settle(kept);
      },
    }),
    async ({ connect, records }) => {
      disposed.length = 0;
      const [peer, other] = [connect(), connect()];
      leaving = () => peer.hangUp();
      peer.send(call("test-hang-up") + PING);
      await ticks();
      assert.equal(peer.take(), "");
      assert.deepEqual(disposed, [1]);
      other.send(PING);
      assert.equal(other.take(), PONG);
      other.hangUp();
      assert.deepEqual(
        records.filter((record) => record.startsWith("warning")),
        [],
      );
    },
  );
}

{
  const clock = fakeClock();
  onEachBuild(
    "a command that waits for its own plugin's end, or the agent's, is given up",
    {
      ...withCommands(
        { name: "test-wait", timeoutMs: 10, run: () => agentOf().plugins.remove(PLUGIN) },
        { name: "test-wait-for-all", timeoutMs: 0, run: () => agentOf().close() },
      ),
      clock,
    },
    async (served) => {
      self = served;
      const peer = served.connect();
      peer.send(call("test-wait"));
      clock.pass(10);
      assert.equal(peer.take(), generic("Command test-wait did not finish within 10 ms"));
      await ticks();
      assert.deepEqual(
        served.agent.plugins.list().map(({ name }) => name),
        ["guestwire-standard"],
      );
      served.agent.plugins.add(
        withCommands({ name: "test-wait-for-all", timeoutMs: 0, run: () => agentOf().close() }).plugins![0]!,
      );
      peer.send(call("test-wait-for-all"));
      for (let second = 0; second < 6; second++) clock.pass(1000);
      assert.ok(peer.closed);
      await served.agent.close();
    },
  );
}

setFlagsFromString("--expose-gc");
const sweep = runInNewContext("gc") as () => void;

{
  let size = 0;
  const command: HostCommand = { name: "test-large", run: () => "x".repeat(size) };
  onEachBuild(
    "a string of 100 MB costs one error, and its memory comes back",
    withCommands(command),
    async ({ connect, records }) => {
      const peer = connect();
      size = 100;
      peer.send(call("test-large"));
      assert.equal(peer.take(), `{"return": "${"x".repeat(100)}"}\n`);
      sweep();
      const before = process.memoryUsage();
      size = 100_000_000;
      for (let time = 0; time < 3; time++) {
        peer.send(call("test-large"));
        assert.equal(peer.take(), generic("The reply of test-large is larger than the limit of this agent"));
      }
      assert.equal(said(records, "test-large").length, 3);
      for (let time = 0; time < 3; time++) {
        await turn();
        sweep();
      }
      const { heapUsed, external } = process.memoryUsage();
      const kept = heapUsed + external - before.heapUsed - before.external;
      assert.ok(kept < 10_000_000, `${kept} bytes are still held`);
      peer.send(PING);
      assert.equal(peer.take(), PONG);
      peer.hangUp();
    },
  );
}
