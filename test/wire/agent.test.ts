// The agent around the core: how it is put together, what it refuses, and what it does when a core is lost or large.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Agent,
  COMMAND,
  type Clock,
  type Core,
  LIMITS,
  LOGGER,
  type Limits,
  type Logger,
  type Plugin,
  createAgent,
} from "guestwire";
import { js } from "guestwire/core";
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
  assert.deepEqual(lines, ["info asked"]);
  // The standard commands came the same way, before it.
  assert.deepEqual(
    agent.commands.list().map(({ name }) => name),
    ["guest-sync-delimited", "guest-sync", "guest-ping", "guest-info", "test-depth"],
  );
});

test("what cannot be registered is refused with a code", () => {
  const command = (name: string): Plugin => plugin({ commands: [{ name, run: () => 1 }] });
  const refused = (code: string, ...plugins: Plugin[]): void => {
    for (const [, core] of ENGINES)
      assert.throws(() => createAgent({ core, plugins }), { name: "GuestwireError", code });
  };
  refused("GW_ERR_API", plugin({ api: 2 }));
  refused("GW_ERR_DUPLICATE_COMMAND", command("guest-ping"));
  refused("GW_ERR_DUPLICATE_COMMAND", command("test-a"), command("test-a"));
  for (const name of ["", "a b", "-a", "\u00e9", "a".repeat(129)]) refused("GW_ERR_COMMAND_NAME", command(name));
});

test("an agent that is closed serves nobody any more", async () => {
  const agent = createAgent();
  const peer = connect(agent);
  await agent.close();
  assert.ok(peer.closed);
  assert.throws(() => agent.serve(new Peer()), { code: "GW_ERR_CLOSED" });
  await agent.close();
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
    assert.deepEqual(lines, ["critical the core failed (unreachable); its 2 sessions are closed"]);
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

/** Time that passes when a test says so. */
class FakeClock implements Clock {
  private time = 0;
  private readonly timers = new Map<() => void, number>();

  now(): number {
    return this.time;
  }

  after(ms: number, run: () => void): () => void {
    this.timers.set(run, this.time + ms);
    return () => this.timers.delete(run);
  }

  pass(ms: number): void {
    this.time += ms;
    for (const [run, time] of this.timers) {
      if (time <= this.time && this.timers.delete(run)) run();
    }
  }
}

test("a session that went quiet gives large buffers back", () => {
  let trims = 0;
  const core = withSessions(js, (session) => but(session, { trim: () => void trims++ }));
  const clock = new FakeClock();
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
