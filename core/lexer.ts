// Bytes to tokens, over any chunking: the state between two calls is all that is needed (PROTOCOL 2.2, 2.3).
//
// A token's bytes are appended to the document as they come, quotes included; whoever takes the token decides what of
// them stays. A byte that can stand nowhere, 0xFF first among them, ends in recovery: skip to the next byte that
// structures, or to the end of the line.

import {
  ARRAY,
  ARRAY_END,
  COLON,
  COMMA,
  FLOAT,
  INTEGER,
  KEYWORD,
  MORE,
  OBJECT,
  OBJECT_END,
  STRAY,
  STRING,
} from "./codes.ts";
import { Document } from "./document.ts";
import { ECHO_BYTES } from "./limits.ts";
import { Bytes, newBytes } from "./memory.ts";
import { copyPlain, copyString } from "./scan.ts";

const START: i32 = 0;
const RECOVERY: i32 = 1;
const IN_STRING: i32 = 2;
const ESCAPED: i32 = 3;
const IN_KEYWORD: i32 = 4;
// Numbers, by what came last.
const MINUS: i32 = 5;
const LEADING_ZERO: i32 = 6;
const DIGITS: i32 = 7;
const POINT: i32 = 8;
const FRACTION: i32 = 9;
const EXPONENT: i32 = 10;
const EXPONENT_SIGN: i32 = 11;
const EXPONENT_DIGITS: i32 = 12;

const TAB: i32 = 0x09;
const QUOTE: i32 = 0x22;
const APOSTROPHE: i32 = 0x27;
const BACKSLASH: i32 = 0x5c;

// What a byte is at the start of a token: the token that it is by itself, or one of these.
const BLANK: i32 = 16;
const NOTHING: i32 = 17;
const QUOTES: i32 = 18;
/** Added to the state that the byte leads to. */
const STATES: i32 = 32;

const CLASSES: Bytes = byteClasses();

function byteClasses(): Bytes {
  const table = newBytes(256);
  for (let c = 0; c < 256; c++) {
    let kind = NOTHING;
    if (c > 0x30 && c <= 0x39) kind = STATES + DIGITS;
    else if (c >= 0x61 && c <= 0x7a) kind = STATES + IN_KEYWORD;
    table[c] = kind as u8;
  }
  table[0x20] = BLANK as u8;
  table[TAB] = BLANK as u8;
  table[0x0a] = BLANK as u8;
  table[0x0d] = BLANK as u8;
  table[QUOTE] = QUOTES as u8;
  table[APOSTROPHE] = QUOTES as u8;
  table[0x2c] = COMMA as u8;
  table[0x3a] = COLON as u8;
  table[0x5b] = ARRAY as u8;
  table[0x5d] = ARRAY_END as u8;
  table[0x7b] = OBJECT as u8;
  table[0x7d] = OBJECT_END as u8;
  table[0x2d] = (STATES + MINUS) as u8;
  table[0x30] = (STATES + LEADING_ZERO) as u8;
  return table;
}

export class Lexer {
  /** Where `scan` stopped reading. */
  at: i32 = 0;
  /** Where the bytes of the token start in the document. */
  from: i32 = 0;
  /** The string has no escapes and only bytes that a reply spells the same. */
  plain: bool = true;
  private state: i32 = START;
  private quote: i32 = 0;
  /** Bytes of the token that were not kept, because it is too long to be valid anyway. */
  private dropped: i32 = 0;
  private document: Document;

  constructor(document: Document) {
    this.document = document;
  }

  /** Forgets a token in progress. */
  reset(): void {
    this.state = START;
    this.dropped = 0;
  }

  /** Whether bytes of a token are waiting for the rest of it. */
  inside(): bool {
    return this.state > RECOVERY;
  }

  /** Bytes of the token so far, quotes included; 0 for structure. */
  length(): i32 {
    return this.document.used - this.from + this.dropped;
  }

  /** Keeps of a token only the start that an error would echo. */
  drop(): void {
    const keep = this.from + ECHO_BYTES;
    if (this.document.used > keep) {
      this.dropped += this.document.used - keep;
      this.document.used = keep;
    }
  }

  /**
   * Reads up to `end` and returns the token that ends there, or MORE. The document has room for all of the bytes.
   */
  scan(input: Bytes, at: i32, end: i32): i32 {
    if (this.state === START) return this.start(input, at, end);
    if (this.state === RECOVERY) return this.recover(input, at, end);
    return this.resume(input, at, end);
  }

  private resume(input: Bytes, at: i32, end: i32): i32 {
    if (this.state <= ESCAPED) return this.string(input, at, end);
    if (this.state === IN_KEYWORD) return this.keyword(input, at, end);
    return this.number(input, at, end);
  }

  private more(at: i32): i32 {
    this.at = at;
    return MORE;
  }

  private start(input: Bytes, at: i32, end: i32): i32 {
    const classes = CLASSES;
    let c: i32 = 0;
    let kind: i32 = 0;
    do {
      if (at >= end) return this.more(at);
      c = input[at++] as i32;
      kind = classes[c] as i32;
    } while (kind === BLANK);
    this.at = at;
    const document = this.document;
    this.from = document.used;
    this.dropped = 0;
    if (kind < BLANK) return kind;
    if (kind === NOTHING) return this.stray(c, at);
    document.bytes[document.used++] = c as u8;
    if (kind === QUOTES) {
      this.quote = c;
      this.plain = true;
      this.state = IN_STRING;
      return this.string(input, at, end);
    }
    this.state = kind - STATES;
    return this.resume(input, at, end);
  }

  /** The byte before `at` can stand nowhere. It becomes part of the token that the error names. */
  private stray(c: i32, at: i32): i32 {
    this.document.bytes[this.document.used++] = c as u8;
    this.state = RECOVERY;
    this.at = at;
    return STRAY;
  }

  private recover(input: Bytes, at: i32, end: i32): i32 {
    for (; at < end; at++) {
      const c = input[at] as i32;
      if ((c < 0x20 && c !== TAB) || (CLASSES[c] as i32) < BLANK || c >= 0xfe) {
        this.state = START;
        return this.start(input, at, end);
      }
    }
    return this.more(at);
  }

  private string(input: Bytes, at: i32, end: i32): i32 {
    const document = this.document;
    const bytes = document.bytes;
    let used = document.used;
    while (at < end) {
      if (this.state === IN_STRING) {
        const run = this.plain ? copyPlain(input, at, end, bytes, used) : copyString(input, at, end, bytes, used);
        at += run;
        used += run;
        if (at === end) break;
      }
      const c = input[at++] as i32;
      if (c < 0x20 || c >= 0xfe) {
        document.used = used;
        return this.stray(c, at);
      }
      bytes[used++] = c as u8;
      if (this.state === ESCAPED) {
        this.state = IN_STRING;
      } else if (c === this.quote) {
        this.state = START;
        this.at = at;
        document.used = used;
        return STRING;
      } else if (c === BACKSLASH) {
        this.state = ESCAPED;
        this.plain = false;
      } else if (c !== APOSTROPHE) {
        this.plain = false;
      }
    }
    document.used = used;
    return this.more(at);
  }

  private keyword(input: Bytes, at: i32, end: i32): i32 {
    const document = this.document;
    const bytes = document.bytes;
    let used = document.used;
    for (; at < end; at++) {
      const c = input[at] as i32;
      if (c < 0x61 || c > 0x7a) {
        this.state = START;
        this.at = at;
        document.used = used;
        return KEYWORD;
      }
      bytes[used++] = c as u8;
    }
    document.used = used;
    return this.more(at);
  }

  private number(input: Bytes, at: i32, end: i32): i32 {
    const document = this.document;
    const bytes = document.bytes;
    let used = document.used;
    let state = this.state;
    for (; at < end; at++) {
      const c = input[at] as i32;
      const next = step(state, c);
      if (next < 0) {
        document.used = used;
        this.at = at;
        // A number that lacks a digit takes the byte along, and so does a zero before a digit.
        if (next === BROKEN) return this.stray(c, at + 1);
        this.state = START;
        return state <= DIGITS ? INTEGER : FLOAT;
      }
      bytes[used++] = c as u8;
      state = next;
    }
    document.used = used;
    this.state = state;
    return this.more(at);
  }
}

const ENDED: i32 = -1;
const BROKEN: i32 = -2;

/** What a byte does to a number: the next state, ENDED before it, or BROKEN by it. After a plain 0 there is no exponent. */
function step(state: i32, c: i32): i32 {
  if (c >= 0x30 && c <= 0x39) {
    switch (state) {
      case MINUS:
        return c === 0x30 ? LEADING_ZERO : DIGITS;
      case LEADING_ZERO:
        return BROKEN;
      case POINT:
        return FRACTION;
      case EXPONENT:
      case EXPONENT_SIGN:
        return EXPONENT_DIGITS;
      default:
        return state;
    }
  }
  switch (state) {
    case LEADING_ZERO:
      return c === 0x2e ? POINT : ENDED;
    case DIGITS:
      return c === 0x2e ? POINT : c === 0x65 || c === 0x45 ? EXPONENT : ENDED;
    case FRACTION:
      return c === 0x65 || c === 0x45 ? EXPONENT : ENDED;
    case EXPONENT:
      return c === 0x2b || c === 0x2d ? EXPONENT_SIGN : BROKEN;
    case EXPONENT_DIGITS:
      return ENDED;
    default:
      return BROKEN;
  }
}
