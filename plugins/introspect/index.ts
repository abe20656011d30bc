// guestwire/introspect: a plugin whose command guestwire-schema says what each enabled command takes and returns.

import type { Plugin } from "../api.ts";
import { defineCommand, definePlugin } from "../define.ts";

const schema = defineCommand({
  name: "guestwire-schema",
  arguments: {},
  // `arguments` are members by name and `returns` is a type, as a plugin's author writes them; those of a command that does
  // not say are left out.
  returns: [{ object: { name: "str", "arguments?": "any", "returns?": "any", "success-response": "bool" } }],
  whileFrozen: true,
  run: (_, { agent }) =>
    agent
      .commands()
      .filter(({ enabled }) => enabled)
      .map((command) => ({
        name: command.name,
        arguments: command.arguments,
        returns: command.returns,
        "success-response": command.successResponse,
      })),
});

const introspect: Plugin = definePlugin({ name: "guestwire-introspect", api: 1, commands: [schema] });
export default introspect;
