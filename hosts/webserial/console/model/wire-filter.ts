// What of the record is looked at: by direction and by what is in it, as it is now or as it was when somebody paused.

import { Notifier } from "./notifier.ts";
import type { WireEntry, WireLog } from "./wire-log.ts";

export type WireDirection = "all" | "in" | "out";

/** `0xff`, `ff 7b 22`. */
const HEX = /^(?:0x)?[0-9a-f]{2}(?: ?[0-9a-f]{2})*$/i;

/** How many matches that are not kept any more may stand before the list before they go. */
const SLACK = 4096;

const encoder = new TextEncoder();

export class WireFilter extends Notifier {
  direction: WireDirection = "all";
  /** Looked for in the bytes, as text without regard to case or as pairs of hex digits. */
  query = "";
  isPaused = false;
  private readonly log: WireLog;
  private list: WireEntry[] = [];
  /** The first of the list that is still kept by the log. */
  private from = 0;
  /** The number of the next entry to look at. */
  private next = 0;
  private matches: (entry: WireEntry) => boolean = () => true;

  constructor(log: WireLog) {
    super();
    this.log = log;
    log.observe(() => {
      if (!this.isPaused || log.clearedTo > this.next) this.changed();
    });
  }

  /** Marks match every direction, and a query in their text. While paused the list stays as it is, whatever the log drops. */
  set(direction: WireDirection, query: string): void {
    this.direction = direction;
    this.query = query.trim();
    const finds = finder(this.query);
    this.matches = (entry) =>
      (direction === "all" || entry.direction === "mark" || entry.direction === direction) && finds(entry);
    if (this.isPaused) this.list = this.list.slice(this.from).filter(this.matches);
    else this.restart();
    this.from = 0;
    this.changed();
  }

  pause(): void {
    this.refresh();
    this.isPaused = true;
    this.changed();
  }

  resume(): void {
    this.isPaused = false;
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
    if (this.log.clearedTo > (this.list.at(-1)?.number ?? 0) && this.list.length > 0) this.restart();
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
  const needle = latin1(encoder.encode(query)).toLowerCase();
  const pairs = HEX.test(query) ? (query.replace(/^0x/i, "").match(/[0-9a-f]{2}/gi) ?? []) : [];
  const hex = String.fromCharCode(...pairs.map((pair) => Number.parseInt(pair, 16)));
  return (entry) => {
    if (entry.direction === "mark") return entry.text.toLowerCase().includes(query.toLowerCase());
    const text = latin1(entry.bytes);
    return (hex !== "" && text.includes(hex)) || text.toLowerCase().includes(needle);
  };
}

/** A character for each byte. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  // A call takes only so many arguments.
  for (let from = 0; from < bytes.length; from += 8192) {
    text += String.fromCharCode(...bytes.subarray(from, from + 8192));
  }
  return text;
}
