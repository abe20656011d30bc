// The corpus: byte streams and what qemu-ga 7.2 answered to them.

import { readFileSync } from "node:fs";
import { parseExact, sameValue } from "../exact-json.ts";

export interface Case {
  readonly name: string;
  /** The chunks to write; one character stands for one byte. */
  readonly send: readonly string[];
  /** What came back, with what the flush behind the case drew. */
  readonly reply: string;
  /** The spelling of floats and the order of keys are free. */
  readonly compare?: "json";
}

export const CASES: readonly Case[] = readFileSync(new URL("corpus.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Case);

/** Whether an answer is what the case wants. */
export function matches({ reply, compare }: Case, got: string): boolean {
  if (got === reply) return true;
  if (compare !== "json") return false;
  const lines = got.split("\n");
  const wanted = reply.split("\n");
  return lines.length === wanted.length && lines.every((line, index) => sameLine(line, wanted[index] ?? ""));
}

/** The 0xFF before a line must be the same, and then the value. */
function sameLine(line: string, wanted: string): boolean {
  if (line === wanted) return true;
  const flagged = wanted.startsWith("\xff");
  if (line.startsWith("\xff") !== flagged) return false;
  const from = flagged ? 1 : 0;
  return sameValue(parseExact(line.slice(from)), parseExact(wanted.slice(from)));
}
