// The record of a channel: each chunk as it came and went, and what happened between them. A ring, so that it can run for days.

import type { Direction } from "../../../common/traced.ts";
import { Notifier } from "./notifier.ts";

/** A chunk of bytes. */
export interface WireChunk {
  /** Counts from 0, marks included. */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly direction: Direction;
  readonly bytes: Uint8Array;
  /** Whether there is a 0xFF among them. */
  readonly hasSentinel: boolean;
}

/** What happened to the channel: a synchronisation, a loss, its end. */
export interface WireMark {
  readonly number: number;
  readonly time: number;
  readonly direction: "mark";
  readonly text: string;
}

export type WireEntry = WireChunk | WireMark;

export interface WireLogOptions {
  /** Entries that are kept. Default 50,000. */
  readonly entries?: number;
  /** Bytes that are kept. Default 33,554,432; the newest chunk is kept whatever it has. */
  readonly bytes?: number;
  /** Milliseconds since the epoch, for tests. */
  readonly now?: () => number;
}

export class WireLog extends Notifier {
  /** Bytes that came in and went out since the start. */
  bytesIn = 0;
  bytesOut = 0;
  /** The number of the oldest entry that is kept, and the one behind the newest. */
  first = 0;
  end = 0;
  /** Entries before this one were cleared. */
  clearedTo = 0;
  private readonly capacity: number;
  private readonly mostBytes: number;
  private readonly now: () => number;
  /** Entry n is in slot n modulo capacity. */
  private readonly slots: (WireEntry | undefined)[] = [];
  private keptBytes = 0;

  constructor({ entries = 50_000, bytes = 2 ** 25, now = Date.now }: WireLogOptions = {}) {
    super();
    this.capacity = entries;
    this.mostBytes = bytes;
    this.now = now;
  }

  /** Keeps a copy of a chunk. */
  chunk(direction: Direction, bytes: Uint8Array): void {
    if (direction === "in") this.bytesIn += bytes.length;
    else this.bytesOut += bytes.length;
    this.keptBytes += bytes.length;
    this.add({
      number: this.end,
      time: this.now(),
      direction,
      bytes: new Uint8Array(bytes),
      hasSentinel: bytes.includes(0xff),
    });
  }

  mark(text: string): void {
    this.add({ number: this.end, time: this.now(), direction: "mark", text });
  }

  /** The entry with this number, where it is still kept. */
  at(number: number): WireEntry | undefined {
    return number < this.first || number >= this.end ? undefined : this.slots[number % this.capacity];
  }

  /** Forgets the entries; the counters go on. */
  clear(): void {
    while (this.first < this.end) this.drop();
    this.clearedTo = this.end;
    this.changed();
  }

  private add(entry: WireEntry): void {
    if (this.end - this.first === this.capacity) this.drop();
    this.slots[this.end % this.capacity] = entry;
    this.end++;
    while (this.keptBytes > this.mostBytes && this.end - this.first > 1) this.drop();
    this.changed();
  }

  private drop(): void {
    const slot = this.first % this.capacity;
    const entry = this.slots[slot];
    if (entry !== undefined && entry.direction !== "mark") this.keptBytes -= entry.bytes.length;
    this.slots[slot] = undefined;
    this.first++;
  }
}
