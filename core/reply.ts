// One reply: its start, the id as the peer spelled it, its end. Success has `return` before `id`, an error has `id` before
// `error`: the order of QEMU's hash table (PROTOCOL 5.3).

import {
  ABSENT,
  CLASS_COMMAND_NOT_FOUND,
  CLASS_GENERIC_ERROR,
  ERR_DISABLED,
  ERR_NOT_FOUND,
  ERR_UNICODE,
} from "./codes.ts";
import { Document } from "./document.ts";
import { Echo } from "./echo.ts";
import { ECHO_BYTES } from "./limits.ts";
import { Bytes, copyBytes } from "./memory.ts";
import {
  TEXTS,
  TEXT_CLASS,
  TEXT_DESC,
  TEXT_ERROR,
  TEXT_ERROR_END,
  TEXT_ID_AFTER,
  TEXT_ID_FIRST,
  TEXT_PARSE,
  TEXT_RETURN,
  textAt,
} from "./texts.ts";
import { Writer } from "./writer.ts";

const LF: i32 = 0x0a;
const FLUSH: i32 = 0xff;
const AT: i32 = 0x40;

/** The replies of a session, one after the other, until the host takes them. */
export class Reply extends Echo {
  /** A reply is begun and not yet complete. */
  busy: bool = false;
  /** The end of an error: composed when the error is met, written behind the id. */
  error: Writer = new Writer();
  private failed: bool = false;
  /** Where the reply starts. */
  private mark: i32 = 0;
  /** Where its value starts. */
  private from: i32 = 0;

  /** Starts a success whose value is written next. */
  begin(): void {
    this.mark = this.tail;
    this.text(TEXT_RETURN);
    this.from = this.tail;
  }

  /** How much was written since `begin`. */
  size(): i32 {
    return this.tail - this.from;
  }

  /** Takes back what was written since `begin`. */
  withdraw(): void {
    this.tail = this.mark;
  }

  /** The value is complete: what remains is 0xFF in front, where wanted, the id of the document and the end. */
  succeed(delimited: bool, document: Document, id: i32): void {
    if (delimited) {
      this.byte(FLUSH);
      copyBytes(this.bytes, this.mark, this.tail - 1 - this.mark, this.bytes, this.mark + 1);
      this.bytes[this.mark] = FLUSH as u8;
    }
    this.failed = false;
    this.finish(document, id, TEXT_ID_AFTER);
  }

  /** Starts an error of codes.ts, about this piece of the input, cut to ECHO_BYTES. `fail` must follow. */
  compose(code: i32, about: Bytes, from: i32, length: i32): void {
    const error = this.error;
    this.composeClass(code === ERR_NOT_FOUND || code === ERR_DISABLED ? CLASS_COMMAND_NOT_FOUND : CLASS_GENERIC_ERROR);
    if (code <= ERR_UNICODE) error.text(TEXT_PARSE);
    let at = textAt(code);
    let c = TEXTS[at] as i32;
    while (c !== LF) {
      if (c === AT) error.escaped(about, from, cut(about, from, length));
      else error.byte(c);
      c = TEXTS[++at] as i32;
    }
  }

  /** Starts an error of this class; its description is to be written into `error`. `fail` must follow. */
  composeClass(errorClass: i32): void {
    this.error.clear();
    this.error.text(TEXT_ERROR);
    this.error.text(errorClass === CLASS_COMMAND_NOT_FOUND ? TEXT_CLASS + 1 : TEXT_CLASS);
    this.error.text(TEXT_DESC);
  }

  /** The error is composed: what remains is the id of the document before it. */
  fail(document: Document, id: i32): void {
    this.error.text(TEXT_ERROR_END);
    this.failed = true;
    this.byte(0x7b);
    this.finish(document, id, TEXT_ID_FIRST);
  }

  private finish(document: Document, id: i32, text: i32): void {
    this.busy = true;
    if (id === ABSENT) {
      this.close();
    } else {
      this.text(text);
      this.echo(document, id);
    }
  }

  /** Goes on until `bound` bytes wait or the reply is complete; returns whether it is. */
  resume(bound: i32): bool {
    if (!this.busy) return true;
    if (!this.resumeEcho(bound)) return false;
    if (this.failed) this.comma();
    this.close();
    return true;
  }

  private close(): void {
    if (this.failed) {
      this.copy(this.error.bytes, 0, this.error.tail);
      this.error.trim();
    } else {
      this.byte(0x7d);
    }
    this.byte(LF);
    this.busy = false;
  }

  /** Drops the reply, and those that wait. */
  reset(): void {
    this.busy = false;
    this.error.trim();
    this.trim();
  }
}

/** How much of a piece of input an error shows: whole characters only. */
function cut(bytes: Bytes, from: i32, length: i32): i32 {
  if (length <= ECHO_BYTES) return length;
  let end = from + ECHO_BYTES;
  while (end > from + ECHO_BYTES - 6 && ((bytes[end] as i32) & 0xc0) === 0x80) end--;
  return end - from;
}
