// What of the record is looked at: by direction and by what is in it, as it is now or as it was when somebody paused.

import { Notifier } from "./notifier.ts";
import type { WireEntry, WireLog } from "./wire-log.ts";

export type WireDirection = "all" | "in" | "out";

/** `0xff`, `ff 7b 22`. */
const HEX = /^(?:0x)?[0-9a-f]{2}(?: ?[0-9a-f]{2})*$/i;

/** How many matches that are not kept any more may stand before the list before they go. */
const SLACK = 4096;

const encoder = new TextEncoder();
/** A character for each byte, and another one for another. */
const decoder = new TextDecoder("latin1");

export class WireFilter extends Notifier {
  direction: WireDirection = "all";
  /** Looked for in the bytes, as text without regard to case or as pairs of hex digits. */
  query = "";
  isPaused = false;
  /** All that the log had when it was paused. */
  private held: WireEntry[] = [];
  private readonly log: WireLog;
  private list: WireEntry[] = [];
  /** The first of the list that is still kept by the log. */
  private from = 0;
  /** What was cleared of the log is gone here too. */
  private clearedTo = 0;
  /** The number of the next entry to look at. */
  private next = 0;
  private matches: (entry: WireEntry) => boolean = () => true;

  constructor(log: WireLog) {
    super();
    this.log = log;
    log.observe(() => {
      if (!this.isPaused || log.clearedTo > this.clearedTo) this.changed();
    });
  }

  /** Marks match every direction, and a query in their text. While paused the list stays as it is, whatever the log drops. */
  set(direction: WireDirection, query: string): void {
    this.direction = direction;
    this.query = query.trim();
    const finds = finder(this.query);
    this.matches = (entry) =>
      (direction === "all" || entry.direction === "mark" || entry.direction === direction) && finds(entry);
    this.restart();
    if (this.isPaused) this.list = this.held.filter(this.matches);
    this.changed();
  }

  pause(): void {
    this.refresh();
    for (let number = this.log.first; number < this.log.end; number++) {
      const entry = this.log.at(number);
      if (entry !== undefined) this.held.push(entry);
    }
    this.isPaused = true;
    this.changed();
  }

  resume(): void {
    this.isPaused = false;
    this.held = [];
    this.restart();
    this.changed();
  }

  get count(): number {
    this.refresh();
    return this.list.length - this.from;
  }

  /** The matches from one index to another, oldest first. */
  slice(from: number, to: number): WireEntry[] {
    this.refresh();
    return this.list.slice(this.from + from, this.from + to);
  }

  private restart(): void {
    this.list = [];
    this.from = 0;
    this.next = this.log.first;
  }

  /** Takes in what is new, and lets go of what the log has dropped. */
  private refresh(): void {
    if (this.log.clearedTo > this.clearedTo) {
      this.clearedTo = this.log.clearedTo;
      this.held = [];
      this.restart();
    }
    if (this.isPaused) return;
    for (this.next = Math.max(this.next, this.log.first); this.next < this.log.end; this.next++) {
      const entry = this.log.at(this.next);
      if (entry !== undefined && this.matches(entry)) this.list.push(entry);
    }
    while (this.from < this.list.length && (this.list[this.from]?.number ?? 0) < this.log.first) this.from++;
    if (this.from < SLACK) return;
    this.list = this.list.slice(this.from);
    this.from = 0;
  }
}

function finder(query: string): (entry: WireEntry) => boolean {
  if (query === "") return () => true;
  const needle = decoder.decode(encoder.encode(query)).toLowerCase();
  const pairs = HEX.test(query) ? (query.replace(/^0x/i, "").match(/[0-9a-f]{2}/gi) ?? []) : [];
  const hex = decoder.decode(Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16)));
  return (entry) => {
    if (entry.direction === "mark") return entry.text.toLowerCase().includes(query.toLowerCase());
    const text = decoder.decode(entry.bytes);
    return (hex !== "" && text.includes(hex)) || text.toLowerCase().includes(needle);
  };
}
