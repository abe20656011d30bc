// A trap in the module: it costs the sessions of that instance and one line in the log, and the agent goes on with a fresh
// instance as it was told to be. The traps are real ones; what is handed to the module is what no engine hands it.

import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Agent, type AgentOptions, CommandError, type Core, type Session, createAgent } from "guestwire";
import { listenUnix } from "guestwire/node";
import { wasmFrom } from "guestwire/wasm";
import { type FakeClock, fakeClock } from "guestwire/testing";
import { MODULES } from "../engines.ts";
import { EXPORTS, type Export, type Exports, FUNCTIONS } from "../exports.ts";
import { Peer, generic } from "../peer.ts";
import { Client, temporaryFolder } from "./rig.ts";

const PING = '{"execute":"guest-ping"}\n';
const PONG = '{"return": {}}\n';

/** A handle that is no session's: its fields lie behind the end of the memory. */
const NO_SESSION = 0x7fff_fff0;
/** A block larger than the module can have. */
const TOO_MUCH = 0x7fff_ffff;
const OUT_OF_BOUNDS = "memory access out of bounds";

/** A core whose exports a test replaces, and how often it was started. */
class Tampered implements Core {
  readonly name = "wasm";
  starts = 0;
  private readonly core: Core;
  private readonly replace: (exports: Exports) => Record<string, Export>;

  constructor(module: WebAssembly.Module, replace: (exports: Exports) => Record<string, Export>) {
    this.core = wasmFrom(module);
    this.replace = replace;
  }

  start(log: Parameters<Core["start"]>[0]): ReturnType<Core["start"]> {
    this.starts++;
    const agent = this.core.start(log) as ReturnType<Core["start"]> & { exports: Exports };
    agent.exports = { ...agent.exports, ...this.replace(agent.exports) };
    return agent;
  }
}

/** A core that traps, once, at the next call of the function that is named. */
class Trapping extends Tampered {
  next = "";
  /** And once more at this one. */
  after = "";

  constructor(module: WebAssembly.Module) {
    super(module, (exports) =>
      Object.fromEntries(
        FUNCTIONS.map((name) => {
          const trap: Export = (...args) => {
            if (name !== this.next) return exports[name](...args);
            [this.next, this.after] = [this.after, ""];
            return exports.gw_feed(NO_SESSION, 0, 1);
          };
          return [name, trap];
        }),
      ),
    );
  }
}

/** A host command that answers when a test says so. */
class Held {
  resolve: (value: unknown) => void = () => {};
  reject: (error: unknown) => void = () => {};
  signal: AbortSignal | undefined;
  readonly name: string;
  readonly abortOnDisconnect: boolean;

  constructor(name: string, abortOnDisconnect = false) {
    this.name = name;
    this.abortOnDisconnect = abortOnDisconnect;
  }

  run(_args: Record<string, unknown>, call: { signal: AbortSignal }): Promise<unknown> {
    this.signal = call.signal;
    return new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
  }
}

interface Served {
  readonly agent: Agent;
  /** Log records of the general domain so far, without those of a freeze: `LEVEL MESSAGE`. */
  readonly records: string[];
  readonly sessions: Session[];
  connect(): Peer;
}

function serve(options: AgentOptions): Served {
  const records: string[] = [];
  const sessions: Session[] = [];
  const agent = createAgent({
    logger: {
      log(level, domain, message) {
        if (domain === "general" && !message.startsWith("freezing: ")) records.push(`${level} ${message}`);
      },
    },
    ...options,
  });
  const connect = (): Peer => {
    const peer = new Peer();
    sessions.push(agent.serve(peer));
    return peer;
  };
  return { agent, records, sessions, connect };
}

function failed(reason: string, sessions: number): string {
  return `critical the core failed (${reason}); sessions closed: ${sessions}`;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const DEBUG = MODULES.filter(([build]) => build === "debug wasm");
const noDebug = DEBUG.length === 0 ? "build/agent-debug.wasm is missing: npm run build makes it" : false;

/** What goes wrong in the debug build when a peer sends `!`. */
const WRONG: readonly (readonly [what: string, go: (exports: Exports, session: number) => number])[] = [
  ["memory that is not to be had", (exports) => exports.gw_room(TOO_MUCH)],
  ["a handle that is no session's", (exports) => exports.gw_feed(NO_SESSION, 0, 1)],
  [
    "memory that was written over",
    (exports, session) => {
      new Uint8Array(exports.memory.buffer).fill(0xff);
      return exports.gw_feed(session, 0, 1);
    },
  ],
];

for (const [what, go] of WRONG) {
  test(`${what} costs the sessions of the instance, and nothing else`, { skip: noDebug }, async () => {
    const [held, loyal] = [new Held("test-held", true), new Held("test-loyal")];
    const bang = "!".charCodeAt(0);
    let reason = "";
    const core = new Tampered(DEBUG[0]![1], (exports) => ({
      gw_feed: (session, at, end) => {
        const first = new Uint8Array(exports.memory.buffer)[exports.gw_room(0)];
        if (first !== bang) return exports.gw_feed(session!, at!, end!);
        try {
          return go(exports, session!);
        } catch (error) {
          assert.ok(error instanceof WebAssembly.RuntimeError, "a trap");
          reason = error.message;
          throw error;
        }
      },
    }));
    const { agent, records, sessions, connect } = serve({
      core,
      clock: fakeClock(),
      version: "1.2.3",
      limits: { errorsInRow: 1, depth: 64 },
      plugins: [{ name: "guestwire-plugin-test", api: 1, commands: [held, loyal, { name: "test-one", run: () => 1 }] }],
    });
    agent.commands.disable("guest-sync", "a reason");
    const [idle, half, pending, busy, victim] = [connect(), connect(), connect(), connect(), connect()];
    idle.send(PING);
    half.send('{"execute":"guest-pi');
    pending.send('{"execute":"test-held"}');
    busy.send(`{"execute":"test-loyal"}${PING}`);
    agent.commands.freeze();

    victim.send("!");
    const all = [idle, half, pending, busy, victim];
    assert.deepEqual(records, [failed(reason, 5)], "it is said, frozen or not");
    assert.ok(all.every((peer) => peer.closed));
    await Promise.all(sessions.map((session) => session.closed));
    assert.deepEqual([agent.stats.sessions, agent.stats.sessionsTotal], [0, 5]);
    assert.ok(held.signal?.aborted, "abortOnDisconnect");
    assert.ok(!loyal.signal?.aborted, "what has begun is finished");

    // As it was: frozen, disabled, limited, with its commands and its version.
    const next = connect();
    next.send('%\n%\n{"execute":"guest-info"}{"execute":"test-one"}{"execute":"guest-sync"}');
    const disabled = (desc: string): string => `{"error": {"class": "CommandNotFound", "desc": "${desc}"}}\n`;
    const [stray, info, ...rest] = next.take().split(/(?<=\n)/);
    assert.equal(stray, generic("JSON parse error, stray '%'"));
    assert.match(info ?? "", /^\{"return": \{"version": "1\.2\.3", "supported_commands": \[/);
    assert.match(info ?? "", /"enabled": false, "name": "test-one"/);
    assert.deepEqual(rest, [
      disabled("Command test-one has been disabled: the agent is in frozen state"),
      disabled("Command guest-sync has been disabled: a reason"),
    ]);
    assert.equal(agent.commands.frozen, true);
    agent.commands.thaw();
    next.send(`{"execute":"test-one"}{"execute":"guest-ping","id":${"[".repeat(64)}`);
    assert.equal(next.take(), '{"return": 1}\n' + generic("JSON nesting depth limit exceeded"));
    agent.commands.enable("guest-sync");

    // An answer from before the trap is nobody's, though the calls of the fresh instance have the same numbers.
    next.send('\n{"execute":"test-held"}');
    const { resolve } = held;
    loyal.resolve("late");
    await turn();
    assert.equal(next.take(), "");
    resolve("own");
    await turn();
    assert.equal(next.take(), '{"return": "own"}\n');
    assert.deepEqual([busy.received, pending.received, half.received], ["", "", ""]);
    assert.deepEqual(
      [...all, next].flatMap(({ misuse }) => misuse),
      [],
    );
    assert.equal(core.starts, 2);
    assert.equal(records.length, 1);
    await agent.close();
  });
}

interface Scene extends Served {
  readonly peer: Peer;
  readonly held: Held;
  readonly clock: FakeClock;
}

/** For each export what makes an agent call it while a peer is connected. */
const WAYS: Readonly<Record<string, (scene: Scene) => unknown>> = {
  gw_open: ({ connect }) => connect(),
  gw_feed: ({ peer }) => peer.send(PING),
  gw_stopped: ({ peer }) => peer.send(`{"execute":"test-held"}${PING}`),
  gw_output: ({ peer }) => peer.send(PING),
  gw_data: ({ peer }) => peer.send(PING),
  gw_drained: ({ peer }) => peer.send(PING),
  gw_log: ({ peer }) => peer.send(PING),
  gw_pending: ({ peer }) => peer.send('{"execute":"test-held"}'),
  gw_command: ({ peer }) => peer.send('{"execute":"test-held"}'),
  gw_arguments: ({ peer }) => peer.send('{"execute":"test-held"}'),
  gw_complete: ({ held }) => held.resolve(1),
  gw_room: ({ held }) => held.resolve("x".repeat(100_000)),
  gw_fail: ({ held }) => held.reject(new CommandError("GenericError", "no")),
  gw_count: ({ agent }) => assert.equal(agent.stats.resyncs, 0),
  gw_trim: ({ clock }) => {
    clock.pass(30_000);
    clock.pass(30_000);
  },
  gw_close: ({ peer }) => peer.hangUp(),
  gw_remove: ({ agent }) => agent.plugins.remove("guestwire-plugin-test"),
  gw_flags: ({ agent }) => assert.equal(agent.commands.list().length, 5),
  gw_disable: ({ agent }) => agent.commands.disable("guest-info"),
  gw_enable: ({ agent }) => agent.commands.enable("guest-info"),
  gw_freeze: ({ agent }) => agent.commands.freeze(),
  gw_thaw: ({ agent }) => agent.commands.thaw(),
};
/** They are called to set a core up, and by then gw_abi has been (module.test.ts). */
const AT_START = ["gw_add_builtin", "gw_add_command", "gw_limit", "gw_version"];

for (const [build, module] of MODULES) {
  test(`a trap in whatever call is nobody else's business (${build})`, async () => {
    assert.deepEqual([...Object.keys(WAYS), ...AT_START, "gw_abi", "memory"].toSorted(), EXPORTS);
    for (const [name, go] of Object.entries(WAYS)) {
      const held = new Held("test-held");
      const clock = fakeClock();
      const core = new Trapping(module);
      const served = serve({ core, clock, plugins: [{ name: "guestwire-plugin-test", api: 1, commands: [held] }] });
      const [peer, other] = [served.connect(), served.connect()];
      if (name === "gw_complete" || name === "gw_fail" || name === "gw_room") peer.send('{"execute":"test-held"}');
      // What is large is given back when the peer is quiet.
      if (name === "gw_trim") peer.send(`{"execute":"guest-ping","id":"${"x".repeat(100_000)}"}`);
      core.next = name;
      go({ ...served, peer, held, clock });
      await turn();
      assert.equal(core.next, "", `${name} was not called`);
      // A peer that hung up is not among those that were closed.
      assert.deepEqual(served.records, [failed(OUT_OF_BOUNDS, name === "gw_close" ? 1 : 2)], name);
      assert.ok(peer.closed && other.closed, name);
      served.agent.commands.thaw();
      const next = served.connect();
      next.send(PING);
      assert.equal(next.take(), PONG, name);
      assert.equal(core.starts, 2, name);
      await served.agent.close();
    }
  });
}

const [, SIMD] = MODULES[0]!;

/** What an embedder is thrown where a fresh core fails. */
const FAILED_AT_ONCE = {
  name: "GuestwireError",
  code: "GW_ERR_WASM",
  message: `the core failed as soon as it was started (${OUT_OF_BOUNDS})`,
};

test("a trap while a fresh core is set up is said, and the next one may start", async () => {
  for (const name of [...AT_START, "gw_disable", "gw_freeze"]) {
    const core = new Trapping(SIMD);
    const plugins = [{ name: "guestwire-plugin-test", api: 1, commands: [new Held("test-held")] }];
    const { agent, records, connect } = serve({ core, plugins });
    agent.commands.disable("guest-info");
    if (name === "gw_freeze") agent.commands.freeze();
    const peer = connect();
    core.next = "gw_feed";
    core.after = name;
    peer.send(PING);
    assert.throws(connect, FAILED_AT_ONCE, name);
    assert.equal(core.next, "", `${name} was not called`);
    assert.deepEqual(records, [failed(OUT_OF_BOUNDS, 1), failed(OUT_OF_BOUNDS, 0)], name);
    const next = connect();
    next.send(PING);
    assert.equal(next.take(), PONG, name);
    assert.deepEqual([core.starts, agent.stats.sessions], [3, 1], name);
    await agent.close();
  }
});

test("a fresh core that traps at the same is not kept", async () => {
  for (const name of ["gw_open", "gw_flags", "gw_enable", "gw_disable", "gw_freeze"]) {
    const core = new Trapping(SIMD);
    const held = new Held("test-held");
    const clock = fakeClock();
    const served = serve({ core, clock, plugins: [{ name: "guestwire-plugin-test", api: 1, commands: [held] }] });
    const { agent, records, connect } = served;
    const peer = connect();
    [core.next, core.after] = [name, name];
    assert.throws(() => WAYS[name]?.({ ...served, peer, held, clock }), FAILED_AT_ONCE, name);
    assert.equal(core.next, "", `${name} was not called twice`);
    assert.deepEqual(records, [failed(OUT_OF_BOUNDS, 1), failed(OUT_OF_BOUNDS, 0)], name);
    assert.ok(peer.closed);
    // What was not done is not done to the next one either.
    assert.equal(agent.commands.frozen, false);
    assert.ok(agent.commands.list().every(({ enabled }) => enabled));
    const next = connect();
    next.send(PING);
    assert.equal(next.take(), PONG, name);
    assert.equal(core.starts, 3, name);
    await agent.close();
  }
});

test("an agent is not made where a core traps at a command, and a fresh one as well", () => {
  for (const name of ["gw_add_builtin", "gw_add_command"]) {
    const core = new Trapping(SIMD);
    [core.next, core.after] = [name, name];
    const plugins = [{ name: "guestwire-plugin-test", api: 1, commands: [new Held("test-held")] }];
    assert.throws(() => serve({ core, plugins }), FAILED_AT_ONCE, name);
    assert.equal(core.starts, 2);
  }
});

test("who is told of a trap may connect, send and ask at once", async () => {
  const core = new Trapping(SIMD);
  const seen: number[] = [];
  const { agent, records, connect } = serve({ core });
  const later: Peer[] = [];
  // Each one that loses its session sends on another's and opens one anew.
  const first = connect();
  const second = connect();
  for (const [peer, neighbour] of [
    [first, second],
    [second, first],
  ] as const) {
    const { close } = peer;
    peer.close = () => {
      neighbour.send(PING);
      seen.push(agent.commands.list().length);
      if (later.length < 10) later.push(connect());
      return close.call(peer);
    };
  }
  core.next = "gw_feed";
  first.send(PING);
  await turn();
  assert.deepEqual(records, [failed(OUT_OF_BOUNDS, 2)]);
  assert.ok(first.closed && second.closed);
  assert.ok(seen.every((count) => count === 4));
  for (const peer of later) {
    peer.send(PING);
    assert.equal(peer.take(), PONG);
  }
  assert.ok(later.length >= 2);
  assert.equal(core.starts, 2);
  await agent.close();
});

test("a trap in the middle of another session's write costs one instance, not two", async () => {
  const core = new Trapping(SIMD);
  const { agent, records, connect } = serve({ core });
  const [outer, inner] = [connect(), connect()];
  let fresh: Peer | undefined;
  outer.takes = () => {
    core.next = "gw_feed";
    inner.send(PING);
    fresh = connect();
    // The write returns into the instance that was lost, which traps once more.
    core.next = "gw_drained";
    return true;
  };
  outer.send(PING);
  await turn();
  assert.equal(core.next, "", "the lost instance was not entered again");
  assert.deepEqual(records, [failed(OUT_OF_BOUNDS, 2)]);
  assert.ok(outer.closed && inner.closed);
  fresh?.send(PING);
  assert.equal(fresh?.take(), PONG);
  assert.equal(core.starts, 2);
  await agent.close();
});

test("a transport that cannot even close keeps nobody from being told", async () => {
  const core = new Trapping(SIMD);
  const { agent, records, sessions, connect } = serve({ core });
  const [first, second] = [connect(), connect()];
  first.close = () => {
    throw new Error("no");
  };
  core.next = "gw_feed";
  first.send(PING);
  await Promise.all(sessions.map((session) => session.closed));
  assert.ok(second.closed);
  assert.deepEqual(records, [failed(OUT_OF_BOUNDS, 2)]);
  assert.equal(agent.stats.sessions, 0);
  await agent.close();
});

test("over sockets: the clients see their connections end, and the listener goes on", async (t: TestContext) => {
  const core = new Trapping(SIMD);
  const { agent, records } = serve({ core });
  const path = join(temporaryFolder(t), "socket");
  const listener = await listenUnix(agent, path);
  t.after(async () => {
    await listener.close();
    await agent.close();
  });
  const [first, second] = [await Client.connect(path), await Client.connect(path)];
  assert.deepEqual([await first.ask(PING), await second.ask(PING)], [PONG, PONG]);
  core.next = "gw_feed";
  void first.send(PING);
  assert.deepEqual([await first.rest(), await second.rest()], ["", ""]);
  const third = await Client.connect(path);
  assert.equal(await third.ask(PING), PONG);
  third.reset();
  assert.deepEqual(records, [failed(OUT_OF_BOUNDS, 2)]);
});
