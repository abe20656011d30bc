// The record as a file: a line for each entry.

import { hexOf, textOf } from "./wire-text.ts";
import type { WireChunk, WireEntry } from "./wire-log.ts";

export type ExportFormat = "jsonl" | "txt";

/** Bytes of a chunk that are made text at a time. */
const SLICE = 65_536;

/** Lines of JSON hold all bytes as hex; lines of text are for people. In pieces, each of which is quickly made. */
export function* exportOf(entries: readonly WireEntry[], format: ExportFormat): Generator<string> {
  for (const entry of entries) yield* format === "jsonl" ? jsonLine(entry) : textLine(entry);
}

function* jsonLine(entry: WireEntry): Generator<string> {
  const time = new Date(entry.time).toISOString();
  if (entry.direction === "mark") return yield `${JSON.stringify({ time, mark: entry.text })}\n`;
  yield JSON.stringify({ time, direction: entry.direction, bytes: entry.bytes.length, hex: "" }).slice(0, -2);
  for (const bytes of slices(entry)) yield hexOf(bytes, "");
  yield '"}\n';
}

function* textLine(entry: WireEntry): Generator<string> {
  const time = new Date(entry.time).toISOString();
  if (entry.direction === "mark") return yield `${time} --- ${entry.text}\n`;
  yield `${time} ${entry.direction.padEnd(3)} ${entry.bytes.length} `;
  for (const bytes of slices(entry)) yield ` ${hexOf(bytes)}`;
  yield "  ";
  for (const bytes of slices(entry)) yield textOf(bytes);
  yield "\n";
}

function* slices({ bytes }: WireChunk): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += SLICE) yield bytes.subarray(from, from + SLICE);
}
