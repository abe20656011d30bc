// What an agent keeps of a plugin: what its author's objects turn into later is nothing to it.

import assert from "node:assert/strict";
import { AGENT, FREEZE, type HostCommand, LIMITS, type Members, type Plugin, type Type } from "guestwire/plugin";
import { generic } from "../peer.ts";
import { PING, PONG, call, onEachBuild } from "../wire/served.ts";

/** An object whose every member can be read once, by the agent that takes it. */
function once<T extends object>(object: T): T {
  const asked = new Set<string | symbol>();
  return new Proxy(object, {
    get(target, key) {
      if (asked.has(key)) throw new Error(`asked twice for ${String(key)}`);
      asked.add(key);
      return Reflect.get(target, key) as unknown;
    },
  });
}

onEachBuild("a plugin and its commands are asked once for what they are", {}, async ({ agent, connect, records }) => {
  const command = once<HostCommand>({
    name: "test-once",
    arguments: { "a?": "int" },
    returns: "int",
    timeoutMs: 5000,
    abortOnDisconnect: true,
    run: (_args, { log }) => {
      log("info", "runs");
      return new Promise(() => {});
    },
  });
  const plugin = once<Plugin>({ name: "once", api: 1, commands: [command] });
  agent.plugins.add(plugin);
  const [one, two] = [connect(), connect()];
  one.send(call("test-once"));
  // It is told that its peer goes.
  one.hangUp();
  two.send(`{"execute":"test-once","arguments":{"b":1}}\n`);
  assert.equal(two.take(), generic("Parameter 'b' is unexpected"));
  assert.equal(agent.commands.list().at(-1)?.plugin, "once");
  assert.deepEqual(agent.plugins.list().at(-1), { name: "once", api: 1, commands: ["test-once"] });
  const gone = agent.plugins.remove("once");
  two.send(PING);
  assert.equal(two.take(), PONG);
  await agent.close();
  await gone;
  assert.deepEqual(records.slice(0, 1), ["info general once: test-once: runs"]);
});

onEachBuild("what an author changes later counts for nothing", {}, async ({ agent, connect }) => {
  const list: [string] = ["int"];
  const declared = { a: list, "b?": { object: { __proto__: null, c: "str" } } } as unknown as Members;
  class Counter implements HostCommand {
    name = "test-count";
    arguments = declared;
    timeoutMs = 1000;
    private count = 0;
    run(): unknown {
      return ++this.count;
    }
  }
  const command = new Counter();
  const commands: HostCommand[] = [command];
  agent.plugins.add({ name: "counter", api: 1, commands });
  const listed = agent.commands.list();
  assert.deepEqual(listed.at(-1)?.arguments, { a: ["int"], "b?": { object: { c: "str" } } });
  list[0] = "nonsense";
  commands.pop();
  Object.assign(command, { name: "test-other", timeoutMs: 5n, run: () => "other" });
  const peer = connect();
  peer.send(`{"execute":"test-count","arguments":{"a":[1]}}\n`.repeat(2) + call("test-count"));
  assert.equal(peer.take(), `{"return": 1}\n{"return": 2}\n${generic("Parameter 'a' is missing")}`);
  assert.deepEqual(agent.commands.list(), listed);
  // Who asks cannot change it either.
  const shown = listed.at(-1)?.arguments as unknown as { a: string[] };
  assert.throws(() => (shown.a[0] = "str"), TypeError);
  await agent.plugins.remove("counter");
  assert.deepEqual(
    agent.commands.list().map(({ name }) => name),
    ["guest-sync-delimited", "guest-sync", "guest-ping", "guest-info"],
  );
  peer.hangUp();
});

onEachBuild("no plugin can change what others see", {}, ({ agent, ask }) => {
  const read: [object, string][] = [];
  agent.plugins.add({
    name: "evil",
    api: 1,
    register(container) {
      read.push([container.resolve<object>(AGENT), "version"], [container.resolve<object>(AGENT), "commands"]);
      read.push([container.resolve<object>(LIMITS), "messageBytes"], [container.resolve<object>(FREEZE), "thaw"]);
    },
    commands: [{ name: "test-evil", run: (_args, { agent: context }) => void read.push([context, "version"]) }],
  });
  assert.equal(ask(call("test-evil")), PONG);
  assert.equal(read.length, 5);
  for (const [object, key] of read) assert.ok(!Reflect.set(object, key, 1), key);
});

onEachBuild("an undefined portable is none", {}, ({ agent, ask }) => {
  const command = { name: "test-plain", portable: undefined, run: () => 1 };
  agent.plugins.add({ name: "plain", api: 1, commands: [command as HostCommand] });
  assert.equal(ask(call("test-plain")), '{"return": 1}\n');
});

onEachBuild("a type that is shared at each level is looked at once", {}, ({ agent }) => {
  let type: Type = "str";
  for (let level = 0; level < 60; level++) type = { object: { a: type, b: type } };
  let members: Members = { a: "str" };
  for (let level = 0; level < 60; level++) members = { a: { object: members }, b: { object: members } };
  const run = (): void => {};
  agent.plugins.add({
    name: "shared",
    api: 1,
    commands: [{ name: "test-shared", arguments: members, returns: type, run }],
  });
  assert.equal(agent.commands.list().at(-1)?.name, "test-shared");
});

onEachBuild("a plugin in its own place, with the same commands, goes on", {}, async ({ agent, connect }) => {
  const answers: (() => void)[] = [];
  const plugin: Plugin = {
    name: "same",
    api: 1,
    commands: [{ name: "test-same", run: () => new Promise((resolve) => answers.push(() => resolve(1))) }],
  };
  agent.plugins.add(plugin);
  const peer = connect();
  peer.send(call("test-same").repeat(2));
  const gone = agent.plugins.replace(plugin);
  answers.shift()?.();
  await gone;
  assert.equal(peer.take(), '{"return": 1}\n');
  answers.shift()?.();
  await undefined;
  await undefined;
  assert.equal(peer.take(), '{"return": 1}\n');
  peer.hangUp();
});
