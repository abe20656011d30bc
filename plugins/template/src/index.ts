// The plugin. Its default export is what an agent takes.

import { setTimeout as sleep } from "node:timers/promises";
import { CommandError, type Plugin, defineCommand, definePlugin } from "guestwire/plugin";

/** Greets somebody. What it takes is checked before it runs, and `args` has the types that follow. */
const hello = defineCommand({
  name: "__NAME__-hello",
  arguments: { name: "str", "language?": { enum: ["en", "fr"] } },
  returns: { object: { text: "str" } },
  run: ({ name, language = "en" }, call) => {
    // The caller gets this as an error.
    if (name === "") throw new CommandError("GenericError", "Parameter 'name' must not be empty");
    call.log("info", `greets ${name}`);
    return { text: language === "en" ? `Hello, ${name}!` : `Bonjour, ${name} !` };
  },
});

/** Waits. What takes a while ends when the call's signal aborts: at the deadline, or when the agent closes. */
const wait = defineCommand({
  name: "__NAME__-wait",
  arguments: { ms: "uint32" },
  // Nothing, which callers get as an object without members.
  returns: { object: {} },
  timeoutMs: 60_000,
  run: async ({ ms }, call) => {
    await sleep(ms, undefined, { signal: call.signal });
  },
});

const plugin: Plugin = definePlugin({ name: "guestwire-plugin-__NAME__", api: 1, commands: [hello, wait] });
export default plugin;
