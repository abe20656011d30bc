// Bytes to messages: lexer and framer over one document, and the memory that the document may take.

import { MORE, NO_ERROR } from "./codes.ts";
import { Budget } from "./budget.ts";
import { Document } from "./document.ts";
import { COMPLETE, Framer } from "./framer.ts";
import { Keys } from "./keys.ts";
import { Lexer } from "./lexer.ts";
import { BASE_BYTES, ECHO_BYTES, IDLE_BYTES, Limits, SLICE_BYTES } from "./limits.ts";
import { Bytes } from "./memory.ts";
import { bytesOf } from "./texts.ts";

export class Parser {
  document: Document;
  /** Where `feed` stopped reading. */
  at: i32 = 0;
  /** Where the slice ends that there is room for. */
  private stop: i32 = 0;
  private lexer: Lexer;
  private framer: Framer;
  private limits: Limits;
  private budget: Budget;
  /** What the budget was charged with. */
  private charged: i32 = 0;

  constructor(limits: Limits, budget: Budget, keys: Keys) {
    const document = new Document();
    const lexer = new Lexer(document);
    this.document = document;
    this.lexer = lexer;
    this.framer = new Framer(document, lexer, limits, keys);
    this.limits = limits;
    this.budget = budget;
  }

  /** NO_ERROR, or what is wrong with the message that `feed` found. */
  error(): i32 {
    return this.framer.error;
  }

  errorFrom(): i32 {
    return this.framer.errorFrom;
  }

  errorEnd(): i32 {
    return this.framer.errorEnd;
  }

  /** Whether nothing of a message is held. */
  isIdle(): bool {
    return !this.lexer.inside() && !this.framer.inside();
  }

  /** New input: what `feed` knows of the last one does not hold. */
  begin(): void {
    this.stop = 0;
  }

  /**
   * Reads up to the end of a message, COMPLETE, or up to `end`, MORE. After COMPLETE `next` must follow. Calls that go
   * on in one input need one `begin`.
   */
  feed(input: Bytes, at: i32, end: i32): i32 {
    const lexer = this.lexer;
    const framer = this.framer;
    while (at < end) {
      if (at >= this.stop && !this.slice(at, end)) return this.starve(at);
      const stop = this.stop;
      while (at < stop) {
        const token = lexer.scan(input, at, stop);
        at = lexer.at;
        if (token === MORE) break;
        if (framer.accept(token) === COMPLETE) {
          this.at = at;
          return COMPLETE;
        }
      }
      // A token alone that passes the limit by two is given up without waiting for its end (PROTOCOL 2.7).
      if (lexer.inside() && lexer.length() > this.limits.messageBytes + 1) return this.refuse(at);
    }
    this.at = at;
    return MORE;
  }

  /**
   * How far to read in one go: SLICE_BYTES at most, and no further than a token may grow, so that it is given up at the
   * same byte whatever the chunks were. Makes room for the slice; false where the budget does not allow it. The room
   * lasts for the slice whatever messages end in it: each starts where the document is empty.
   */
  private slice(at: i32, end: i32): bool {
    const lexer = this.lexer;
    const document = this.document;
    const most = this.limits.messageBytes;
    let count = end - at < SLICE_BYTES ? end - at : SLICE_BYTES;
    const left = most + 2 - (lexer.inside() ? lexer.length() : 0);
    if (count > left) count = left;
    // Of a token that ends past the limit only what its error echoes is kept.
    if (lexer.inside() && document.used > most + ECHO_BYTES) lexer.drop();
    if (!this.reserve(count)) {
      // What an earlier message needed goes back first; then there is always room for a slice.
      if (!this.isIdle()) return false;
      this.release(0);
      this.reserve(count);
    }
    this.framer.expect(lexer.inside() ? count + lexer.length() : count);
    this.stop = at + count;
    return true;
  }

  private reserve(count: i32): bool {
    const document = this.document;
    const need = document.used + count;
    let size = document.capacity;
    if (need > size) {
      const most = this.limits.messageBytes + ECHO_BYTES + SLICE_BYTES + ECHO_BYTES;
      size = size === 0 ? BASE_BYTES : size << 1;
      if (size > most) size = most;
      if (size < need) size = need;
    }
    const hold = document.held() - document.capacity + size;
    const charge = hold > BASE_BYTES + BASE_BYTES ? hold : 0;
    if (!this.budget.claim(this.charged, charge)) return false;
    this.charged = charge;
    if (size > document.capacity) document.grow(size);
    return true;
  }

  /** The message is too large, or there is no memory for it: it ends here, and what follows is read afresh. */
  private refuse(at: i32): i32 {
    this.lexer.reset();
    this.framer.oversize();
    this.at = at;
    return COMPLETE;
  }

  /** There is no memory for the message: what it holds goes back first, else nothing could be read any more. */
  private starve(at: i32): i32 {
    this.framer.reset();
    this.release(0);
    return this.refuse(at);
  }

  /** Forgets the message; a recovery goes on. */
  next(): void {
    this.framer.reset();
  }

  /** Forgets everything and gives large blocks back. */
  reset(): void {
    this.lexer.reset();
    this.framer.reset();
    this.trim();
  }

  /** Gives large blocks back, where no message is held. */
  trim(): void {
    if (this.isIdle()) this.release(IDLE_BYTES);
  }

  /** Gives blocks of more than `most` bytes back. */
  private release(most: i32): void {
    this.document.trim(most);
    this.budget.claim(this.charged, 0);
    this.charged = 0;
  }

  /** Whether `bytes` from `at` to `end` are one complete value and nothing else; then it stands in the document. */
  parse(bytes: Bytes, at: i32, end: i32): bool {
    this.reset();
    this.begin();
    let status = this.feed(bytes, at, end);
    this.begin();
    if (status === MORE)
      status = this.feed(SPACE, 0, 1); // A number or a keyword ends at the byte behind it.
    else if (!isBlank(bytes, this.at, end)) return false;
    return status === COMPLETE && this.framer.error === NO_ERROR;
  }
}

const SPACE: Bytes = bytesOf(" ");

function isBlank(bytes: Bytes, at: i32, end: i32): bool {
  while (at < end && (bytes[at] as i32) <= 0x20) at++;
  return at === end;
}
