// Host commands for the properties. What each answers depends on its arguments alone, so that it does not matter when.

import { type CallContext, CommandError, type HostCommand, type Plugin } from "guestwire";

/** A call that waits for the test. */
export type Later = () => void;

type Arguments = Record<string, unknown>;

function answer(args: Arguments): unknown {
  if ("a" in args) throw new CommandError("CommandNotFound", "not \u00e9 to be found\n");
  if ("b" in args) throw new Error("failed \ud800 \ud83d\ude00");
  if ("c" in args) return undefined;
  if ("d" in args) return "x\u0000\u00ff\u20ac\ud83d\ude00\"\\'/".repeat(30);
  return { args, more: [1, -0.5, null, true, 1e21, {}] };
}

const DEFINITIONS: readonly Omit<HostCommand, "run">[] = [
  { name: "test-now" },
  { name: "test-delimited" },
  { name: "test-later" },
  { name: "test-later-delimited", whileFrozen: true },
  { name: "test-quiet", successResponse: false },
  { name: "test-logged", mustLog: true, whileFrozen: true },
];

/** Their names; those that may succeed without an answer are not among them. */
export const ANSWERING = DEFINITIONS.filter(({ successResponse }) => successResponse ?? true).map(({ name }) => name);
export const ALL = DEFINITIONS.map(({ name }) => name);

/** The commands; those called `later` wait in the list. */
export function testPlugin(waiting: Later[]): Plugin {
  const run = (name: string) => (args: Arguments, call: CallContext) => {
    if (name.includes("delimited")) call.delimit();
    call.log("message", JSON.stringify(args));
    if (!name.includes("later")) return answer(args);
    return new Promise((resolve, reject) => {
      waiting.push(() => {
        try {
          resolve(answer(args));
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  };
  return {
    name: "guestwire-plugin-test",
    api: 1,
    commands: DEFINITIONS.map((definition) => ({ ...definition, run: run(definition.name) })),
  };
}
