// A value of a document in QEMU's spelling, as much at a time as the reader takes.

import { ascii } from "./bytes.ts";
import { ARRAY_END, FLOAT, OBJECT_END, STRING, TRUE } from "./codes.ts";
import { Document, ENTRY, IS_KEY, PLAIN } from "./document.ts";
import { Bytes } from "./memory.ts";
import { isExact } from "./number.ts";
import { TEXT_TRUE } from "./texts.ts";
import { Writer } from "./writer.ts";

const MINUS: i32 = 0x2d;
const ZERO: i32 = 0x30;
const FRACTION: Bytes = ascii(".0");
/** Braces and brackets, by their numbers in codes.ts. */
const BRACKETS: Bytes = ascii(".{}[]");

/** A writer that can write a document's values, in pieces. */
export class Echo extends Writer {
  private entry: i32 = 0;
  private end: i32 = 0;
  /** A comma goes before the next value. */
  private another: bool = false;
  /** Within a string: its bytes that are done, else -1. */
  private done: i32 = -1;

  constructor(private source: Document) {
    super();
  }

  /** This value of a document is next. */
  echo(source: Document, entry: i32): void {
    this.source = source;
    this.entry = entry;
    this.end = source.next(entry);
    this.another = false;
    this.done = -1;
  }

  /** Writes until `bound` bytes wait or the value is complete; returns whether it is. */
  resumeEcho(bound: i32): bool {
    while (this.entry < this.end) {
      if (this.waiting() >= bound) return false;
      if (this.done >= 0) this.string(bound);
      else this.value();
    }
    return true;
  }

  private value(): void {
    const source = this.source;
    const entry = this.entry;
    const kind = source.kind(entry);
    const closes = kind === OBJECT_END || kind === ARRAY_END;
    if (this.another && !closes) this.comma();
    if (kind === STRING) {
      this.quote();
      this.done = 0;
      return;
    }
    if (kind >= TRUE) this.text(TEXT_TRUE - TRUE + kind);
    else if (kind <= ARRAY_END) this.byte(BRACKETS[kind] as i32);
    else this.number(source, entry);
    this.another = closes || kind > STRING;
    this.entry = entry + ENTRY;
  }

  private string(bound: i32): void {
    const source = this.source;
    const from = source.from(this.entry);
    const size = source.size(this.entry);
    const flags = source.flags(this.entry);
    let done = this.done;
    if ((flags & PLAIN) !== 0) {
      const room = bound - this.waiting();
      const part = size - done < room ? size - done : room;
      this.copy(source.bytes, from + done, part);
      done += part;
    }
    while (done < size && this.waiting() < bound) {
      done = this.escapedPart(source.bytes, from + done, from + size) - from;
    }
    this.done = done;
    if (done < size) return;
    this.quote();
    this.another = (flags & IS_KEY) === 0;
    if (!this.another) this.colon();
    this.done = -1;
    this.entry += ENTRY;
  }

  /**
   * A number as it came in, but for two: -0 is the integer 0, and an integer that the original holds as a double gets a
   * fraction, since its value is the double's.
   */
  number(source: Document, entry: i32): void {
    const bytes = source.bytes;
    const from = source.from(entry);
    const size = source.size(entry);
    if (source.kind(entry) === FLOAT) {
      this.copy(bytes, from, size);
    } else if (size === 2 && (bytes[from] as i32) === MINUS && (bytes[from + 1] as i32) === ZERO) {
      this.byte(ZERO);
    } else {
      this.copy(bytes, from, size);
      if (!isExact(bytes, from, size)) this.ascii(FRACTION);
    }
  }
}
