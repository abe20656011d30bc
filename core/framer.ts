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
  OVERSIZE,
  STRAY,
  STRING,
  TRUE,
} from "./codes.ts";
import { Document, HUGE, IN_KEY_PLACE, IS_KEY, PLAIN } from "./document.ts";
import { Keys } from "./keys.ts";
import { Lexer } from "./lexer.ts";
import { Limits } from "./limits.ts";
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
const SEPARATOR: i32 = 5;
/** A mistake was found: the rest of the message is only counted. */
const FAILED: i32 = 6;

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
  private braces: i32 = 0;
  private brackets: i32 = 0;
  private tokens: i32 = 0;
  private size: i32 = 0;
  private state: i32 = VALUE;
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
    this.braces = 0;
    this.brackets = 0;
    this.tokens = 0;
    this.size = 0;
    this.state = VALUE;
    this.open = ABSENT;
    this.document.clear();
  }

  /** Whether a message has begun. */
  inside(): bool {
    return this.tokens > 0;
  }

  /** Takes a token: MORE, or COMPLETE when a message or an error is there. */
  accept(token: i32): i32 {
    const document = this.document;
    const lexer = this.lexer;
    if (token === STRAY) {
      this.error = ERR_STRAY;
      this.errorFrom = lexer.from;
      this.errorEnd = document.used;
      return COMPLETE;
    }
    const limits = this.limits;
    this.size += lexer.length();
    this.tokens++;
    switch (token) {
      case OBJECT:
        this.braces++;
        break;
      case OBJECT_END:
        this.braces--;
        break;
      case ARRAY:
        this.brackets++;
        break;
      case ARRAY_END:
        this.brackets--;
        break;
    }
    if (token === OVERSIZE || this.size > limits.messageBytes) return this.refuse(ERR_SIZE);
    if (this.tokens > limits.tokens) return this.refuse(ERR_TOKENS);
    if (this.braces + this.brackets > limits.depth) return this.refuse(ERR_DEPTH);

    if (this.state === FAILED) document.used = lexer.from;
    else this.place(token);
    return (this.braces > 0 || this.brackets > 0) && this.braces >= 0 && this.brackets >= 0 ? MORE : COMPLETE;
  }

  /** A limit is passed: the message ends here. */
  private refuse(error: i32): i32 {
    this.error = error;
    return COMPLETE;
  }

  /** The token in the grammar. */
  private place(token: i32): void {
    const state = this.state;
    switch (token) {
      case COMMA:
        if (state === SEPARATOR) this.state = this.inObject() ? KEY : VALUE;
        else this.fail(state === COLON_NEXT ? ERR_MISSING_COLON : ERR_EXPECTING_VALUE);
        return;
      case COLON:
        if (state === COLON_NEXT) this.state = VALUE;
        else this.fail(state === SEPARATOR ? this.separatorError() : ERR_EXPECTING_VALUE);
        return;
      case OBJECT_END:
        if (state === KEY_OR_END || (state === SEPARATOR && this.inObject())) this.close(OBJECT_END);
        else this.failAtEnd();
        return;
      case ARRAY_END:
        if (state === VALUE_OR_END || (state === SEPARATOR && !this.inObject())) this.close(ARRAY_END);
        else this.failAtEnd();
        return;
    }
    if (state === COLON_NEXT) this.fail(ERR_MISSING_COLON);
    else if (state === SEPARATOR) this.fail(this.separatorError());
    else this.value(token, state >= KEY);
  }

  private inObject(): bool {
    return this.document.kind(this.open) === OBJECT;
  }

  private separatorError(): i32 {
    return this.inObject() ? ERR_SEPARATOR_DICT : ERR_SEPARATOR_LIST;
  }

  /** A closing brace or bracket where it may not stand. */
  private failAtEnd(): void {
    if (this.state === COLON_NEXT) this.fail(ERR_MISSING_COLON);
    else this.fail(this.state === SEPARATOR ? this.separatorError() : ERR_EXPECTING_VALUE);
  }

  private value(token: i32, asKey: bool): void {
    const document = this.document;
    const lexer = this.lexer;
    if (token === OBJECT || token === ARRAY) {
      this.open = document.push(token | (asKey ? IN_KEY_PLACE : 0), this.open, 0);
      this.state = token === OBJECT ? KEY_OR_END : VALUE_OR_END;
      return;
    }
    const from = lexer.from;
    if (token === STRING) {
      if (lexer.plain) {
        document.push(STRING | PLAIN | (asKey ? IS_KEY : 0), from + 1, document.used - from - 2);
      } else if (this.unescape(from + 1)) {
        document.push(STRING | (asKey ? IS_KEY : 0), from + 1, document.used - from - 1);
      } else {
        return;
      }
      this.state = asKey ? COLON_NEXT : SEPARATOR;
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
    else this.state = SEPARATOR;
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

  private close(kind: i32): void {
    const document = this.document;
    const container = this.open;
    if (kind === OBJECT_END && this.keys.duplicate(document, container, document.length)) {
      this.fail(ERR_DUPLICATE_KEY);
      return;
    }
    const flags = document.flags(container);
    this.open = document.end(container);
    document.tape[container + 1] = document.push(kind, 0, 0);
    this.state = SEPARATOR;
    if ((flags & IN_KEY_PLACE) !== 0) this.fail(ERR_KEY_NOT_STRING);
  }

  private fail(error: i32): void {
    this.failWith(error, 0, 0);
  }

  /**
   * The first mistake. A duplicate key that stands before it in one of the open objects came first: those are looked
   * for only when an object ends. Of the bytes only what the error echoes stays.
   */
  private failWith(error: i32, from: i32, end: i32): void {
    const document = this.document;
    this.state = FAILED;
    this.error = error;
    this.errorFrom = from;
    this.errorEnd = end;
    let limit = document.length;
    for (let open = this.open; open !== ABSENT; open = document.end(open)) {
      if (document.kind(open) === OBJECT && this.keys.duplicate(document, open, limit)) this.error = ERR_DUPLICATE_KEY;
      limit = open;
    }
    document.used = end;
    document.length = 0;
  }
}
