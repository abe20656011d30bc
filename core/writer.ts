// A growing run of bytes with the spelling of QEMU's replies: ASCII only, one space after `:` and `,` (PROTOCOL 5.3, 5.4).

import { lengthOf } from "./bytes.ts";
import { IDLE_BYTES } from "./limits.ts";
import { Bytes, copyBytes, copyShort, freeBytes, growBytes, multiply, newBytes } from "./memory.ts";
import { copyPlain } from "./scan.ts";
import { letterOf } from "./strings.ts";
import { TEXTS, textAt, textLength } from "./texts.ts";
import { readCharacter } from "./utf8.ts";

const QUOTE: i32 = 0x22;
const BACKSLASH: i32 = 0x5c;
const SPACE: i32 = 0x20;
const OPEN_BRACE: i32 = 0x7b;
const OPEN_BRACKET: i32 = 0x5b;
const U: i32 = 0x75;

/** Bytes of a string that are escaped in one go. */
const PIECE: i32 = 4096;

export class Writer {
  bytes: Bytes = newBytes(0);
  /** Bytes before it have been taken. */
  head: i32 = 0;
  /** Where the next byte goes. */
  tail: i32 = 0;
  private capacity: i32 = 0;

  /** Bytes that wait to be taken. */
  waiting(): i32 {
    return this.tail - this.head;
  }

  /** The first `count` of the waiting bytes were taken. */
  taken(count: i32): void {
    this.head += count;
    const left = this.waiting();
    // What is left moves to the front only when that is cheap.
    if (left < this.head) {
      copyBytes(this.bytes, this.head, left, this.bytes, 0);
      this.head = 0;
      this.tail = left;
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

  /** Makes room. Every method here asks first, then writes without looking. */
  private room(count: i32): void {
    const need = this.tail + count;
    if (need <= this.capacity) return;
    let size = this.capacity === 0 ? 1024 : this.capacity << 1;
    if (size < need) size = need;
    this.bytes = growBytes(this.bytes, this.tail, size);
    this.capacity = size;
  }

  byte(value: i32): void {
    this.room(1);
    this.bytes[this.tail++] = value as u8;
  }

  /** A text as it is, up to its 0. */
  ascii(text: Bytes): void {
    this.copy(text, 0, lengthOf(text));
  }

  /** An integer in decimal digits. */
  integer(value: i32): void {
    if (value < 0) this.byte(0x2d);
    // Counted below zero: there is one more of them.
    let rest = value > 0 ? -value : value;
    let unit = 1000000000;
    while (unit > 1 && rest > -unit) unit = (unit / 10) | 0;
    for (; unit > 0; unit = (unit / 10) | 0) {
      const digit = (rest / unit) | 0;
      this.byte(0x30 - digit);
      rest -= multiply(digit, unit);
    }
  }

  /** A text of texts.ts as it is. */
  text(text: i32): void {
    this.copy(TEXTS, textAt(text), textLength(text));
  }

  copy(bytes: Bytes, from: i32, length: i32): void {
    this.room(length);
    copyShort(bytes, from, length, this.bytes, this.tail);
    this.tail += length;
  }

  /** The comma and space before a value, unless it is the first one or stands behind a key. */
  separate(): void {
    const last = this.tail > this.head ? (this.bytes[this.tail - 1] as i32) : SPACE;
    if (last !== SPACE && last !== OPEN_BRACE && last !== OPEN_BRACKET) this.comma();
  }

  comma(): void {
    this.byte(0x2c);
    this.byte(SPACE);
  }

  colon(): void {
    this.byte(0x3a);
    this.byte(SPACE);
  }

  quote(): void {
    this.byte(QUOTE);
  }

  /**
   * The inside of a string, escaped. The bytes are modified UTF-8 (PROTOCOL 2.4); where they are not, each broken
   * sequence comes out as \uFFFD.
   */
  escaped(bytes: Bytes, from: i32, length: i32): void {
    const end = from + length;
    while (from < end) from = this.escapedPart(bytes, from, end);
  }

  /** A part of `escaped`: a run of bytes that need no escape, or one character that does. Returns where the next starts. */
  escapedPart(bytes: Bytes, at: i32, end: i32): i32 {
    const piece = end - at < PIECE ? end - at : PIECE;
    this.room(piece);
    const run = copyPlain(bytes, at, at + piece, this.bytes, this.tail);
    this.tail += run;
    if (run > 0) return at + run;
    const character = readCharacter(bytes, at, end);
    this.character(character >> 3);
    return at + (character & 7);
  }

  /** One character of a string; a negative one stands for bytes that are none. */
  private character(point: i32): void {
    const letter = letterOf(point);
    if (letter !== 0) {
      this.pair(letter);
    } else if (point >= SPACE && point < 0x7f) {
      this.byte(point);
    } else if (point > 0xffff) {
      this.escape(0xd800 + ((point - 0x10000) >> 10));
      this.escape(0xdc00 + (point & 0x3ff));
    } else {
      this.escape(point < 0 ? 0xfffd : point);
    }
  }

  private pair(second: i32): void {
    this.byte(BACKSLASH);
    this.byte(second);
  }

  private escape(unit: i32): void {
    this.pair(U);
    for (let shift = 12; shift >= 0; shift -= 4) {
      const digit = (unit >> shift) & 15;
      this.byte(digit < 10 ? 0x30 + digit : 0x37 + digit);
    }
  }
}
