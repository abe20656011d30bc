// No machine is needed: the agent and its client talk in memory.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createAgent } from "guestwire";
import { connect } from "guestwire/client";
import { testPlugin, transportPair } from "guestwire/testing";
import plugin from "../src/index.ts";

test("the checks that every plugin should pass", async () => {
  const { skipped } = await testPlugin(plugin, {
    examples: { "__NAME__-hello": [{ name: "you" }, { name: "toi", language: "fr" }], "__NAME__-wait": [{ ms: 20 }] },
  });
  assert.deepEqual(skipped, []);
});

test("it greets in two languages, and nobody without a name", async () => {
  const agent = createAgent({ plugins: [plugin] });
  const pair = transportPair();
  agent.serve(pair.agent);
  const client = await connect(pair.client);
  const hello = (args: object): Promise<unknown> => client.executeUntyped("__NAME__-hello", args);

  assert.deepEqual(await hello({ name: "you" }), { text: "Hello, you!" });
  assert.deepEqual(await hello({ name: "toi", language: "fr" }), { text: "Bonjour, toi !" });
  await assert.rejects(hello({ name: "" }), { name: "AgentError", message: "Parameter 'name' must not be empty" });
  await assert.rejects(hello({}), { name: "AgentError", message: "Parameter 'name' is missing" });

  await client.close();
  await agent.close();
});
