// Tokens to messages. A message ends where its braces and its brackets balance, counted apart (PROTOCOL 2.1); what is
// wrong with its grammar is found on the way and told at its end, the first mistake only (2.6).

import {
  ABSENT,
  ARRAY,
  ARRAY_END,
  COLON,
  COMMA,
  ERR_DEPTH,
  ERR_DUPLICATE_KEY,
  ERR_EXPECTING_VALUE,
  ERR_KEYWORD,
  ERR_KEY_NOT_STRING,
  ERR_MISSING_COLON,
  ERR_SEPARATOR_DICT,
  ERR_SEPARATOR_LIST,
  ERR_SIZE,
  ERR_STRAY,
  ERR_TOKENS,
  FALSE,
  FLOAT,
  KEYWORD,
  MORE,
  NO_ERROR,
  NULL,
  OBJECT,
  OBJECT_END,
  STRAY,
  STRING,
  TRUE,
} from "./codes.ts";
import { Document, ENTRY, HUGE, IN_KEY_PLACE, IS_KEY, PLAIN } from "./document.ts";
import { Keys } from "./keys.ts";
import { Lexer } from "./lexer.ts";
import { Limits } from "./limits.ts";
import { Bytes, newBytes } from "./memory.ts";
import { isHuge } from "./number.ts";
import { Unescaper } from "./strings.ts";

/** What `accept` returns when a message is complete; `error` says whether it is valid. */
export const COMPLETE: i32 = 1;

// What the grammar wants next.
const VALUE: i32 = 0;
const VALUE_OR_END: i32 = 1;
const KEY: i32 = 2;
const KEY_OR_END: i32 = 3;
const COLON_NEXT: i32 = 4;
/** A comma, or the end of the list or of the object. */
const LIST_NEXT: i32 = 5;
const DICT_NEXT: i32 = 6;
/** A mistake was found: the rest of the message is only counted. */
const FAILED: i32 = 7;

// What a token does in each of these states: the next state, or one of these. The last ones are mistakes: ERRORS plus
// the error.
const OPEN: i32 = 8;
const CLOSE: i32 = 9;
const SCALAR: i32 = 10;
const NAME_STRAY: i32 = 11;
const COUNT: i32 = 12;
const ERRORS: i32 = 16;

const TOKENS: i32 = 16;
const GRAMMAR: Bytes = grammar();

function grammar(): Bytes {
  const table = newBytes((FAILED + 1) * TOKENS);
  for (let state = 0; state <= FAILED; state++) {
    const row = state * TOKENS;
    let error = ERR_EXPECTING_VALUE;
    if (state === COLON_NEXT) error = ERR_MISSING_COLON;
    if (state === LIST_NEXT) error = ERR_SEPARATOR_LIST;
    if (state === DICT_NEXT) error = ERR_SEPARATOR_DICT;
    for (let token = 0; token < TOKENS; token++) table[row + token] = (ERRORS + error) as u8;
    if (state < COLON_NEXT) {
      for (let token = STRING; token <= KEYWORD; token++) table[row + token] = SCALAR as u8;
      table[row + OBJECT] = OPEN as u8;
      table[row + ARRAY] = OPEN as u8;
    }
    if (state === FAILED) {
      for (let token = 0; token < TOKENS; token++) table[row + token] = COUNT as u8;
    }
    table[row + STRAY] = NAME_STRAY as u8;
  }
  table[VALUE_OR_END * TOKENS + ARRAY_END] = CLOSE as u8;
  table[KEY_OR_END * TOKENS + OBJECT_END] = CLOSE as u8;
  table[COLON_NEXT * TOKENS + COLON] = VALUE as u8;
  table[LIST_NEXT * TOKENS + COMMA] = VALUE as u8;
  table[LIST_NEXT * TOKENS + ARRAY_END] = CLOSE as u8;
  table[DICT_NEXT * TOKENS + COMMA] = KEY as u8;
  table[DICT_NEXT * TOKENS + OBJECT_END] = CLOSE as u8;
  return table;
}

/** A shorter number is never HUGE, unless it has an exponent. */
const HUGE_DIGITS: i32 = 309;

export class Framer {
  /** NO_ERROR, or what is wrong with the message. */
  error: i32 = NO_ERROR;
  /** The part of the document's bytes that the error speaks of. */
  errorFrom: i32 = 0;
  errorEnd: i32 = 0;
  private document: Document;
  private lexer: Lexer;
  private limits: Limits;
  private keys: Keys;
  private unescaper: Unescaper = new Unescaper();
  /** Braces and brackets that are open. */
  private depth: i32 = 0;
  /** The two apart, once the grammar has failed. */
  private braces: i32 = 0;
  private brackets: i32 = 0;
  private tokens: i32 = 0;
  private near: bool = false;
  private size: i32 = 0;
  private state: i32 = VALUE;
  /** The state behind a value of the innermost open container. */
  private after: i32 = VALUE;
  /** The innermost open container, or ABSENT. */
  private open: i32 = ABSENT;

  constructor(document: Document, lexer: Lexer, limits: Limits, keys: Keys) {
    this.document = document;
    this.lexer = lexer;
    this.limits = limits;
    this.keys = keys;
  }

  /** Forgets the message, and the document with it. */
  reset(): void {
    this.error = NO_ERROR;
    this.depth = 0;
    this.braces = 0;
    this.brackets = 0;
    this.tokens = 0;
    this.size = 0;
    this.state = VALUE;
    this.after = VALUE;
    this.open = ABSENT;
    this.document.clear();
  }

  /** Whether a message has begun. */
  inside(): bool {
    return this.tokens > 0;
  }

  /** Whether the limits of bytes and tokens can be reached within so many bytes: only then are they looked at. */
  expect(count: i32): void {
    const limits = this.limits;
    this.near = this.size > limits.messageBytes - count || this.tokens > limits.tokens - count;
  }

  /** The message is given up for its size. */
  oversize(): void {
    this.error = ERR_SIZE;
  }

  /** Takes a token: MORE, or COMPLETE when a message or an error is there. */
  accept(token: i32): i32 {
    const action = GRAMMAR[this.state * TOKENS + token] as i32;
    if (action === NAME_STRAY) {
      this.error = ERR_STRAY;
      this.errorFrom = this.lexer.from;
      this.errorEnd = this.document.used;
      return COMPLETE;
    }
    const length = this.lexer.length();
    this.size += length === 0 ? 1 : length;
    this.tokens++;
    if (this.near) {
      if (this.size > this.limits.messageBytes) return this.refuse(ERR_SIZE);
      if (this.tokens > this.limits.tokens) return this.refuse(ERR_TOKENS);
    }
    if (action < FAILED) {
      this.state = action;
      return MORE;
    }
    if (action === SCALAR) {
      this.scalar(token);
    } else if (action === OPEN) {
      if (this.depth >= this.limits.depth) return this.refuse(ERR_DEPTH);
      this.enter(token);
    } else if (action === CLOSE) {
      this.leave(token);
    } else if (action === COUNT) {
      this.document.used = this.lexer.from;
    } else {
      this.fail(action - ERRORS);
    }
    if (this.state === FAILED) return this.count(token);
    // As long as the grammar holds, braces and brackets balance where no container is open.
    return this.open === ABSENT ? COMPLETE : MORE;
  }

  /** After a mistake braces and brackets are counted apart: MORE, or COMPLETE where they say that the message ends. */
  private count(token: i32): i32 {
    if ((token === OBJECT || token === ARRAY) && this.depth >= this.limits.depth) return this.refuse(ERR_DEPTH);
    if (token === OBJECT) this.braces++;
    else if (token === OBJECT_END) this.braces--;
    else if (token === ARRAY) this.brackets++;
    else if (token === ARRAY_END) this.brackets--;
    this.depth = this.braces + this.brackets;
    return (this.braces > 0 || this.brackets > 0) && this.braces >= 0 && this.brackets >= 0 ? MORE : COMPLETE;
  }

  /** A limit is passed: the message ends here. */
  private refuse(error: i32): i32 {
    this.error = error;
    return COMPLETE;
  }

  private enter(token: i32): void {
    const asKey = this.state >= KEY;
    this.open = this.document.push(token | (asKey ? IN_KEY_PLACE : 0), this.open, 0);
    this.depth++;
    this.state = token === OBJECT ? KEY_OR_END : VALUE_OR_END;
    this.after = token === OBJECT ? DICT_NEXT : LIST_NEXT;
  }

  private scalar(token: i32): void {
    const document = this.document;
    const lexer = this.lexer;
    const asKey = this.state >= KEY;
    const from = lexer.from;
    if (token === STRING) {
      if (lexer.plain) {
        document.push(STRING | PLAIN | (asKey ? IS_KEY : 0), from + 1, document.used - from - 2);
      } else if (this.unescape(from + 1)) {
        document.push(STRING | (asKey ? IS_KEY : 0), from + 1, document.used - from - 1);
      } else {
        return;
      }
      this.state = asKey ? COLON_NEXT : this.after;
      return;
    }
    if (token === KEYWORD) {
      const keyword = this.keyword(from);
      if (keyword === KEYWORD) {
        this.failWith(ERR_KEYWORD, from, document.used);
        return;
      }
      document.used = from;
      document.push(keyword, from, 0);
    } else {
      this.number(token, from);
    }
    if (asKey) this.fail(ERR_KEY_NOT_STRING);
    else this.state = this.after;
  }

  private number(token: i32, from: i32): void {
    const document = this.document;
    const size = document.used - from;
    let head = token;
    if ((token === FLOAT || size >= HUGE_DIGITS) && isHuge(document.bytes, from, size)) {
      head |= HUGE;
      document.huge = true;
    }
    document.push(head, from, size);
  }

  private unescape(from: i32): bool {
    const document = this.document;
    const unescaper = this.unescaper;
    const error = unescaper.run(document.bytes, from, document.used - 1);
    if (error === NO_ERROR) {
      document.used = unescaper.end;
      return true;
    }
    this.failWith(error, unescaper.from, unescaper.end);
    return false;
  }

  private keyword(from: i32): i32 {
    const bytes = this.document.bytes;
    const size = this.document.used - from;
    if (size < 4 || size > 5) return KEYWORD;
    let hash = 0;
    for (let i = 0; i < 4; i++) hash = (hash << 8) | (bytes[from + i] as i32);
    if (size === 4) return hash === 0x74727565 ? TRUE : hash === 0x6e756c6c ? NULL : KEYWORD;
    return hash === 0x66616c73 && (bytes[from + 4] as i32) === 0x65 ? FALSE : KEYWORD;
  }

  private leave(token: i32): void {
    const document = this.document;
    const container = this.open;
    // One member, or none, needs no look.
    const small = document.length <= container + 3 * ENTRY;
    if (token === OBJECT_END && !small && this.keys.duplicate(document, container, document.length)) {
      this.fail(ERR_DUPLICATE_KEY);
      return;
    }
    if ((document.flags(container) & IN_KEY_PLACE) !== 0) {
      this.fail(ERR_KEY_NOT_STRING);
      return;
    }
    const around = document.end(container);
    const end = document.push(token, 0, 0);
    document.tape[container + 1] = end;
    this.open = around;
    this.depth--;
    if (around !== ABSENT) this.after = document.kind(around) === OBJECT ? DICT_NEXT : LIST_NEXT;
    this.state = this.after;
  }

  private fail(error: i32): void {
    this.failWith(error, 0, 0);
  }

  /**
   * The first mistake. A duplicate key that stands before it in one of the open objects came first: those are looked
   * for only when an object ends. From here on braces and brackets are counted; of the bytes only what the error echoes
   * stays.
   */
  private failWith(error: i32, from: i32, end: i32): void {
    const document = this.document;
    this.state = FAILED;
    this.error = error;
    this.errorFrom = from;
    this.errorEnd = end;
    let limit = document.length;
    for (let open = this.open; open !== ABSENT; open = document.end(open)) {
      if (document.kind(open) === ARRAY) {
        this.brackets++;
      } else {
        this.braces++;
        if (this.keys.duplicate(document, open, limit)) this.error = ERR_DUPLICATE_KEY;
      }
      limit = open;
    }
    document.used = end;
    document.length = 0;
  }
}
