// A line as it was typed.

import { parseObject } from "../arguments.ts";
import { Mistake } from "../mistake.ts";

/** What a line asks for: nothing, one of the shell's own commands, or one of the agent's. */
export type Input =
  | { readonly kind: "nothing" }
  | { readonly kind: "own"; readonly name: string; readonly argument: string }
  | { readonly kind: "call"; readonly command: string; readonly args: object | undefined };

/** Throws a Mistake. */
export function readInput(line: string): Input {
  const text = line.trim();
  if (text === "") return { kind: "nothing" };
  if (text.startsWith("{")) return readRequest(parseObject("this", text));
  const [, word = "", rest = ""] = /^([^\s{]+)\s*(.*)$/s.exec(text) ?? [];
  if (word.startsWith(".")) return { kind: "own", name: word, argument: rest };
  return { kind: "call", command: word, args: rest === "" ? undefined : parseObject(`what follows ${word}`, rest) };
}

/** A request as it would go over the wire. */
function readRequest({ execute, arguments: args, ...others }: Record<string, unknown>): Input {
  const [other] = Object.keys(others);
  if (typeof execute !== "string") throw new Mistake('"execute" must be there, and name a command');
  if (other !== undefined) throw new Mistake(`there may be "execute" and "arguments", not ${JSON.stringify(other)}`);
  if (args !== undefined && (typeof args !== "object" || args === null || Array.isArray(args))) {
    throw new Mistake('"arguments" must be a JSON object');
  }
  return { kind: "call", command: execute, args };
}
