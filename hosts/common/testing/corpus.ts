// The corpus: byte streams, and what qemu-ga 7.2 answered to them.

import { parseExact, sameValue } from "./exact-json.ts";

/** One stream of bytes and its answer; a character stands for a byte. */
export interface ConformanceCase {
  readonly name: string;
  /** The chunks to write. */
  readonly send: readonly string[];
  /** What came back, with what the flush behind the case drew. */
  readonly reply: string;
  /** The spelling of floats and the order of keys are free. */
  readonly compare?: "json";
}

/** Loads all cases: a megabyte, which is in no bundle's first part. */
export async function loadCorpus(): Promise<readonly ConformanceCase[]> {
  return (await import("./corpus.jsonl")).default;
}

/** Whether an answer is what the case wants. */
export function matches({ reply, compare }: ConformanceCase, got: string): boolean {
  if (got === reply) return true;
  if (compare !== "json") return false;
  const lines = got.split("\n");
  const wanted = reply.split("\n");
  return lines.length === wanted.length && lines.every((line, index) => sameLine(line, wanted[index] ?? ""));
}

/** The 0xFF before a line must be the same, and then the value. What is no JSON is no value. */
function sameLine(line: string, wanted: string): boolean {
  if (line === wanted) return true;
  const flagged = wanted.startsWith("\xff");
  if (line.startsWith("\xff") !== flagged) return false;
  const from = flagged ? 1 : 0;
  try {
    return sameValue(parseExact(line.slice(from)), parseExact(wanted.slice(from)));
  } catch {
    return false;
  }
}
