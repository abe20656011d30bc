// One reply: its start, the id as the peer spelled it, its end. Success has `return` before `id`, an error has `id` before
// `error`: the order of QEMU's hash table (PROTOCOL 5.3).

import { ABSENT, CLASS_COMMAND_NOT_FOUND, CLASS_GENERIC_ERROR, ERR_DISABLED, ERR_NOT_FOUND } from "./codes.ts";
import { Document } from "./document.ts";
import { Echo } from "./echo.ts";
import { ECHO_BYTES } from "./limits.ts";
import { Bytes, copyBytes } from "./memory.ts";
import {
  TEXT_CLASS,
  TEXT_DESC,
  TEXT_ERROR,
  TEXT_ERROR_END,
  TEXT_ID_AFTER,
  TEXT_ID_FIRST,
  TEXT_RETURN,
  Texts,
} from "./texts.ts";
import { UNBOUNDED, Writer } from "./writer.ts";

const LF: i32 = 0x0a;
const FLUSH: i32 = 0xff;
const AT: i32 = 0x40;
const HASH: i32 = 0x23;

export class Reply {
  /** A reply is begun and not yet complete. */
  busy: bool = false;
  private writer: Writer;
  private texts: Texts;
  private document: Document;
  private echo: Echo;
  /** The end of an error, composed when the error was met. */
  private error: Writer;
  private failed: bool = false;
  /** Where the reply starts in the writer. */
  private mark: i32 = 0;
  /** Where its value starts. */
  private value: i32 = 0;

  constructor(document: Document, writer: Writer, texts: Texts) {
    this.writer = writer;
    this.texts = texts;
    this.document = document;
    this.echo = new Echo(document);
    this.error = new Writer(texts);
  }

  /** Starts a success whose value is written next, `bound` bytes of it at most. */
  begin(bound: i32): void {
    this.mark = this.writer.tail;
    this.writer.text(TEXT_RETURN);
    this.value = this.writer.tail;
    this.writer.limit(bound);
  }

  /** Whether no value was written since `begin`. */
  isEmpty(): bool {
    return this.writer.tail === this.value && !this.writer.overflow;
  }

  /** Whether the value went over the bound. */
  isOver(): bool {
    return this.writer.overflow;
  }

  /** Takes back what was written since `begin`. */
  withdraw(): void {
    this.writer.tail = this.mark;
    this.writer.limit(UNBOUNDED);
  }

  /** The value is complete: what remains is 0xFF in front, where wanted, the id and the end. */
  succeed(delimited: bool, id: i32): void {
    const writer = this.writer;
    writer.limit(UNBOUNDED);
    if (delimited) {
      writer.byte(FLUSH);
      copyBytes(writer.bytes, this.mark, writer.tail - 1 - this.mark, writer.bytes, this.mark + 1);
      writer.bytes[this.mark] = FLUSH as u8;
    }
    this.failed = false;
    if (id !== ABSENT) writer.text(TEXT_ID_AFTER);
    this.finish(id);
  }

  /** An error of codes.ts, about this piece of the input (cut to ECHO_BYTES) and with this piece of our own text. */
  fail(code: i32, id: i32, about: Bytes, from: i32, length: i32, more: Bytes, moreFrom: i32, moreLength: i32): void {
    const error = this.error;
    this.openError(code === ERR_NOT_FOUND || code === ERR_DISABLED ? CLASS_COMMAND_NOT_FOUND : CLASS_GENERIC_ERROR);
    const bytes = this.texts.bytes;
    const end = this.texts.start[code + 1] - 1;
    for (let i = this.texts.start[code]; i < end; i++) {
      const c = bytes[i] as i32;
      if (c === AT) error.escaped(about, from, cut(about, from, length));
      else if (c === HASH) error.escaped(more, moreFrom, moreLength);
      else error.byte(c);
    }
    this.closeError(id);
  }

  /** An error in a command's own words: UTF-8, whole. */
  failWith(errorClass: i32, id: i32, desc: Bytes, from: i32, length: i32): void {
    this.openError(errorClass);
    this.error.escaped(desc, from, length);
    this.closeError(id);
  }

  /** An error in a portable command's own words: ASCII. */
  failText(id: i32, desc: string): void {
    this.openError(CLASS_GENERIC_ERROR);
    this.error.ascii(desc);
    this.closeError(id);
  }

  private openError(errorClass: i32): void {
    this.error.clear();
    this.error.text(TEXT_ERROR);
    this.error.text(TEXT_CLASS + errorClass);
    this.error.text(TEXT_DESC);
  }

  private closeError(id: i32): void {
    this.error.text(TEXT_ERROR_END);
    this.failed = true;
    this.writer.byte(0x7b);
    if (id !== ABSENT) this.writer.text(TEXT_ID_FIRST);
    this.finish(id);
  }

  private finish(id: i32): void {
    this.busy = true;
    if (id !== ABSENT) this.echo.start(this.document, id);
    else this.end();
  }

  /** Goes on until `bound` bytes wait in the writer or the reply is complete; returns whether it is. */
  resume(bound: i32): bool {
    if (!this.busy) return true;
    if (!this.echo.run(this.writer, bound)) return false;
    if (this.failed) {
      this.writer.byte(0x2c);
      this.writer.byte(0x20);
    }
    this.end();
    return true;
  }

  private end(): void {
    if (this.failed) {
      this.writer.copy(this.error.bytes, 0, this.error.tail);
      this.error.trim();
    } else {
      this.writer.byte(0x7d);
    }
    this.writer.byte(LF);
    this.busy = false;
  }

  /** Drops the reply. */
  reset(): void {
    this.busy = false;
    this.writer.limit(UNBOUNDED);
    this.error.trim();
  }
}

/** How much of a piece of input an error shows: whole characters only. */
function cut(bytes: Bytes, from: i32, length: i32): i32 {
  if (length <= ECHO_BYTES) return length;
  let end = from + ECHO_BYTES;
  while (end > from + ECHO_BYTES - 6 && ((bytes[end] as i32) & 0xc0) === 0x80) end--;
  return end - from;
}
