// What a command sees of its call, its peer and its agent, and what a plugin finds in its container.

import assert from "node:assert/strict";
import type { DependencyContainer } from "tsyringe";
import {
  AGENT,
  type AgentContext,
  type CallContext,
  CLOCK,
  type Clock,
  COMMAND,
  type HostCommand,
  LIMITS,
  type Limits,
  LOGGER,
  type Logger,
  type Plugin,
} from "guestwire/plugin";
import { fakeClock } from "guestwire/testing";
import { generic } from "../peer.ts";
import { PING, PONG, call, onEachBuild, ticks, withCommands } from "../wire/served.ts";

/** A command that never answers, and the contexts of its calls. */
function held(options: Partial<HostCommand> = {}): { command: HostCommand; calls: CallContext[] } {
  const calls: CallContext[] = [];
  const run = (_args: unknown, context: CallContext): Promise<never> => {
    calls.push(context);
    return new Promise(() => {});
  };
  return { command: { name: "test-held", ...options, run }, calls };
}

const HELD = call("test-held");

for (const abortOnDisconnect of [true, false]) {
  const { command, calls } = held({ abortOnDisconnect });
  onEachBuild(
    `a signal aborts when the peer goes: ${abortOnDisconnect}`,
    { ...withCommands(command), clock: fakeClock() },
    async ({ agent, connect, records }) => {
      calls.length = 0;
      const [gone, lost, stays] = [connect(), connect(), connect()];
      for (const peer of [gone, lost, stays]) peer.send(HELD);
      const heard: number[] = [];
      const signals = calls.map(({ signal }) => signal);
      for (const [index, signal] of signals.entries()) signal.addEventListener("abort", () => heard.push(index));
      gone.hangUp();
      lost.lose();
      assert.deepEqual(heard, abortOnDisconnect ? [0, 1] : []);
      assert.deepEqual(
        signals.map(({ aborted }) => aborted),
        [abortOnDisconnect, abortOnDisconnect, false],
      );
      assert.equal(signals[0]?.reason instanceof Error, abortOnDisconnect);
      // The next peer on the link that came back has a call of its own.
      lost.reopen();
      lost.send(HELD);
      assert.equal(calls.length, 4);
      assert.ok(!calls[3]?.signal.aborted);
      lost.hangUp();
      stays.hangUp();
      assert.deepEqual(records, []);
      await agent.close();
    },
  );
}

{
  const { command, calls } = held();
  const clock = fakeClock();
  onEachBuild(
    "a signal aborts when the agent closes, and the command may still answer",
    {
      ...withCommands(command, {
        name: "test-polite",
        run: (_args, { signal }) => {
          return new Promise((resolve, reject) => {
            signal.addEventListener("abort", () => {
              if (String(signal.reason).includes("the agent closes")) resolve("bye");
              else reject(signal.reason);
            });
          });
        },
      }),
      clock,
    },
    async ({ agent, connect }) => {
      const [polite, rude] = [connect(), connect()];
      polite.send(call("test-polite") + PING);
      rude.send(HELD);
      const closed = agent.close();
      await ticks();
      // What was not read yet when it began to close is not answered.
      assert.equal(polite.take(), '{"return": "bye"}\n');
      assert.ok(polite.closed && !rude.closed);
      const { signal } = calls.at(-1)!;
      assert.ok(signal.aborted, "asked for when all was over");
      assert.throws(() => signal.throwIfAborted(), /the agent closes/);
      for (let second = 0; second < 5; second++) clock.pass(1000);
      await closed;
      assert.ok(rude.closed);
      assert.equal(rude.received, "");
    },
  );
}

{
  const { command, calls } = held({ abortOnDisconnect: false });
  const clock = fakeClock();
  onEachBuild(
    "an agent that closes gives up what nobody waits for",
    { ...withCommands(command), clock },
    async ({ agent, connect }) => {
      const peer = connect();
      peer.send(HELD);
      peer.hangUp();
      const { signal } = calls.at(-1)!;
      assert.ok(!signal.aborted);
      await agent.close();
      assert.ok(signal.aborted);
      assert.equal(clock.pending, 0, "not even a deadline is left, which would keep the program");
    },
  );
}

{
  const events: string[] = [];
  const counter = (plugin: string): Plugin => ({
    name: plugin,
    api: 1,
    commands: [
      {
        name: `test-count-${plugin}`,
        run: (_args, { session }) => {
          const state = session.state(
            "count",
            () => ({ count: 0 }),
            ({ count }) => events.push(`${plugin} ${session.id}: ${count}`),
          );
          return ++state.count;
        },
      },
    ],
  });
  onEachBuild(
    "state is a session's own and a plugin's own, and ends with the peer",
    { plugins: [counter("a"), counter("b")] },
    async ({ agent, connect }) => {
      events.length = 0;
      const [one, two] = [connect(), connect()];
      const a = call("test-count-a");
      one.send(a + a + call("test-count-b"));
      two.send(a);
      assert.equal(one.take(), '{"return": 1}\n{"return": 2}\n{"return": 1}\n');
      assert.equal(two.take(), '{"return": 1}\n');
      // A link that is lost and comes back brings another peer.
      one.lose();
      assert.deepEqual(events.splice(0), ["a 1: 2", "b 1: 1"]);
      one.reopen();
      one.send(a);
      assert.equal(one.take(), '{"return": 1}\n');
      two.hangUp();
      assert.deepEqual(events.splice(0), ["a 2: 1"]);
      // With the plugin, too; then it is made anew.
      await agent.plugins.replace(counter("a"));
      assert.deepEqual(events.splice(0), ["a 1: 1"]);
      one.send(a);
      assert.equal(one.take(), '{"return": 1}\n');
      await agent.close();
      assert.deepEqual(events, ["a 1: 1"]);
    },
  );
}

{
  const disposed: string[] = [];
  let context: CallContext | undefined;
  onEachBuild(
    "state that is asked for when the peer has gone is disposed of at once",
    {
      ...withCommands({
        name: "test-held",
        run: (_args, own) => {
          context = own;
          return new Promise(() => {});
        },
      }),
      clock: fakeClock(),
    },
    ({ connect }) => {
      const peer = connect();
      peer.send(HELD);
      peer.hangUp();
      const value = context?.session.state(
        "late",
        () => "late",
        (state) => disposed.push(state),
      );
      assert.equal(value, "late");
      assert.deepEqual(disposed.splice(0), ["late"]);
    },
  );
}

{
  let seen: unknown;
  onEachBuild(
    "a command sees its agent's version, commands and state",
    {
      version: "1.2.3",
      policy: { block: ["test-off"] },
      ...withCommands(
        {
          name: "test-look",
          arguments: { "unit?": { enum: ["s", "ns"] } },
          returns: "int",
          whileFrozen: true,
          run: (_args, { agent, logging }) => {
            seen = { version: agent.version, frozen: agent.frozen, logging, commands: agent.commands() };
            return 1;
          },
        },
        { name: "test-off", successResponse: false, run: () => 1 },
      ),
      standard: false,
    },
    ({ agent, ask }) => {
      const plugin = "guestwire-plugin-test";
      const look = {
        name: "test-look",
        plugin,
        enabled: true,
        successResponse: true,
        arguments: { "unit?": { enum: ["s", "ns"] } },
        returns: "int",
      };
      const off = { name: "test-off", plugin, enabled: false, successResponse: false };
      assert.equal(ask(call("test-look")), '{"return": 1}\n');
      assert.deepEqual(seen, { version: "1.2.3", frozen: false, logging: true, commands: [look, off] });
      agent.commands.disable("test-off", "why");
      agent.commands.freeze();
      assert.equal(ask(call("test-look")), '{"return": 1}\n');
      const commands = [look, { ...off, reason: "why" }];
      assert.deepEqual(seen, { version: "1.2.3", frozen: true, logging: false, commands });
      agent.commands.thaw();
    },
  );
}

/** A service of a plugin's own. */
class Meter {
  readonly parts: readonly [Logger, Clock, Limits, AgentContext];

  constructor(container: DependencyContainer) {
    this.parts = [
      container.resolve(LOGGER),
      container.resolve(CLOCK),
      container.resolve(LIMITS),
      container.resolve(AGENT),
    ];
  }

  read(): unknown[] {
    const [logger, clock, limits, agent] = this.parts;
    logger.log("info", "general", "read");
    return [clock.now(), limits.commandMs, agent.version, agent.commands().length];
  }
}

const METER = Symbol.for("guestwire-plugin-meter/Meter/1");

/** A plugin that binds factories, and needs of tsyringe nothing but its types. */
const meter: Plugin = {
  name: "guestwire-plugin-meter",
  api: 1,
  register(container) {
    let made: Meter | undefined;
    container.register(METER, { useFactory: (scope) => (made ??= new Meter(scope)) });
    container.register<HostCommand>(COMMAND, {
      useFactory: (scope) => {
        const service = scope.resolve<Meter>(METER);
        return { name: "meter-read", run: () => service.read() };
      },
    });
    container.register<HostCommand>(COMMAND, {
      useFactory: (scope) => ({ name: "meter-same", run: () => scope.resolve(METER) === made }),
    });
  },
  // Both ways at once.
  commands: [{ name: "meter-plain", run: () => "plain" }],
};

onEachBuild(
  "a plugin binds factories, finds the agent's services by token and brings its own",
  { plugins: [meter], version: "7.2", limits: { commandMs: 1234 }, clock: fakeClock() },
  ({ agent, ask, records }) => {
    assert.equal(ask(call("meter-read")), '{"return": [0, 1234, "7.2", 7]}\n');
    assert.equal(
      ask(call("meter-same") + call("meter-plain") + PING),
      `{"return": true}\n{"return": "plain"}\n${PONG}`,
    );
    // A plugin's log has its name.
    assert.deepEqual(
      records.filter((record) => record.includes(" general ")),
      ["info general guestwire-plugin-meter: read"],
    );
    assert.deepEqual(agent.plugins.list().at(-1), {
      name: "guestwire-plugin-meter",
      api: 1,
      commands: ["meter-read", "meter-same", "meter-plain"],
    });
    agent.commands.freeze();
    records.length = 0;
    agent.commands.thaw();
  },
);

{
  let scopes: DependencyContainer[] = [];
  const peeping = (name: string): Plugin => ({
    name,
    api: 1,
    register(container) {
      scopes.push(container);
      container.register("secret", { useValue: name });
      container.register(LIMITS, { useValue: { commandMs: 1 } });
    },
    commands: [{ name: `test-${name}`, run: () => new Promise(() => {}) }],
  });
  onEachBuild(
    "what a plugin binds is seen by nobody else",
    { plugins: [peeping("one"), peeping("two")], clock: fakeClock() },
    ({ connect, agent }) => {
      assert.deepEqual(
        scopes.map((scope) => scope.resolve("secret")),
        ["one", "two"],
      );
      scopes = scopes.slice(2);
      // Not even the agent: its own limits stand.
      const peer = connect();
      peer.send(call("test-one"));
      assert.equal(peer.take(), "");
      assert.equal(agent.plugins.list().length, 3);
      peer.hangUp();
    },
  );
}

onEachBuild(
  "a call is marked only where it succeeds",
  withCommands({
    name: "test-mark",
    arguments: { "fail?": "bool" },
    run: ({ fail }, { delimit }) => {
      delimit();
      if (fail === true) throw new Error("no");
      return null;
    },
  }),
  ({ ask }) => {
    assert.equal(ask(call("test-mark") + call("guest-ping")), `\xff{"return": null}\n${PONG}`);
    assert.equal(ask('{"execute":"test-mark","arguments":{"fail":true}}' + PING), generic("no") + PONG);
  },
);
