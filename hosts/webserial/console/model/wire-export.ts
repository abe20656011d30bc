// The record as a file: a line for each entry.

import { hexOf, textOf } from "./wire-text.ts";
import type { WireEntry } from "./wire-log.ts";

export type ExportFormat = "jsonl" | "txt";

/** Lines of JSON hold all bytes as hex; lines of text are for people. Returned in pieces, for a Blob. */
export function exportOf(entries: readonly WireEntry[], format: ExportFormat): string[] {
  return entries.map(format === "jsonl" ? jsonLine : textLine);
}

function jsonLine(entry: WireEntry): string {
  const time = new Date(entry.time).toISOString();
  return entry.direction === "mark"
    ? `${JSON.stringify({ time, mark: entry.text })}\n`
    : `${JSON.stringify({ time, direction: entry.direction, bytes: entry.bytes.length, hex: hexOf(entry.bytes, "") })}\n`;
}

function textLine(entry: WireEntry): string {
  const time = new Date(entry.time).toISOString();
  if (entry.direction === "mark") return `${time} --- ${entry.text}\n`;
  const direction = entry.direction.padEnd(3);
  return `${time} ${direction} ${entry.bytes.length}  ${hexOf(entry.bytes)}  ${textOf(entry.bytes)}\n`;
}
