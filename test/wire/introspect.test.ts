// guestwire-schema: what each enabled command takes and returns.

import assert from "node:assert/strict";
import type { Plugin } from "guestwire";
import introspect from "guestwire/introspect";
import { call, onEachBuild } from "./served.ts";

const own: Plugin = {
  name: "guestwire-plugin-test",
  api: 1,
  commands: [
    {
      name: "test-words",
      arguments: { "unit?": { enum: ["s", "ns"] }, at: { object: { "zone?": "str" } } },
      returns: ["uint64"],
      run: () => [],
    },
    { name: "test-silent", successResponse: false, run: () => {} },
    { name: "test-off", whileFrozen: true, run: () => {} },
    {
      name: "test-validated",
      arguments: { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } },
      run: () => {},
    },
  ],
};

interface Schema {
  name: string;
}

const ID = { arguments: { id: "int" }, returns: "int", "success-response": true };

onEachBuild("guestwire-schema has what each enabled command declares", { plugins: [own, introspect] }, (served) => {
  const { agent, ask } = served;
  const schema = (): Schema[] => (JSON.parse(ask(call("guestwire-schema"))) as { return: Schema[] }).return;
  agent.commands.disable("test-off");
  assert.deepEqual(schema(), [
    { name: "guest-sync-delimited", ...ID },
    { name: "guest-sync", ...ID },
    { name: "guest-ping", arguments: {}, returns: { object: {} }, "success-response": true },
    {
      name: "guest-info",
      arguments: {},
      returns: {
        object: {
          version: "str",
          supported_commands: [{ object: { enabled: "bool", name: "str", "success-response": "bool" } }],
        },
      },
      "success-response": true,
    },
    {
      name: "test-words",
      arguments: { "unit?": { enum: ["s", "ns"] }, at: { object: { "zone?": "str" } } },
      returns: ["uint64"],
      "success-response": true,
    },
    { name: "test-silent", "success-response": false },
    { name: "test-validated", "success-response": true },
    {
      name: "guestwire-schema",
      arguments: {},
      returns: [{ object: { name: "str", "arguments?": "any", "returns?": "any", "success-response": "bool" } }],
      "success-response": true,
    },
  ]);
  agent.commands.enable("test-off");
  agent.commands.freeze();
  assert.deepEqual(
    schema().map(({ name }) => name),
    ["guest-sync-delimited", "guest-sync", "guest-ping", "guest-info", "test-off", "guestwire-schema"],
  );
});
