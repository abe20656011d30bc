// Which commands run: policy, enable and disable, freeze and thaw, and what guest-info says of it.

import assert from "node:assert/strict";
import { generic } from "../peer.ts";
import { PING, PONG, call, notFound, onEachBuild, withCommands } from "./served.ts";

const DISABLED = notFound("Command guest-ping has been disabled");

function info(
  version: string,
  ...commands: readonly (readonly [name: string, enabled: boolean, response?: boolean])[]
): string {
  const list = commands.map(
    ([name, enabled, response]) =>
      `{"enabled": ${enabled}, "name": "${name}", "success-response": ${response ?? true}}`,
  );
  return `{"return": {"version": "${version}", "supported_commands": [${list.join(", ")}]}}\n`;
}

onEachBuild("guest-info says the version and all commands, last first", { version: "7.2.22" }, ({ ask }) => {
  const wanted = info(
    "7.2.22",
    ["guest-info", true],
    ["guest-ping", true],
    ["guest-sync", true],
    ["guest-sync-delimited", true],
  );
  assert.equal(ask(call("guest-info")), wanted);
  assert.equal(ask('{"execute":"guest-info","arguments":{},"id":1}'), `${wanted.slice(0, -2)}, "id": 1}\n`);
});

onEachBuild(
  "guest-info escapes the version and lists host commands",
  {
    version: 'é "1"\n',
    ...withCommands(
      { name: "test-one", run: () => ({}) },
      { name: "test-two", successResponse: false, run: () => ({}) },
    ),
    standard: true,
    policy: { block: ["test-one"] },
  },
  ({ ask }) => {
    const wanted = info(
      '\\u00E9 \\"1\\"\\n',
      ["test-two", true, false],
      ["test-one", false],
      ["guest-info", true],
      ["guest-ping", true],
      ["guest-sync", true],
      ["guest-sync-delimited", true],
    );
    assert.equal(ask(call("guest-info")), wanted);
    assert.equal(ask(call("test-two")), "", "a command without a success response is silent");
  },
);

onEachBuild("without the standard commands there are none", { standard: false }, ({ ask, agent }) => {
  assert.deepEqual(agent.commands.list(), []);
  for (const name of ["guest-ping", "guest-info", "guest-sync"]) {
    assert.equal(ask(call(name)), notFound(`The command ${name} has not been found`));
  }
});

onEachBuild(
  "a block list disables, unknown names in it are accepted",
  { policy: { block: ["guest-ping", "guest-nope"] } },
  ({ ask, agent }) => {
    assert.equal(ask(PING), DISABLED);
    assert.equal(ask('{"execute":"guest-ping","id":5,"arguments":{"x":1}}'), `{"id": 5, ${DISABLED.slice(1)}`);
    assert.equal(ask('{"execute":"guest-sync","arguments":{"id":1}}'), '{"return": 1}\n');
    assert.match(ask(call("guest-info")), /\{"enabled": false, "name": "guest-ping"/);
    agent.commands.enable("guest-ping");
    assert.equal(ask(PING), PONG);
  },
);

onEachBuild("an allow list disables all others", { policy: { allow: ["guest-ping", "guest-nope"] } }, ({ ask }) => {
  assert.equal(ask(PING), PONG);
  assert.equal(ask(call("guest-info")), notFound("Command guest-info has been disabled"));
  assert.equal(ask('{"execute":"guest-sync","arguments":{"id":1}}'), notFound("Command guest-sync has been disabled"));
});

onEachBuild(
  "the block list wins",
  { policy: { allow: ["guest-ping", "guest-sync"], block: ["guest-ping"] } },
  ({ ask }) => {
    assert.equal(ask(PING), DISABLED);
    assert.equal(ask('{"execute":"guest-sync","arguments":{"id":1}}'), '{"return": 1}\n');
  },
);

onEachBuild("enable and disable act at once, on sessions that run too", {}, ({ ask, agent, connect }) => {
  const { commands } = agent;
  const peer = connect();
  peer.send(PING);
  assert.equal(peer.take(), PONG);
  commands.disable("guest-ping", "maintenance");
  peer.send(PING);
  assert.equal(peer.take(), notFound("Command guest-ping has been disabled: maintenance"));
  assert.deepEqual(
    commands.list().find(({ name }) => name === "guest-ping"),
    {
      name: "guest-ping",
      plugin: "guestwire-standard",
      enabled: false,
      reason: "maintenance",
      successResponse: true,
      arguments: {},
      returns: { object: {} },
    },
  );
  commands.disable("guest-ping", 'a "longer"\nreason: é€😀 \ud800');
  assert.equal(
    ask(PING),
    notFound('Command guest-ping has been disabled: a \\"longer\\"\\nreason: \\u00E9\\u20AC\\uD83D\\uDE00 \\uFFFD'),
  );
  commands.disable("guest-ping");
  peer.send(PING);
  assert.equal(peer.take(), DISABLED);
  assert.match(ask(call("guest-info")), /\{"enabled": false, "name": "guest-ping"/);
  commands.enable("guest-ping");
  peer.send(PING);
  assert.equal(peer.take(), PONG);
  assert.match(ask(call("guest-info")), /\{"enabled": true, "name": "guest-ping"/);
  for (const act of [commands.enable, commands.disable]) {
    assert.throws(() => act("guest-nope"), { name: "GuestwireError", code: "GW_ERR_UNKNOWN_COMMAND" });
  }
  peer.hangUp();
});

const frozen = (name: string): string => notFound(`Command ${name} has been disabled: the agent is in frozen state`);
const PINGED = "info syslog guest-ping called";

onEachBuild(
  "while frozen ping leaves no record, accounting and other commands are refused, and thaw restores all",
  withCommands(
    {
      name: "test-accounted",
      mustLog: true,
      whileFrozen: true,
      run: (_args, { log }) => {
        log("message", "ran");
        return 1;
      },
    },
    { name: "test-plain", run: () => 2 },
    {
      name: "test-frozen",
      whileFrozen: true,
      run: (_args, { log, logging }) => {
        log("error", "lost");
        return logging ? 4 : 3;
      },
    },
  ),
  ({ ask, agent, records }) => {
    const thawed = (): void => {
      assert.equal(ask(PING), PONG);
      assert.equal(ask(call("test-accounted")), '{"return": 1}\n');
      assert.equal(ask(call("test-plain")), '{"return": 2}\n');
      assert.deepEqual(records.splice(0), [PINGED, "message general guestwire-plugin-test: test-accounted: ran"]);
      assert.equal(agent.commands.frozen, false);
    };
    thawed();
    agent.commands.freeze();
    assert.equal(agent.commands.frozen, true);
    assert.match(records.splice(0).join(), /^warning general freezing: [^,]*, and nothing is logged$/);
    assert.equal(ask(PING), PONG);
    assert.equal(ask(call("test-accounted")), generic("Logging is disabled"));
    assert.equal(ask(call("test-plain")), frozen("test-plain"));
    assert.equal(ask(call("test-frozen")), '{"return": 3}\n');
    assert.equal(ask('{"execute":"guest-sync","arguments":{"id":1}}'), '{"return": 1}\n');
    assert.equal(ask('{"execute":"guest-sync-delimited","arguments":{"id":1}}'), '\xff{"return": 1}\n');
    assert.match(
      ask(call("guest-info")),
      /"enabled": true, "name": "test-frozen".*"enabled": false, "name": "test-plain"/,
    );
    assert.deepEqual(records, [], "nothing is logged while frozen");
    agent.commands.thaw();
    thawed();
  },
);

onEachBuild(
  "a command that was disabled stays so over freeze and thaw",
  withCommands({ name: "test-plain", run: () => 2 }),
  ({ ask, agent }) => {
    agent.commands.disable("test-plain", "why");
    agent.commands.freeze();
    assert.equal(ask(call("test-plain")), notFound("Command test-plain has been disabled: why"));
    agent.commands.thaw();
    assert.equal(ask(call("test-plain")), notFound("Command test-plain has been disabled: why"));
    agent.commands.freeze();
    agent.commands.enable("test-plain");
    assert.equal(ask(call("test-plain")), frozen("test-plain"));
  },
);
