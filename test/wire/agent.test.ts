// The agent around the core: how it is put together, what it refuses, and what it does when a core is lost or large.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Agent,
  COMMAND,
  type Core,
  LIMITS,
  LOGGER,
  type Limits,
  type Logger,
  type Plugin,
  createAgent,
} from "guestwire";
import { js } from "guestwire/core";
import { fakeClock } from "guestwire/testing";
import { ENGINES } from "../engines.ts";
import { Peer } from "../peer.ts";

const PING = '{"execute":"guest-ping"}';
const PONG = '{"return": {}}\n';

type CoreAgent = ReturnType<Core["start"]>;
type CoreSession = ReturnType<CoreAgent["open"]>;

/** The same object, but for these methods. */
function but<T extends object>(object: T, methods: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      const own: unknown = Reflect.get(name in methods ? methods : target, name);
      return typeof own === "function" ? (own as (...args: unknown[]) => unknown).bind(target) : own;
    },
  });
}

/** A core whose sessions are changed as they are opened. */
function withSessions(core: Core, change: (session: CoreSession) => CoreSession): Core & { starts: number } {
  return {
    name: core.name,
    starts: 0,
    start(log) {
      this.starts++;
      const agent = core.start(log);
      return but(agent, { open: (sink) => change(agent.open(sink)) });
    },
  };
}

function connect(agent: Agent): Peer {
  const peer = new Peer();
  agent.serve(peer);
  return peer;
}

function plugin(part: Partial<Plugin>): Plugin {
  return { name: "guestwire-plugin-test", api: 1, ...part };
}

test("a plugin binds commands in the container, and finds the agent's services there", () => {
  const lines: string[] = [];
  const logger: Logger = { log: (level, _domain, message) => lines.push(`${level} ${message}`) };
  const agent = createAgent({
    logger,
    limits: { depth: 99 },
    plugins: [
      plugin({
        register(container) {
          container.register(COMMAND, {
            useFactory: (scope) => ({
              name: "test-depth",
              run: () => {
                scope.resolve<Logger>(LOGGER).log("info", "general", "asked");
                return scope.resolve<Limits>(LIMITS).depth;
              },
            }),
          });
        },
      }),
    ],
  });
  const peer = connect(agent);
  peer.send('{"execute":"test-depth"}');
  assert.equal(peer.received, '{"return": 99}\n');
  assert.deepEqual(lines, ["info guestwire-plugin-test: asked"]);
  // The standard commands came the same way, before it.
  assert.deepEqual(
    agent.commands.list().map(({ name }) => name),
    ["guest-sync-delimited", "guest-sync", "guest-ping", "guest-info", "test-depth"],
  );
  assert.deepEqual(agent.plugins.list(), [
    {
      name: "guestwire-standard",
      api: 1,
      commands: ["guest-sync-delimited", "guest-sync", "guest-ping", "guest-info"],
    },
    { name: "guestwire-plugin-test", api: 1, commands: ["test-depth"] },
  ]);
});

test("what cannot be registered is refused with a code", () => {
  const command = (name: string): Plugin => plugin({ commands: [{ name, run: () => 1 }] });
  const refused = (code: string, ...plugins: Plugin[]): void => {
    for (const [, core] of ENGINES)
      assert.throws(() => createAgent({ core, plugins }), { name: "GuestwireError", code });
  };
  refused("GW_ERR_API", plugin({ api: 2 }));
  refused("GW_ERR_DUPLICATE_COMMAND", command("guest-ping"));
  refused("GW_ERR_DUPLICATE_COMMAND", command("test-a"), { ...command("test-a"), name: "guestwire-plugin-other" });
  refused("GW_ERR_DUPLICATE_PLUGIN", command("test-a"), command("test-b"));
  refused("GW_ERR_PLUGIN", plugin({ name: "" }));
  refused("GW_ERR_PLUGIN", plugin({ register: () => assert.fail("no") }));
  for (const name of ["", "a b", "-a", "\u00e9", "a".repeat(129)]) refused("GW_ERR_COMMAND_NAME", command(name));
});

test("an engine that is none is refused with a line that says where engines are", () => {
  for (const core of ["wasm", 1, {}]) {
    assert.throws(() => createAgent({ core: core as unknown as Core }), {
      name: "GuestwireError",
      code: "GW_ERR_CORE",
      message:
        "the option core is no engine: import { wasm } from guestwire/wasm, or { js } from guestwire/core, and hand that in",
    });
  }
});

test("an agent that is closed serves nobody any more, and its switches are refused", async () => {
  for (const [name, engine] of ENGINES) {
    const core = withSessions(engine, (session) => session);
    const agent = createAgent({ core });
    const { commands } = agent;
    const peer = connect(agent);
    await agent.close();
    assert.ok(peer.closed);
    const closed = { name: "GuestwireError", code: "GW_ERR_CLOSED", message: "the agent is closed" };
    assert.throws(() => agent.serve(new Peer()), closed);
    assert.throws(() => commands.list(), closed);
    assert.throws(() => commands.enable("guest-ping"), closed);
    assert.throws(() => commands.disable("guest-ping"), closed);
    assert.throws(() => commands.freeze(), closed);
    assert.throws(() => commands.thaw(), closed);
    assert.deepEqual([commands.frozen, agent.stats.sessions, core.starts], [false, 0, 1], name);
    await agent.close();
  }
});

test("a command that is under way when the agent closes may still use the switches", async () => {
  let agent: Agent | undefined;
  const thaw = {
    name: "test-thaw",
    whileFrozen: true,
    run: async (_args: unknown, { signal }: { signal: AbortSignal }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      agent?.commands.thaw();
    },
  };
  agent = createAgent({ plugins: [plugin({ commands: [thaw] })] });
  agent.commands.freeze();
  const peer = connect(agent);
  peer.send('{"execute":"test-thaw"}');
  await agent.close();
  assert.equal(peer.received, PONG);
  assert.equal(agent.commands.frozen, false);
});

for (const [name, engine] of ENGINES) {
  test(`a core that fails loses its sessions; the agent goes on with a fresh one as it was (${name})`, () => {
    const lines: string[] = [];
    const core = withSessions(engine, (session) =>
      but(session, {
        receive(bytes) {
          if (bytes[0] === 0x21) throw new WebAssembly.RuntimeError("unreachable");
          return session.receive(bytes);
        },
      }),
    );
    const agent = createAgent({
      core,
      limits: { errorsInRow: 1 },
      logger: { log: (level, _domain, message) => lines.push(`${level} ${message}`) },
      plugins: [plugin({ commands: [{ name: "test-one", run: () => 1 }] })],
    });
    agent.commands.disable("guest-sync", "a reason");
    const [first, second] = [connect(agent), connect(agent)];
    first.send("!");
    assert.ok(first.closed && second.closed);
    assert.deepEqual(lines, ["critical the core failed (unreachable); sessions closed: 2"]);
    assert.equal(agent.stats.sessions, 0);

    const third = connect(agent);
    third.send(`%\n%\n${PING}{"execute":"guest-sync"}{"execute":"test-one"}`);
    assert.equal(
      third.received,
      `{"error": {"class": "GenericError", "desc": "JSON parse error, stray '%'"}}\n${PONG}` +
        '{"error": {"class": "CommandNotFound", "desc": "Command guest-sync has been disabled: a reason"}}\n' +
        '{"return": 1}\n',
    );
    assert.equal(core.starts, 2);
  });
}

for (const [name, engine] of ENGINES) {
  test(`a call is taken once, and nothing is taken where there is none (${name})`, () => {
    const taken: string[] = [];
    let asked = 0;
    const core = withSessions(engine, (session) =>
      but(session, {
        takeCall() {
          asked++;
          const call = session.takeCall();
          if (call !== undefined) taken.push(call.arguments);
          return call;
        },
      }),
    );
    const agent = createAgent({ core, plugins: [plugin({ commands: [{ name: "test-one", run: () => 1 }] })] });
    const peer = connect(agent);
    peer.send(PING);
    assert.equal(asked, 0);
    peer.send('{"execute":"test-one","arguments":{"a":1}}{"execute":"test-one","arguments":{"a":2}}');
    assert.equal(peer.received, `${PONG}{"return": 1}\n{"return": 1}\n`);
    assert.deepEqual(taken, ['{"a": 1}', '{"a": 2}']);
  });
}

test("statistics", async () => {
  const agent = createAgent({
    limits: { errorsInRow: 2 },
    plugins: [plugin({ commands: [{ name: "test-one", run: () => 1 }] })],
  });
  const [one, two] = [connect(agent), connect(agent)];
  one.send("\xff\xff\xff\xff");
  two.send('{"execute":"test-one"}{"execute":"test-one"}');
  const before = agent.stats;
  one.hangUp();
  for (const stats of [before, agent.stats]) {
    assert.equal(stats.sessionsTotal, 2);
    assert.equal(stats.resyncs, 4);
    assert.equal(stats.suppressedErrors, 2);
    assert.equal(stats.commands["test-one"]?.calls, 2);
  }
  assert.deepEqual([before.sessions, agent.stats.sessions], [2, 1]);
  await agent.close();
});

test("a session that went quiet gives large buffers back", () => {
  let trims = 0;
  const core = withSessions(js, (session) => but(session, { trim: () => void trims++ }));
  const clock = fakeClock();
  const agent = createAgent({ core, clock });
  const peer = connect(agent);
  peer.send(PING);
  clock.pass(10_000);
  assert.equal(trims, 0, "a small message leaves nothing to give back");
  peer.send(`{"execute":"guest-ping","id":"${"x".repeat(100_000)}"}`);
  clock.pass(1000);
  assert.equal(trims, 0, "it was not quiet yet");
  clock.pass(1000);
  assert.equal(trims, 1);
  clock.pass(10_000);
  assert.equal(trims, 1, "once is enough");
});

test("WebAssembly memory, which cannot shrink, goes with its instance when nobody needs it", () => {
  const [, wasm] = ENGINES.find(([name]) => name === "wasm") ?? [];
  assert.ok(wasm);
  const core = withSessions(wasm, (session) => session);
  const agent = createAgent({ core });
  const small = connect(agent);
  small.send(PING);
  small.hangUp();
  const large = connect(agent);
  assert.equal(core.starts, 1, "a small instance stays");
  large.send(`{"execute":"guest-ping","id":"${"x".repeat(30_000_000)}`);
  large.hangUp();
  const next = connect(agent);
  next.send(PING);
  assert.equal(next.received, PONG);
  assert.equal(core.starts, 2);
});

for (const [name, core] of ENGINES) {
  test(`a transport that calls back from inside write, or throws, spoils nobody's session (${name})`, () => {
    const agent = createAgent({ core });
    const other = connect(agent);

    // The peer is gone in the middle of a write.
    const gone = connect(agent);
    gone.takes = () => {
      gone.hangUp();
      return true;
    };
    gone.send(`${PING}{"execute":"guest-info"}`);
    assert.ok(gone.closed);

    // The channel says at once that it takes bytes again.
    const eager = connect(agent);
    eager.takes = () => {
      eager.drain();
      return true;
    };
    eager.send(PING.repeat(3));
    assert.equal(eager.received, PONG.repeat(3));

    // The peer's end is told in the middle of a write: what it sent is answered, then the session closes.
    const ending = connect(agent);
    ending.takes = () => {
      ending.end();
      return true;
    };
    ending.send(PING.repeat(3));
    assert.equal(ending.received, PONG.repeat(3));
    assert.ok(ending.closed);

    // The channel breaks by an exception.
    const broken = connect(agent);
    broken.takes = () => {
      throw new Error("broken");
    };
    broken.send(PING.repeat(3));
    assert.ok(broken.closed);

    for (const peer of [other, connect(agent), connect(agent)]) {
      peer.send(PING.repeat(12));
      assert.equal(peer.received, PONG.repeat(12));
    }
    assert.equal(agent.stats.sessions, 4);
  });

  test(`whatever a command throws is one error reply (${name})`, async () => {
    const nothing: unknown = Object.create(null);
    const strange = new Error("x");
    Object.defineProperty(strange, "message", { value: nothing });
    const things = [nothing, strange, Symbol("s"), undefined];
    const agent = createAgent({
      core,
      plugins: [
        plugin({
          commands: [
            ...things.map((thing, index) => ({
              name: `test-throw-${index}`,
              run: () => {
                throw thing;
              },
            })),
            ...things.map((thing, index) => ({ name: `test-reject-${index}`, run: () => Promise.reject(thing) })),
            {
              name: "test-json",
              run: () => ({
                toJSON() {
                  throw nothing;
                },
              }),
            },
          ],
        }),
      ],
    });
    for (const { name: command } of agent.commands.list().filter(({ name: each }) => each.startsWith("test-"))) {
      const peer = connect(agent);
      peer.send(`{"execute":"${command}"}${PING}`);
      await new Promise((resolve) => setImmediate(resolve));
      const [error, pong, ...more] = peer.received.split("\n");
      assert.match(error ?? "", /^\{"error": \{"class": "GenericError", "desc": ".+"\}\}$/, command);
      assert.deepEqual([`${pong}\n`, more], [PONG, [""]], command);
    }
  });

  test(`an agent that closes tells its commands, and waits for them five seconds at most (${name})`, async () => {
    const clock = fakeClock();
    const signals: AbortSignal[] = [];
    const agent = createAgent({
      core,
      clock,
      plugins: [
        plugin({
          commands: [
            {
              name: "test-polite",
              timeoutMs: 0,
              run: (_args, { signal }) =>
                new Promise((resolve) => signal.addEventListener("abort", () => resolve("so be it"))),
            },
            {
              name: "test-deaf",
              timeoutMs: 0,
              run: (_args, { signal }) => {
                signals.push(signal);
                return new Promise(() => {});
              },
            },
          ],
        }),
      ],
    });
    const [polite, deaf] = [connect(agent), connect(agent)];
    polite.send('{"execute":"test-polite"}');
    deaf.send('{"execute":"test-deaf"}');
    const closed = agent.close();
    assert.ok(signals[0]?.aborted);
    for (let second = 0; second < 5; second++) {
      await new Promise((resolve) => setImmediate(resolve));
      assert.ok(!deaf.closed);
      clock.pass(1000);
    }
    await closed;
    assert.equal(polite.received, '{"return": "so be it"}\n');
    assert.ok(deaf.closed);
  });
}

test("a peer that was answered and is quiet gives its share of totalBytes back", () => {
  for (const [, core] of ENGINES) {
    const clock = fakeClock();
    const agent = createAgent({ core, clock, limits: { totalBytes: 20_000_000 } });
    const request = `{"execute":"guest-ping","id":"${"x".repeat(9_000_000)}"}`;
    const [first, second] = [connect(agent), connect(agent)];
    for (let at = 0; at < request.length; at += 4000) first.send(request.slice(at, at + 4000));
    assert.equal(first.take().length, 9_000_025);
    clock.pass(1000);
    clock.pass(1000);
    second.send(request);
    assert.equal(second.take().length, 9_000_025);
  }
});
