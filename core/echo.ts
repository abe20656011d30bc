// A value of a document in QEMU's spelling, as much at a time as the reader takes.

import { ARRAY, ARRAY_END, FALSE, FLOAT, INTEGER, NULL, OBJECT, OBJECT_END, STRING, TRUE } from "./codes.ts";
import { Document, ENTRY, IS_KEY, PLAIN } from "./document.ts";
import { isExact } from "./number.ts";
import { Writer } from "./writer.ts";

const MINUS: i32 = 0x2d;
const ZERO: i32 = 0x30;
const QUOTE: i32 = 0x22;

export class Echo {
  private document: Document;
  private entry: i32 = 0;
  private end: i32 = 0;
  /** A comma goes before the next value. */
  private comma: bool = false;
  /** Within a string: its bytes that are done, else -1. */
  private done: i32 = -1;

  constructor(document: Document) {
    this.document = document;
  }

  /** This value of a document is next. */
  start(document: Document, entry: i32): void {
    this.document = document;
    this.entry = entry;
    this.end = document.next(entry);
    this.comma = false;
    this.done = -1;
  }

  /** Writes until `bound` bytes wait in the writer or the value is complete; returns whether it is. */
  run(writer: Writer, bound: i32): bool {
    while (this.entry < this.end) {
      if (writer.waiting() >= bound || writer.overflow) return false;
      if (this.done >= 0) this.string(writer, bound);
      else this.value(writer);
    }
    return true;
  }

  private value(writer: Writer): void {
    const document = this.document;
    const entry = this.entry;
    const kind = document.kind(entry);
    if (kind === OBJECT_END || kind === ARRAY_END) {
      writer.byte(kind === OBJECT_END ? 0x7d : 0x5d);
      this.finish();
      return;
    }
    if (this.comma) {
      writer.byte(0x2c);
      writer.byte(0x20);
    }
    switch (kind) {
      case OBJECT:
      case ARRAY:
        writer.byte(kind === OBJECT ? 0x7b : 0x5b);
        this.comma = false;
        this.entry = entry + ENTRY;
        return;
      case STRING:
        writer.byte(QUOTE);
        this.done = 0;
        return;
      case INTEGER:
      case FLOAT:
        writeNumber(document, entry, writer);
        break;
      case TRUE:
        writer.ascii("true");
        break;
      case FALSE:
        writer.ascii("false");
        break;
      case NULL:
        writer.ascii("null");
        break;
    }
    this.finish();
  }

  private finish(): void {
    this.comma = true;
    this.done = -1;
    this.entry += ENTRY;
  }

  private string(writer: Writer, bound: i32): void {
    const document = this.document;
    const entry = this.entry;
    const from = document.from(entry);
    const size = document.size(entry);
    const flags = document.flags(entry);
    let done = this.done;
    if ((flags & PLAIN) !== 0) {
      const room = bound - writer.waiting();
      const part = size - done < room ? size - done : room;
      writer.copy(document.bytes, from + done, part);
      done += part;
    } else {
      while (done < size && writer.waiting() < bound && !writer.overflow) {
        done = writer.escapedPart(document.bytes, from + done, from + size) - from;
      }
    }
    this.done = done;
    if (done < size) return;
    writer.byte(QUOTE);
    this.finish();
    if ((flags & IS_KEY) !== 0) {
      writer.byte(0x3a);
      writer.byte(0x20);
      this.comma = false;
    }
  }
}

/**
 * A number as it came in, but for two: -0 is the integer 0, and an integer that the original holds as a double gets a
 * fraction, since its value is the double's.
 */
export function writeNumber(document: Document, entry: i32, writer: Writer): void {
  const bytes = document.bytes;
  const from = document.from(entry);
  const size = document.size(entry);
  const integer = document.kind(entry) === INTEGER;
  if (integer && size === 2 && (bytes[from] as i32) === MINUS && (bytes[from + 1] as i32) === ZERO) {
    writer.byte(ZERO);
    return;
  }
  writer.copy(bytes, from, size);
  if (integer && !isExact(bytes, from, size)) writer.ascii(".0");
}
