// Plugins that come and go while sessions run and calls are under way.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Agent, COMMAND, type Core, type HostCommand, type Plugin, createAgent } from "guestwire";
import { wasmFrom } from "guestwire/wasm";
import { fakeClock } from "guestwire/testing";
import { BUILDS, ENGINES, MODULES } from "../engines.ts";
import { type Export, type Exports, FUNCTIONS } from "../exports.ts";
import { Peer } from "../peer.ts";
import { RUNS, SEED } from "../property/settings.ts";
import { PING, PONG, call, notFound, onEachBuild, ticks } from "../wire/served.ts";

const unknown = (name: string): string => notFound(`The command ${name} has not been found`);
const disabled = (name: string): string => notFound(`Command ${name} has been disabled`);

/** A plugin whose commands answer with this. */
function answers(plugin: string, answer: unknown, ...names: string[]): Plugin {
  return { name: plugin, api: 1, commands: names.map((name) => ({ name, run: () => answer })) };
}

const STANDARD = ["guest-info", "guest-ping", "guest-sync", "guest-sync-delimited"];

/** What guest-info lists besides the standard commands, in its order; with `-` before those that are disabled. */
function info(peer: Peer): string[] {
  peer.send(call("guest-info"));
  const { return: reply } = JSON.parse(peer.take()) as {
    return: { supported_commands: { name: string; enabled: boolean }[] };
  };
  return reply.supported_commands
    .filter(({ name }) => !STANDARD.includes(name))
    .map(({ name, enabled }) => `${enabled ? "" : "-"}${name}`);
}

/** All that can be seen of an agent's plugins from inside. */
function look(agent: Agent): unknown {
  return { plugins: agent.plugins.list(), commands: agent.commands.list() };
}

onEachBuild("what comes and goes is seen at once, on sessions that run", {}, async ({ agent, connect }) => {
  const [peer, half] = [connect(), connect()];
  half.send('{"execute":"test-on');
  agent.plugins.add(answers("one", 1, "test-one", "test-two"));
  assert.deepEqual(info(peer), ["test-two", "test-one"]);
  half.send('e"}');
  assert.equal(half.take(), '{"return": 1}\n');
  agent.plugins.add(answers("two", 2, "test-three"));
  assert.deepEqual(info(peer), ["test-three", "test-two", "test-one"]);
  half.send('{"execute":"test-on');
  await agent.plugins.remove("one");
  assert.deepEqual(info(peer), ["test-three"]);
  half.send('e","id":1}');
  assert.equal(half.take(), `{"id": 1, ${unknown("test-one").slice(1)}`);
  agent.plugins.add(answers("one", 3, "test-one"));
  assert.deepEqual(info(peer), ["test-one", "test-three"]);
  // The standard ones are a plugin like others.
  await agent.plugins.remove("guestwire-standard");
  peer.send(PING);
  assert.equal(peer.take(), unknown("guest-ping"));
  half.send(call("test-one"));
  assert.equal(half.take(), '{"return": 3}\n');
  peer.hangUp();
  half.hangUp();
});

/** A plugin whose calls are answered by the test, with a service that says when it is disposed of. */
class Slow implements Plugin {
  readonly name: string;
  readonly api = 1;
  readonly waiting: ((value: unknown) => void)[] = [];
  /** What happened: `made`, `disposed`, `state gone`. */
  readonly events: string[] = [];
  private readonly commandNames: readonly string[];

  constructor(name: string, ...commandNames: string[]) {
    this.name = name;
    this.commandNames = commandNames;
  }

  register(container: Parameters<NonNullable<Plugin["register"]>>[0]): void {
    const { events, waiting } = this;
    class Service {
      constructor() {
        events.push("made");
      }
      dispose(): void {
        events.push("disposed");
      }
    }
    container.registerSingleton("service", Service);
    for (const name of this.commandNames) {
      container.register<HostCommand>(COMMAND, {
        useFactory: (scope) => {
          scope.resolve("service");
          return {
            name,
            run: (_args, { session }) => {
              session.state(
                this,
                () => 1,
                () => events.push("state gone"),
              );
              return new Promise((resolve) => waiting.push(resolve));
            },
          };
        },
      });
    }
  }
}

onEachBuild("calls that are under way are answered, then the plugin is disposed of, once", {}, async (served) => {
  const { agent, connect } = served;
  const plugin = new Slow("slow", "test-slow", "test-other");
  agent.plugins.add(plugin);
  assert.deepEqual(plugin.events, ["made"]);
  const [one, two, three] = [connect(), connect(), connect()];
  one.send(call("test-slow") + call("test-slow") + PING);
  two.send(call("test-other"));
  const order: string[] = [];
  const gone = agent.plugins.remove("slow").then(() => order.push("gone"));
  three.send(call("test-slow") + PING);
  assert.equal(three.take(), unknown("test-slow") + PONG);
  await ticks();
  assert.deepEqual(plugin.events, ["made"]);
  plugin.waiting[0]?.("first");
  await ticks();
  // What waits behind the call looks the command up when its turn comes.
  assert.equal(one.take(), `{"return": "first"}\n${unknown("test-slow")}${PONG}`);
  assert.deepEqual([order, plugin.events], [[], ["made"]]);
  plugin.waiting[1]?.("second");
  await gone;
  assert.equal(two.take(), '{"return": "second"}\n');
  assert.deepEqual(plugin.events, ["made", "state gone", "state gone", "disposed"]);
  for (const peer of [one, two, three]) peer.hangUp();
  await agent.close();
  assert.deepEqual(plugin.events, ["made", "state gone", "state gone", "disposed"]);
});

onEachBuild("a replaced plugin finishes its calls beside the new one", {}, async ({ agent, connect }) => {
  const old = new Slow("slow", "test-slow", "test-old");
  agent.plugins.add(old);
  agent.plugins.add(answers("last", 0, "test-last"));
  const [one, two] = [connect(), connect()];
  one.send(call("test-slow") + call("test-slow"));
  const next = new Slow("slow", "test-new", "test-slow");
  const replaced = agent.plugins.replace(next);
  // In the place of the old one: guest-info has the last one first.
  assert.deepEqual(info(two), ["test-last", "test-slow", "test-new"]);
  assert.deepEqual(
    agent.plugins.list().map(({ name }) => name),
    ["guestwire-standard", "slow", "last"],
  );
  two.send(call("test-slow"));
  next.waiting[0]?.("new");
  await ticks();
  assert.equal(two.take(), '{"return": "new"}\n');
  assert.deepEqual([old.events, next.events], [["made"], ["made"]]);
  old.waiting[0]?.("old");
  await replaced;
  assert.deepEqual(old.events, ["made", "state gone", "disposed"]);
  next.waiting[1]?.("new again");
  await ticks();
  assert.equal(one.take(), '{"return": "old"}\n{"return": "new again"}\n');
  one.hangUp();
  assert.deepEqual(next.events, ["made", "state gone"]);
  two.hangUp();
  await agent.close();
  assert.deepEqual(next.events, ["made", "state gone", "state gone", "disposed"]);
  assert.deepEqual(old.events, ["made", "state gone", "disposed"]);
});

onEachBuild("an agent that closes disposes of plugins that were leaving, too", {}, async ({ agent, connect }) => {
  const plugin = new Slow("slow", "test-slow");
  agent.plugins.add(plugin);
  const peer = connect();
  peer.send(call("test-slow"));
  // Its peer goes, the call does not.
  peer.hangUp();
  const gone = agent.plugins.remove("slow");
  await agent.close();
  await gone;
  assert.deepEqual(plugin.events, ["made", "state gone", "disposed"]);
  plugin.waiting[0]?.(1);
  await ticks();
  assert.deepEqual(plugin.events, ["made", "state gone", "disposed"]);
});

onEachBuild(
  "the policy holds for what is added, and switches stay over a replace",
  { policy: { block: ["test-blocked", "test-later"] } },
  async ({ agent, connect }) => {
    const { commands, plugins } = agent;
    const peer = connect();
    plugins.add(answers("one", 1, "test-blocked", "test-a", "test-b"));
    assert.deepEqual(info(peer), ["test-b", "test-a", "-test-blocked"]);
    peer.send(call("test-blocked"));
    assert.equal(peer.take(), disabled("test-blocked"));
    // The owner changes his mind about two of them.
    commands.enable("test-blocked");
    commands.disable("test-a", "broken");
    await plugins.replace(answers("one", 2, "test-later", "test-a", "test-blocked", "test-c"));
    assert.deepEqual(info(peer), ["test-c", "test-blocked", "-test-a", "-test-later"]);
    peer.send(call("test-a") + call("test-blocked") + call("test-b"));
    assert.equal(
      peer.take(),
      `${notFound("Command test-a has been disabled: broken")}{"return": 2}\n${unknown("test-b")}`,
    );
    // What was taken out is new when it comes back.
    await plugins.remove("one");
    plugins.add(answers("one", 3, "test-a", "test-blocked"));
    assert.deepEqual(info(peer), ["-test-blocked", "test-a"]);
    peer.hangUp();
  },
);

onEachBuild(
  "a list of what is allowed holds for what is added",
  { policy: { allow: ["test-a", "guest-info"] } },
  (served) => {
    const peer = served.connect();
    served.agent.plugins.add(answers("one", 1, "test-a", "test-b"));
    assert.deepEqual(info(peer), ["-test-b", "test-a"]);
    peer.hangUp();
  },
);

onEachBuild("frozen it stays, whatever comes", {}, async ({ agent, connect }) => {
  const frozen = (name: string): string => notFound(`Command ${name} has been disabled: the agent is in frozen state`);
  const peer = connect();
  const still = (answer: number): Plugin => ({
    name: "one",
    api: 1,
    commands: [
      { name: "test-still", whileFrozen: true, run: () => answer },
      { name: "test-moving", run: () => answer },
    ],
  });
  agent.plugins.add(still(1));
  agent.commands.freeze();
  await agent.plugins.replace(still(2));
  agent.plugins.add(answers("two", 3, "test-other"));
  peer.send(call("test-still") + call("test-moving") + call("test-other"));
  assert.equal(peer.take(), `{"return": 2}\n${frozen("test-moving")}${frozen("test-other")}`);
  assert.deepEqual(info(peer), ["-test-other", "-test-moving", "test-still"]);
  agent.commands.thaw();
  peer.send(call("test-moving") + call("test-other"));
  assert.equal(peer.take(), '{"return": 2}\n{"return": 3}\n');
  peer.hangUp();
});

const run = (): number => 1;
const withOne = (command: object): unknown => ({
  name: "new",
  api: 1,
  commands: [{ name: "test-new", run, ...command }],
});
const deep: unknown[] = [];
deep.push({ object: { "more?": deep } });
const thrower = (): never => {
  throw new Error("out of ink");
};

/** Plugins that no agent takes, with the code and the words of the refusal. */
const REFUSED: readonly (readonly [plugin: unknown, code: string, message: RegExp])[] = [
  [undefined, "GW_ERR_PLUGIN", /^a plugin is an object with a name/],
  [null, "GW_ERR_PLUGIN", /^a plugin is/],
  ["new", "GW_ERR_PLUGIN", /^a plugin is/],
  [{ api: 1 }, "GW_ERR_PLUGIN", /^a plugin is/],
  [{ name: "", api: 1 }, "GW_ERR_PLUGIN", /^a plugin is/],
  [{ name: "a\nb", api: 1 }, "GW_ERR_PLUGIN", /^"a\\nb" is no name for a plugin/],
  [{ name: "a: b", api: 1 }, "GW_ERR_PLUGIN", /^"a: b" is no name/],
  [{ name: "@scope/", api: 1 }, "GW_ERR_PLUGIN", /is no name/],
  [{ name: "a/b", api: 1 }, "GW_ERR_PLUGIN", /is no name/],
  [{ name: "x".repeat(215), api: 1 }, "GW_ERR_PLUGIN", /214 at most/],
  [Object.defineProperty({ api: 1 }, "name", { get: thrower }), "GW_ERR_PLUGIN", /cannot be asked.*out of ink/],
  [new Proxy({}, { get: thrower }), "GW_ERR_PLUGIN", /cannot be asked.*out of ink/],
  [{ name: "new", api: Object.create(null) as unknown }, "GW_ERR_API", /a value that has no text/],
  [{ name: "new" }, "GW_ERR_API", /plugin 'new': it is written for API undefined; this agent has API 1/],
  [{ name: "new", api: 2 }, "GW_ERR_API", /'new'.* API 2/],
  [{ name: "new", api: "1" }, "GW_ERR_API", /'new'.* API 1/],
  [{ name: "new", api: Symbol("s") }, "GW_ERR_API", /Symbol/],
  [{ name: "new", api: 1, commands: 7 }, "GW_ERR_PLUGIN", /'new'.*registration failed/],
  [{ name: "new", api: 1, commands: [undefined] }, "GW_ERR_PLUGIN", /'new'.*a command is an object/],
  [{ name: "new", api: 1, commands: ["test-new"] }, "GW_ERR_PLUGIN", /'new'.*a command is an object/],
  [{ name: "new", api: 1, register: thrower }, "GW_ERR_PLUGIN", /'new'.*out of ink/],
  [{ name: "new", api: 1, register: async () => thrower() }, "GW_ERR_PLUGIN", /'new'.*asynchronous/],
  [
    { name: "new", api: 1, register: (scope: { resolve(token: symbol): void }) => scope.resolve(Symbol("missing")) },
    "GW_ERR_PLUGIN",
    /'new'.*missing/,
  ],
  [withOne({ run: undefined }), "GW_ERR_PLUGIN", /'new'.*'test-new' has no function run/],
  [withOne({ name: undefined }), "GW_ERR_COMMAND_NAME", /'new'.*'undefined' is no name/],
  [withOne({ name: Symbol("s") }), "GW_ERR_COMMAND_NAME", /'new'.*'Symbol\(s\)' is no name/],
  [withOne({ name: Object.create(null) as unknown }), "GW_ERR_COMMAND_NAME", /a value that has no text/],
  [withOne({ name: "" }), "GW_ERR_COMMAND_NAME", /'new'/],
  [withOne({ name: "test new" }), "GW_ERR_COMMAND_NAME", /'new'.*'test new'/],
  [withOne({ name: "-x" }), "GW_ERR_COMMAND_NAME", /after the first of them '-' and '\.' too/],
  [withOne({ name: ".x" }), "GW_ERR_COMMAND_NAME", /'new'/],
  [withOne({ portable: 5 }), "GW_ERR_PLUGIN", /'new'.*not a constructor/],
  [withOne({ portable: class {} }), "GW_ERR_PLUGIN", /portable of command 'test-new' must be null or a class/],
  [
    withOne({
      portable: class {
        readonly text = thrower();
      },
    }),
    "GW_ERR_PLUGIN",
    /'new'.*out of ink/,
  ],
  [withOne({ portable: undefined, run: undefined }), "GW_ERR_PLUGIN", /'test-new' has no function run/],
  [withOne({ name: "x".repeat(129) }), "GW_ERR_COMMAND_NAME", /128 at most/],
  [withOne({ name: "guest-ping" }), "GW_ERR_DUPLICATE_COMMAND", /'new'.*two commands named 'guest-ping'/],
  [
    {
      ...(withOne({}) as Plugin),
      commands: [
        { name: "test-x", run },
        { name: "test-x", run },
      ],
    },
    "GW_ERR_DUPLICATE_COMMAND",
    /'test-x'/,
  ],
  [withOne({ timeoutMs: -1 }), "GW_ERR_LIMIT", /'new'.*timeoutMs of command 'test-new'/],
  [withOne({ timeoutMs: 2 ** 31 }), "GW_ERR_LIMIT", /2147483647/],
  [withOne({ timeoutMs: "1" }), "GW_ERR_LIMIT", /integer/],
  [
    {
      name: "new",
      api: 1,
      commands: [
        { name: "test-z", run },
        { name: "test-new", portable: null },
      ],
    },
    "GW_ERR_UNKNOWN_COMMAND",
    /'new'.*no command 'test-new'/,
  ],
  ...(
    [
      [{ a: "string" }, /'test-new': 'a' has the unknown type 'string'/],
      [{ a: "toString" }, /unknown type 'toString'/],
      [{ a: 7 }, /'a' must be a type word/],
      [{ a: null }, /'a' must be/],
      [{ a: [] }, /'a' must be a list of one type/],
      [{ a: ["str", "int"] }, /'a' must be a list of one type/],
      [{ a: [["nope"]] }, /'a\[\]\[\]' has the unknown type 'nope'/],
      [{ a: { enum: [] } }, /'a' must be/],
      [{ a: { enum: [1] } }, /'a' must be/],
      [{ a: { enum: ["a"], object: {} } }, /'a' must be/],
      [{ a: { object: "str" } }, /'a' must be an object of types by name/],
      [{ a: { object: { b: "nope" } } }, /'a\.b' has the unknown type 'nope'/],
      [{ a: { type: "str" } }, /'a' must be/],
      [{ "a b": "str" }, /'a b' is no name for a member/],
      [{ "1": "str" }, /'1' is no name/],
      [{ "a??": "str" }, /'a\?\?' is no name/],
      [{ a: "str", "a?": "str" }, /'a' is declared twice/],
      [{ a: deep }, /'a\[\]\.more' contains itself/],
      ["str", /arguments must be an object of types by name/],
      [["str"], /arguments must be/],
      [new Map([["a", "str"]]), /arguments must be an object of types by name/],
      [{ a: { object: new Map() } }, /'a' must be an object of types by name/],
      [
        {
          a: new (class {
            readonly enum = ["a"];
          })(),
        },
        /'a' must be/,
      ],
      [null, /arguments must be/],
      [() => true, /arguments must be/],
      [{ "~standard": { version: 2, validate: run } }, /Standard Schema version 1/],
      [{ "~standard": undefined }, /Standard Schema version 1/],
      [{ "~standard": null }, /Standard Schema version 1/],
      [{ "~standard": { version: 1 } }, /Standard Schema version 1/],
    ] as const
  ).map(([declared, message]) => [withOne({ arguments: declared }), "GW_ERR_SCHEMA", message] as const),
  [withOne({ returns: "string" }), "GW_ERR_SCHEMA", /'returns' has the unknown type 'string'/],
  [withOne({ returns: { object: { "a?": ["x"] } } }), "GW_ERR_SCHEMA", /'returns\.a\[\]' has/],
  [
    {
      name: "new",
      api: 1,
      get commands() {
        return thrower();
      },
    },
    "GW_ERR_PLUGIN",
    /out of ink/,
  ],
  [withOne({ arguments: new Proxy({}, { ownKeys: thrower }) }), "GW_ERR_PLUGIN", /out of ink/],
];

for (const [engine, core] of ENGINES) {
  test(`what is refused, added or in the place of another, leaves everything as it was (${engine})`, async () => {
    let made = 0;
    let ended = 0;
    class Service {
      constructor() {
        made++;
      }
      dispose(): void {
        ended++;
      }
    }
    const agent = createAgent({
      core,
      policy: { block: ["test-a"] },
      plugins: [answers("old", 1, "test-a", "test-b"), answers("last", 2, "test-c")],
    });
    agent.commands.enable("test-a");
    agent.commands.disable("test-b", "why");
    const peer = new Peer();
    agent.serve(peer);
    const before = look(agent);
    const listed = info(peer);
    const unchanged = (what: string): void => {
      assert.deepEqual(look(agent), before, what);
      assert.deepEqual(info(peer), listed, what);
      peer.send(call("test-a") + call("test-b") + call("test-c") + call("test-new"));
      assert.equal(
        peer.take(),
        `{"return": 1}\n${notFound("Command test-b has been disabled: why")}{"return": 2}\n${unknown("test-new")}`,
      );
    };
    for (const [plugin, code, message] of REFUSED) {
      assert.throws(
        () => agent.plugins.add(plugin as Plugin),
        { name: "GuestwireError", code, message },
        String(message),
      );
      unchanged(`add ${message}`);
      // The same in the place of another.
      if (message.source.includes("cannot be asked") || (plugin as Plugin | undefined)?.name !== "new") continue;
      const renamed = Object.defineProperty(Object.create(plugin as object) as object, "name", { value: "old" });
      await assert.rejects(agent.plugins.replace(renamed as Plugin), { name: "GuestwireError", code });
      unchanged(`replace ${message}`);
    }
    const lacking: Plugin = {
      name: "old",
      api: 1,
      commands: [...answers("old", 9, "test-b", "test-a").commands!, { name: "test-new", portable: null }],
    };
    await assert.rejects(agent.plugins.replace(lacking), { code: "GW_ERR_UNKNOWN_COMMAND" });
    unchanged("the engine takes some of them only");
    assert.throws(() => agent.plugins.add(answers("old", 9, "test-x")), { code: "GW_ERR_DUPLICATE_PLUGIN" });
    await assert.rejects(agent.plugins.replace(answers("old", 9, "test-c")), { code: "GW_ERR_DUPLICATE_COMMAND" });
    await assert.rejects(agent.plugins.replace(answers("nope", 9, "test-x")), { code: "GW_ERR_UNKNOWN_PLUGIN" });
    await assert.rejects(agent.plugins.remove("nope"), {
      code: "GW_ERR_UNKNOWN_PLUGIN",
      message: "there is no plugin 'nope'; there are: guestwire-standard, old, last",
    });
    // From within a registration nothing can be changed, and what it made goes.
    const nested: Plugin = {
      name: "nested",
      api: 1,
      register(container) {
        container.registerSingleton("service", Service);
        container.resolve("service");
        agent.plugins.add(answers("inner", 9, "test-inner"));
      },
    };
    assert.throws(() => agent.plugins.add(nested), { code: "GW_ERR_PLUGIN", message: /register cannot change/ });
    unchanged("nested");
    assert.deepEqual([made, ended], [1, 1]);
    await agent.close();
    for (const change of [
      () => agent.plugins.add(answers("x", 1, "test-x")),
      () => agent.plugins.remove("old"),
      () => agent.plugins.replace(answers("old", 1, "test-a")),
    ]) {
      await assert.rejects(async () => change(), { code: "GW_ERR_CLOSED" });
    }
  });
}

test("two agents have one plugin each to itself", async () => {
  const plugin = new Slow("slow", "test-slow");
  const agents = ENGINES.map(([, core]) => createAgent({ core, plugins: [plugin] }));
  assert.deepEqual(plugin.events, ["made", "made"]);
  const peers = agents.map((agent) => {
    const peer = new Peer();
    agent.serve(peer);
    peer.send(call("test-slow"));
    return peer;
  });
  const [first, second] = agents;
  const gone = first!.plugins.remove("slow");
  plugin.waiting[0]?.("a");
  await gone;
  assert.deepEqual(plugin.events, ["made", "made", "state gone", "disposed"]);
  plugin.waiting[1]?.("b");
  await ticks();
  assert.deepEqual(
    peers.map((peer) => peer.take()),
    ['{"return": "a"}\n', '{"return": "b"}\n'],
  );
  await Promise.all(agents.map((agent) => agent.close()));
  assert.equal(plugin.events.length, 6);
  assert.deepEqual(second!.plugins.list().length, 2);
});

{
  const clock = fakeClock();
  const ending = (name: string, dispose: () => unknown): Plugin => ({
    name,
    api: 1,
    register(container) {
      class Service {
        readonly dispose = dispose;
      }
      container.registerSingleton("service", Service);
      container.resolve("service");
    },
  });
  onEachBuild(
    "services that end badly are named in the log, and nothing waits for them",
    { clock },
    async ({ agent, records }) => {
      agent.plugins.add(ending("throws", thrower));
      agent.plugins.add(ending("rejects", () => Promise.reject(new Error("out of paper"))));
      agent.plugins.add(ending("never", () => new Promise(() => {})));
      await agent.plugins.remove("throws");
      await agent.plugins.replace(ending("rejects", () => undefined));
      const gone = agent.plugins.remove("never");
      await ticks();
      clock.pass(5000);
      await gone;
      assert.deepEqual(
        records,
        [
          ["throws", "out of ink"],
          ["rejects", "out of paper"],
          ["never", "they take more than 5000 ms"],
        ].map(([name, why]) => `warning general ${name}: its services could not be disposed of: ${why}`),
      );
      assert.equal(clock.pending, 0);
    },
  );
}

onEachBuild("each service of a plugin is disposed of, whatever others do", {}, async ({ agent, records }) => {
  const ended: string[] = [];
  const service = (name: string, dispose: () => unknown): new () => object =>
    class {
      dispose(): unknown {
        ended.push(name);
        return dispose();
      }
    };
  agent.plugins.add({
    name: "three",
    api: 1,
    register(container) {
      container.resolve(service("rejects", () => Promise.reject(new Error("out of paper"))));
      container.resolve(service("throws", thrower));
      container.resolve(service("good", ticks));
    },
  });
  await agent.plugins.remove("three");
  assert.deepEqual(ended, ["rejects", "throws", "good"]);
  const head = "warning general three: its services could not be disposed of: ";
  assert.deepEqual(records.toSorted(), [`${head}out of ink`, `${head}out of paper`]);
});

/** A core that traps, so many times, at the next calls of the function that is named. */
class Trapping implements Core {
  readonly name = "wasm";
  starts = 0;
  next: keyof Exports | "" = "";
  times = 0;
  private readonly core: Core;

  constructor(module: WebAssembly.Module) {
    this.core = wasmFrom(module);
  }

  start(log: Parameters<Core["start"]>[0]): ReturnType<Core["start"]> {
    this.starts++;
    const agent = this.core.start(log) as ReturnType<Core["start"]> & { exports: Exports };
    const { exports } = agent;
    const traps = FUNCTIONS.map((name): [string, Export] => [
      name,
      (...args) => {
        if (name !== this.next || this.times === 0) return exports[name](...args);
        this.times--;
        // A handle that is no session's: its fields lie behind the end of the memory.
        return exports.gw_feed(0x7fff_fff0, 0, 1);
      },
    ]);
    agent.exports = { ...exports, ...Object.fromEntries(traps) };
    return agent;
  }
}

for (const [build, module] of MODULES) {
  test(`after a trap a fresh core has what there is by then (${build})`, async () => {
    const core = new Trapping(module);
    const agent = createAgent({ core, policy: { block: ["test-x"] } });
    const slow = new Slow("slow", "test-slow");
    agent.plugins.add(answers("one", 1, "test-a", "test-b"));
    agent.plugins.add(answers("two", 2, "test-c"));
    agent.plugins.add(slow);
    await agent.plugins.remove("two");
    await agent.plugins.replace(answers("one", 3, "test-b", "test-x"));
    agent.commands.disable("test-b", "why");
    const [victim, waiting] = [new Peer(), new Peer()];
    for (const peer of [victim, waiting]) agent.serve(peer);
    waiting.send(call("test-slow"));
    [core.next, core.times] = ["gw_feed", 1];
    victim.send(PING);
    assert.ok(victim.closed && waiting.closed);
    const next = new Peer();
    agent.serve(next);
    assert.equal(core.starts, 2);
    assert.deepEqual(info(next), ["test-slow", "-test-x", "-test-b"]);
    agent.commands.enable("test-x");
    next.send(call("test-a") + call("test-x") + call("test-slow"));
    assert.equal(next.take(), `${unknown("test-a")}{"return": 3}\n`);
    const gone = agent.plugins.remove("slow");
    for (const resolve of slow.waiting) resolve("late");
    await gone;
    assert.equal(next.take(), '{"return": "late"}\n');
    await agent.close();
  });
}

test("a replace in which the core fails twice is refused, and a fresh core has what there was", async () => {
  for (const name of ["gw_remove", "gw_add_command", "gw_disable"] as const) {
    const core = new Trapping(MODULES[0]![1]);
    const agent = createAgent({
      core,
      policy: { block: ["test-d"] },
      plugins: [answers("one", 1, "test-a", "test-b")],
    });
    agent.plugins.add(answers("two", 2, "test-c"));
    agent.commands.disable("test-b", "why");
    const before = look(agent);
    [core.next, core.times] = [name, 2];
    await assert.rejects(agent.plugins.replace(answers("one", 3, "test-d", "test-a")), { code: "GW_ERR_WASM" }, name);
    assert.equal(core.times, 0, name);
    assert.deepEqual(look(agent), before, name);
    const peer = new Peer();
    agent.serve(peer);
    assert.deepEqual(info(peer), ["test-c", "-test-b", "test-a"], name);
    peer.send(call("test-a") + call("test-d"));
    assert.equal(peer.take(), `{"return": 1}\n${unknown("test-d")}`, name);
    await agent.close();
  }
});

// Random sequences, beside a model.

const NAMES = ["a", "b", "c"] as const;
const COMMANDS = ["test-a", "test-b", "test-c", "test-d"] as const;
const commandNames = fc.uniqueArray(fc.constantFrom(...COMMANDS), { maxLength: 3 });

type Step =
  | { readonly what: "add" | "replace"; readonly plugin: string; readonly commands: readonly string[] }
  | { readonly what: "remove"; readonly plugin: string }
  | { readonly what: "enable" | "disable"; readonly command: string }
  | { readonly what: "freeze" | "thaw" | "call" | "answer" };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    what: fc.constantFrom("add" as const, "replace" as const),
    plugin: fc.constantFrom(...NAMES),
    commands: commandNames,
  }),
  fc.record({ what: fc.constant("remove" as const), plugin: fc.constantFrom(...NAMES) }),
  fc.record({ what: fc.constantFrom("enable" as const, "disable" as const), command: fc.constantFrom(...COMMANDS) }),
  fc.record({ what: fc.constantFrom("freeze" as const, "thaw" as const, "call" as const, "answer" as const) }),
);

const BLOCKED = "test-c";

/** What an agent should have: its plugins with their commands in order, and who of them is disabled. */
class Model {
  plugins: { name: string; commands: readonly string[] }[] = [];
  disabled = new Set<string>();
  frozen = false;

  commands(): string[] {
    return this.plugins.flatMap(({ commands }) => commands);
  }

  /** Puts this list in place, where it has no command twice. */
  set(plugins: Model["plugins"]): boolean {
    const before = this.commands();
    const after = plugins.flatMap(({ commands }) => commands);
    if (new Set(after).size < after.length) return false;
    this.plugins = plugins;
    this.disabled = new Set(
      after.filter((name) => (before.includes(name) ? this.disabled.has(name) : name === BLOCKED)),
    );
    return true;
  }

  /** Whether the agent should do it; then the model has done it. */
  take(step: Step): boolean {
    switch (step.what) {
      case "add":
        if (this.plugins.some(({ name }) => name === step.plugin)) return false;
        return this.set([...this.plugins, { name: step.plugin, commands: step.commands }]);
      case "replace":
        if (this.plugins.every(({ name }) => name !== step.plugin)) return false;
        return this.set(
          this.plugins.map((one) => (one.name === step.plugin ? { ...one, commands: step.commands } : one)),
        );
      case "remove":
        if (this.plugins.every(({ name }) => name !== step.plugin)) return false;
        return this.set(this.plugins.filter(({ name }) => name !== step.plugin));
      case "enable":
      case "disable":
        if (!this.commands().includes(step.command)) return false;
        if (step.what === "enable") this.disabled.delete(step.command);
        else this.disabled.add(step.command);
        return true;
      case "freeze":
      case "thaw":
        this.frozen = step.what === "freeze";
        return true;
      default:
        return true;
    }
  }

  /** As guest-info has it. */
  info(): string[] {
    return this.commands()
      .toReversed()
      .map((name) => (this.frozen || this.disabled.has(name) ? `-${name}` : name));
  }
}

async function play(core: Core, steps: readonly Step[]): Promise<void> {
  const agent = createAgent({ core, policy: { block: [BLOCKED] } });
  const model = new Model();
  const [peer, caller] = [new Peer(), new Peer()];
  agent.serve(peer);
  agent.serve(caller);
  const waiting: (() => void)[] = [];
  const changes: Promise<void>[] = [];
  let calls = 0;
  const pluginOf = (name: string, commands: readonly string[]): Plugin => ({
    name,
    api: 1,
    commands: commands.map((command) => ({
      name: command,
      run: () => new Promise((resolve) => waiting.push(() => resolve(1))),
    })),
  });
  const go = (step: Step): void => {
    if (step.what === "add") agent.plugins.add(pluginOf(step.plugin, step.commands));
    else if (step.what === "replace") changes.push(agent.plugins.replace(pluginOf(step.plugin, step.commands)));
    else if (step.what === "remove") changes.push(agent.plugins.remove(step.plugin));
    else if (step.what === "enable" || step.what === "disable") agent.commands[step.what](step.command);
    else if (step.what === "freeze" || step.what === "thaw") agent.commands[step.what]();
    else if (step.what === "answer") waiting.shift()?.();
    else {
      calls++;
      caller.send(call(model.commands()[0] ?? "test-none"));
    }
  };
  for (const step of steps) {
    const isTaken = model.take(step);
    const refusals = changes.length;
    let refused = false;
    try {
      go(step);
      // A refused change of a plugin is a rejected promise.
      const change = changes.at(refusals);
      if (change !== undefined && !isTaken) {
        await assert.rejects(change);
        changes.pop();
        refused = true;
      }
    } catch {
      refused = true;
    }
    assert.equal(refused, !isTaken, JSON.stringify(step));
    await ticks();
    assert.deepEqual(info(peer), model.info(), JSON.stringify(step));
    assert.deepEqual(
      agent.plugins.list().slice(1),
      model.plugins.map((one) => ({ name: one.name, api: 1, commands: one.commands })),
    );
  }
  // All that was called is answered, whoever is gone by then, and all that left is gone.
  for (let round = 0; round <= calls; round++) {
    for (const answer of waiting.splice(0)) answer();
    await ticks();
  }
  await Promise.all(changes);
  assert.equal(caller.take().split("\n").length - 1, calls);
  await agent.close();
}

test("any sequence of changes leaves what a model has", async (t) => {
  t.diagnostic(`seed ${SEED} (set GW_SEED to repeat)`);
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 1, maxLength: 30, size: "max" }), async (steps) => {
      for (const [, core] of BUILDS.slice(0, 2)) await play(core, steps);
    }),
    { seed: SEED, numRuns: Math.ceil(RUNS / 100) },
  );
});
