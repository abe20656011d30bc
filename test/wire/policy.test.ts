// A policy that changes while sessions run.

import assert from "node:assert/strict";
import { createAgent } from "guestwire";
import { test } from "node:test";
import { PING, PONG, call, notFound, onEachBuild, withCommands } from "./served.ts";

const DISABLED = notFound("Command guest-ping has been disabled");

onEachBuild("a new policy holds for running sessions, and for commands that come later", {}, ({ agent, connect }) => {
  const peer = connect();
  const ask = (text: string): string => {
    peer.send(text);
    return peer.take();
  };
  const { commands } = agent;
  assert.equal(ask(PING), PONG);
  commands.setPolicy({ block: ["guest-ping", "test-late"] });
  assert.equal(ask(PING), DISABLED);
  assert.match(ask(call("guest-info")), /\{"enabled": false, "name": "guest-ping"/);
  agent.plugins.add({ name: "late", api: 1, commands: [{ name: "test-late", run: () => 1 }] });
  assert.equal(ask(call("test-late")), notFound("Command test-late has been disabled"));
  commands.setPolicy({ allow: ["guest-ping", "test-late", "test-never"], block: ["test-late"] });
  assert.equal(ask(PING + call("test-late")), PONG + notFound("Command test-late has been disabled"));
  assert.equal(ask(call("guest-info")), notFound("Command guest-info has been disabled"));
  commands.setPolicy({});
  assert.ok(commands.list().every(({ enabled }) => enabled));
  assert.equal(ask(call("test-late")), '{"return": 1}\n');
  peer.hangUp();
});

onEachBuild(
  "what is disabled by name outlives a policy, what is enabled by name does not",
  withCommands({ name: "test-one", run: () => 1 }),
  ({ agent, ask }) => {
    const { commands } = agent;
    const off = notFound("Command test-one has been disabled: broken");
    commands.disable("test-one", "broken");
    commands.setPolicy({ block: ["guest-ping"] });
    assert.equal(ask(call("test-one")), off);
    commands.setPolicy({ allow: ["test-one"] });
    assert.equal(ask(call("test-one")), off);
    commands.enable("test-one");
    assert.equal(ask(call("test-one")), '{"return": 1}\n');

    commands.enable("guest-ping");
    assert.equal(ask(PING), PONG);
    commands.setPolicy({ block: ["guest-ping"] });
    assert.equal(ask(PING), DISABLED);
  },
);

onEachBuild("what was said of a command goes with it", { policy: { block: ["test-one"] } }, async ({ agent, ask }) => {
  const plugin = {
    name: "guest",
    api: 1,
    commands: [
      { name: "test-one", run: () => 1 },
      { name: "test-two", run: () => 2 },
    ],
  };
  agent.plugins.add(plugin);
  agent.commands.enable("test-one");
  agent.commands.disable("test-two", "broken");
  await agent.plugins.replace({ ...plugin, commands: plugin.commands.toReversed() });
  assert.equal(
    ask(call("test-one") + call("test-two")),
    '{"return": 1}\n' + notFound("Command test-two has been disabled: broken"),
  );
  await agent.plugins.remove("guest");
  agent.plugins.add(plugin);
  assert.equal(
    ask(call("test-one") + call("test-two")),
    notFound("Command test-one has been disabled") + '{"return": 2}\n',
  );
});

onEachBuild(
  "while frozen a new policy holds from the thaw on for commands that may run then",
  withCommands({ name: "test-one", run: () => 1 }),
  ({ agent, ask }) => {
    agent.commands.freeze();
    agent.commands.setPolicy({ block: ["guest-ping", "test-one"] });
    assert.equal(ask(PING + call("test-one")), PONG + notFound("Command test-one has been disabled"));
    agent.commands.thaw();
    assert.equal(ask(PING), DISABLED);
  },
);

test("the policy of an agent that is closed is refused", async () => {
  const agent = createAgent();
  await agent.close();
  assert.throws(() => agent.commands.setPolicy({}), { name: "GuestwireError", code: "GW_ERR_CLOSED" });
});
