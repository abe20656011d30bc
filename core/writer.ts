// A growing run of bytes with the spelling of QEMU's replies: ASCII only, one space after `:` and `,` (PROTOCOL 5.3, 5.4).

import { Bytes, copyBytes, copyShort, freeBytes, growBytes, newBytes } from "./memory.ts";
import { IDLE_BYTES } from "./limits.ts";
import { copyPlain } from "./scan.ts";
import { Texts } from "./texts.ts";
import { Utf8 } from "./utf8.ts";

const QUOTE: i32 = 0x22;
const BACKSLASH: i32 = 0x5c;
const SPACE: i32 = 0x20;
const OPEN_BRACE: i32 = 0x7b;
const OPEN_BRACKET: i32 = 0x5b;

/** Marks that there is no bound on what is written. */
export const UNBOUNDED: i32 = 0x7fffffff;

export class Writer {
  bytes: Bytes = newBytes(0);
  /** Bytes before it have been taken. */
  head: i32 = 0;
  /** Where the next byte goes. */
  tail: i32 = 0;
  private capacity: i32 = 0;
  private bound: i32 = UNBOUNDED;
  /** The bound was reached: what came after it is lost. */
  overflow: bool = false;
  private texts: Texts;
  private utf8: Utf8 = new Utf8();

  constructor(texts: Texts) {
    this.texts = texts;
  }

  /** Bytes that wait to be taken. */
  waiting(): i32 {
    return this.tail - this.head;
  }

  /** The first `count` of the waiting bytes were taken. */
  taken(count: i32): void {
    this.head += count;
    if (this.head === this.tail) {
      this.clear();
    } else if (count > 0 && this.head > this.tail - this.head) {
      copyBytes(this.bytes, this.head, this.tail - this.head, this.bytes, 0);
      this.tail -= this.head;
      this.head = 0;
    }
  }

  clear(): void {
    this.head = 0;
    this.tail = 0;
  }

  /** Gives a large block back. Nothing may be waiting. */
  trim(): void {
    this.clear();
    if (this.capacity > IDLE_BYTES) {
      freeBytes(this.bytes);
      this.bytes = newBytes(0);
      this.capacity = 0;
    }
  }

  /** Allows `count` more bytes from here on; past them `overflow` is set and nothing is written. */
  limit(count: i32): void {
    this.bound = count === UNBOUNDED ? UNBOUNDED : this.tail + count;
    this.overflow = false;
  }

  /** Makes room; false where the bound forbids it. Every method here asks first, then writes without looking. */
  private room(count: i32): bool {
    if (this.tail + count > this.bound) this.overflow = true;
    if (this.overflow) return false;
    const need = this.tail + count;
    if (need > this.capacity) {
      let size = this.capacity === 0 ? 1024 : this.capacity << 1;
      if (size < need) size = need;
      this.bytes = growBytes(this.bytes, this.tail, size);
      this.capacity = size;
    }
    return true;
  }

  byte(value: i32): void {
    if (this.room(1)) this.bytes[this.tail++] = value as u8;
  }

  /** An ASCII text as it is. */
  ascii(text: string): void {
    if (!this.room(text.length)) return;
    const bytes = this.bytes;
    let tail = this.tail;
    for (let i = 0; i < text.length; i++) bytes[tail++] = text.charCodeAt(i) as u8;
    this.tail = tail;
  }

  /** A text of texts.ts as it is. */
  text(number: i32): void {
    const from = this.texts.start[number];
    this.copy(this.texts.bytes, from, this.texts.start[number + 1] - 1 - from);
  }

  copy(bytes: Bytes, from: i32, length: i32): void {
    if (!this.room(length)) return;
    copyShort(bytes, from, length, this.bytes, this.tail);
    this.tail += length;
  }

  /** The comma and space before a value, unless it is the first one or stands behind a key. */
  separate(): void {
    const last = this.tail > this.head ? (this.bytes[this.tail - 1] as i32) : SPACE;
    if (last === SPACE || last === OPEN_BRACE || last === OPEN_BRACKET) return;
    this.byte(0x2c);
    this.byte(SPACE);
  }

  /** An ASCII string without anything to escape, in quotes. */
  quoted(text: string): void {
    this.byte(QUOTE);
    this.ascii(text);
    this.byte(QUOTE);
  }

  /**
   * The inside of a string, escaped. The bytes are modified UTF-8 (PROTOCOL 2.4); where they are not, each broken
   * sequence comes out as \uFFFD.
   */
  escaped(bytes: Bytes, from: i32, length: i32): void {
    const end = from + length;
    let at = from;
    while (at < end) {
      at = this.escapedPart(bytes, at, end);
      if (this.overflow) return;
    }
  }

  /** A part of `escaped`: a run of bytes that need no escape, or one character that does. Returns where the next starts. */
  escapedPart(bytes: Bytes, at: i32, end: i32): i32 {
    if (!this.room(end - at < 4096 ? end - at : 4096)) return at;
    const run = copyPlain(bytes, at, end - at < 4096 ? end : at + 4096, this.bytes, this.tail);
    if (run > 0) {
      this.tail += run;
      return at + run;
    }
    const utf8 = this.utf8;
    const next = utf8.read(bytes, at, end);
    this.character(utf8.point);
    return next;
  }

  /** One character of a string; a negative one stands for bytes that are none. */
  private character(point: i32): void {
    const letter = shortEscape(point);
    if (letter !== 0) {
      if (this.room(2)) this.pair(letter);
    } else if (point >= 0x20 && point < 0x7f) {
      this.byte(point);
    } else if (point > 0xffff) {
      if (!this.room(12)) return;
      this.escape(0xd800 + ((point - 0x10000) >> 10));
      this.escape(0xdc00 + ((point - 0x10000) & 0x3ff));
    } else if (this.room(6)) {
      this.escape(point < 0 ? 0xfffd : point);
    }
  }

  private pair(second: i32): void {
    this.bytes[this.tail++] = BACKSLASH as u8;
    this.bytes[this.tail++] = second as u8;
  }

  private escape(unit: i32): void {
    this.pair(0x75);
    for (let shift = 12; shift >= 0; shift -= 4) {
      const digit = (unit >> shift) & 15;
      this.bytes[this.tail++] = (digit < 10 ? 0x30 + digit : 0x37 + digit) as u8;
    }
  }
}

/** The letter behind the backslash, for the characters that have one; else 0. */
function shortEscape(point: i32): i32 {
  switch (point) {
    case QUOTE:
    case BACKSLASH:
      return point;
    case 8:
      return 0x62;
    case 9:
      return 0x74;
    case 10:
      return 0x6e;
    case 12:
      return 0x66;
    case 13:
      return 0x72;
    default:
      return 0;
  }
}
