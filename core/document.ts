// A message: its strings, numbers and keywords in one run of bytes, and a flat tape of its values over them. No tree.
//
// Each value takes ENTRY words on the tape:
//   word 0   kind (codes.ts) and flags
//   word 1   strings and numbers: where their bytes start. Containers: the entry of their end; while they are open,
//            the entry of the container around them, or ABSENT
//   word 2   strings and numbers: how many bytes
// A member of an object is two entries, its key (a STRING with IS_KEY) and its value.
//
// It is also the ground floor of the parser, which is one object: Document, Keys, Lexer, Strings, Framer, Parser, each a class
// that knows those below it.

import { sameBytes } from "./bytes.ts";
import { ABSENT, ARRAY, FLOAT, INTEGER, OBJECT } from "./codes.ts";
import { Bytes, Words, freeBytes, freeWords, growBytes, growWords, newBytes, newWords } from "./memory.ts";
import { isInt64 } from "./number.ts";

export const ENTRY: i32 = 3;
const KIND: i32 = 15;
export const IS_KEY: i32 = 16;
/** A container where a key belongs; an error, but one that is reported only when it ends. */
export const IN_KEY_PLACE: i32 = 32;
/** A number that a double cannot hold. */
export const HUGE: i32 = 64;
/** The bytes of a string are also its spelling in a reply. */
export const PLAIN: i32 = 128;

export class Document {
  bytes: Bytes = newBytes(0);
  /** How many of `bytes` are in use, the token in progress included. */
  used: i32 = 0;
  capacity: i32 = 0;
  tape: Words = newWords(0);
  /** How many words of the tape are in use: also the next entry. */
  length: i32 = 0;
  private tapeCapacity: i32 = 0;

  /** Bytes of memory held. */
  held(): i32 {
    return this.capacity + (this.tapeCapacity << 2);
  }

  /** Makes the byte block `size` bytes large. */
  grow(size: i32): void {
    this.bytes = growBytes(this.bytes, this.used, size);
    this.capacity = size;
  }

  /** Gives blocks of more than `most` bytes back. The message must have been forgotten. */
  shrink(most: i32): void {
    if (this.capacity > most) {
      freeBytes(this.bytes);
      this.bytes = newBytes(0);
      this.capacity = 0;
    }
    if (this.tapeCapacity << 2 > most) {
      freeWords(this.tape);
      this.tape = newWords(0);
      this.tapeCapacity = 0;
    }
  }

  /** Makes the tape long enough for so many words. */
  protected lengthen(words: i32): void {
    if (words <= this.tapeCapacity) return;
    const size = this.tapeCapacity === 0 ? 256 : this.tapeCapacity << 1;
    this.tape = growWords(this.tape, this.tapeCapacity, size);
    this.tapeCapacity = size;
  }

  /** Appends an entry and returns it. */
  push(head: i32, first: i32, second: i32): i32 {
    const entry = this.length;
    this.length += ENTRY;
    this.lengthen(this.length);
    const tape = this.tape;
    tape[entry] = head;
    tape[entry + 1] = first;
    tape[entry + 2] = second;
    return entry;
  }

  kind(entry: i32): i32 {
    return this.tape[entry] & KIND;
  }

  flags(entry: i32): i32 {
    return this.tape[entry];
  }

  /** Where the bytes of a string or number start. */
  from(entry: i32): i32 {
    return this.tape[entry + 1];
  }

  /** How many bytes a string or number has. */
  size(entry: i32): i32 {
    return this.tape[entry + 2];
  }

  /** The end entry of a container that is closed. */
  end(container: i32): i32 {
    return this.tape[container + 1];
  }

  /** The entry behind a value. */
  next(entry: i32): i32 {
    const kind = this.kind(entry);
    return (kind === OBJECT || kind === ARRAY ? this.end(entry) : entry) + ENTRY;
  }

  /** The key of the member behind that of this key. */
  nextKey(key: i32): i32 {
    return this.next(key + ENTRY);
  }

  /** Whether a string is this one. */
  is(entry: i32, bytes: Bytes, from: i32, length: i32): bool {
    return this.size(entry) === length && sameBytes(this.bytes, this.from(entry), bytes, from, length);
  }

  /** The value of an object's member, or ABSENT. */
  member(object: i32, name: Bytes, length: i32): i32 {
    const end = this.end(object);
    for (let key = object + ENTRY; key < end; key = this.nextKey(key)) {
      if (this.is(key, name, 0, length)) return key + ENTRY;
    }
    return ABSENT;
  }

  /** Whether a value is an integer from -2^63 to 2^63 - 1: 1.0 and 1e2 are not, -0 is (PROTOCOL 6.1). */
  isInt64(entry: i32): bool {
    return this.kind(entry) === INTEGER && isInt64(this.bytes, this.from(entry), this.size(entry));
  }

  isNumber(entry: i32): bool {
    return (this.kind(entry) | 1) === FLOAT;
  }
}
