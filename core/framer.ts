// Tokens to messages. A message ends where its braces and its brackets balance, counted apart (PROTOCOL 2.1); what is
// wrong with its grammar is found on the way and told at its end, the first mistake only (2.6).

import { ascii, sameBytes } from "./bytes.ts";
import {
  ABSENT,
  ARRAY_END,
  ERR_DEPTH,
  ERR_DUPLICATE_KEY,
  ERR_KEYWORD,
  ERR_KEY_NOT_STRING,
  ERR_SIZE,
  ERR_STRAY,
  ERR_TOKENS,
  FLOAT,
  KEYWORD,
  LIMIT_DEPTH,
  LIMIT_MESSAGE_BYTES,
  LIMIT_TOKENS,
  MORE,
  NO_ERROR,
  NULL,
  OBJECT,
  OBJECT_END,
  STRING,
  TRUE,
} from "./codes.ts";
import { HUGE, IN_KEY_PLACE, IS_KEY, PLAIN } from "./document.ts";
import { Bytes, Words } from "./memory.ts";
import { isHuge } from "./number.ts";
import { Strings } from "./strings.ts";
import { TEXTS, TEXT_TRUE, textAt, textLength } from "./texts.ts";

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

/**
 * What a token does in a state: `A` and on, it leads to that state; `o` it opens a container; `c` it closes one; `s` it is a
 * string, number or keyword; `n` it is named in an error; `#` it is only counted; a digit, the mistake by its number in
 * codes.ts. Rows: the states in their order. Columns: the tokens by their numbers in codes.ts.
 */
const GRAMMAR: Bytes = ascii(`2o2o2sssssss22n2
2o2ocsssssss22n2
2o2o2sssssss22n2
2oco2sssssss22n2
4444444444444An4
6666c6666666A6n6
55c555555555C5n5
##############n#
`);
const STRIDE: i32 = 17;
const STATE: i32 = 0x41;
const MISTAKE: i32 = 0x30;
const MISTAKES_END: i32 = 0x38;
const OPENS: i32 = 0x6f;
const CLOSES: i32 = 0x63;
const SCALAR: i32 = 0x73;
const NAMED: i32 = 0x6e;
const COUNTED: i32 = 0x23;

/** A shorter number is never HUGE, unless it has an exponent. */
const HUGE_DIGITS: i32 = 309;

export class Framer extends Strings {
  /** NO_ERROR, or what is wrong with the message. */
  error: i32 = NO_ERROR;
  /** Braces and brackets that are open. */
  private braces: i32 = 0;
  private brackets: i32 = 0;
  private tokens: i32 = 0;
  /** Bytes of the tokens. */
  private total: i32 = 0;
  private state: i32 = VALUE;
  /** The state behind a value of the innermost open container. */
  private after: i32 = VALUE;
  /** The innermost open container, or ABSENT. */
  private open: i32 = ABSENT;

  constructor(protected limits: Words) {
    super();
  }

  /** Forgets the message. A token in progress, or a recovery, goes on. */
  forgetMessage(): void {
    this.error = NO_ERROR;
    this.errorFrom = 0;
    this.errorEnd = 0;
    this.braces = 0;
    this.brackets = 0;
    this.tokens = 0;
    this.total = 0;
    this.state = VALUE;
    this.after = VALUE;
    this.open = ABSENT;
    this.used = 0;
    this.length = 0;
  }

  /** Whether nothing of a message is held. */
  isIdle(): bool {
    return this.tokens === 0 && !this.insideToken();
  }

  /** Takes a token: MORE, or COMPLETE when a message or an error is there. */
  accept(token: i32): i32 {
    const action = GRAMMAR[this.state * STRIDE + token] as i32;
    if (action === NAMED) {
      this.errorFrom = this.start;
      this.errorEnd = this.used;
      return this.refuse(ERR_STRAY);
    }
    const length = this.tokenLength();
    this.total += length === 0 ? 1 : length;
    this.tokens++;
    if (this.total > this.limits[LIMIT_MESSAGE_BYTES]) return this.refuse(ERR_SIZE);
    if (this.tokens > this.limits[LIMIT_TOKENS]) return this.refuse(ERR_TOKENS);
    if (token <= ARRAY_END) {
      // Those that open have odd numbers.
      const step = ((token & 1) << 1) - 1;
      if (token <= OBJECT_END) this.braces += step;
      else this.brackets += step;
      if (step > 0 && this.braces + this.brackets > this.limits[LIMIT_DEPTH]) return this.refuse(ERR_DEPTH);
    }
    if (action === SCALAR) this.scalar(token);
    else if (action === OPENS) this.enter(token);
    else if (action === CLOSES) this.leave(token);
    else if (action === COUNTED) this.used = this.start;
    else if (action < MISTAKES_END) this.fail(action - MISTAKE);
    else this.state = action - STATE;
    return (this.braces > 0 || this.brackets > 0) && this.braces >= 0 && this.brackets >= 0 ? MORE : COMPLETE;
  }

  /** The message ends here, whatever is open. */
  protected refuse(error: i32): i32 {
    this.error = error;
    return COMPLETE;
  }

  private enter(token: i32): void {
    this.open = this.push(token | (this.state >= KEY ? IN_KEY_PLACE : 0), this.open, 0);
    this.state = token === OBJECT ? KEY_OR_END : VALUE_OR_END;
    this.after = token === OBJECT ? DICT_NEXT : LIST_NEXT;
  }

  private scalar(token: i32): void {
    const isKey = this.state >= KEY;
    const from = this.start;
    const size = this.used - from;
    let head = token;
    if (token === STRING) {
      this.used--;
      const error = this.plain ? NO_ERROR : this.unescape(from + 1);
      if (error !== NO_ERROR) {
        this.fail(error);
        return;
      }
      if (this.plain) head |= PLAIN;
      if (isKey) head |= IS_KEY;
      this.push(head, from + 1, this.used - from - 1);
      this.state = isKey ? COLON_NEXT : this.after;
      return;
    }
    if (token === KEYWORD) {
      head = TRUE;
      while (!this.isKeyword(head, from, size)) {
        if (head === NULL) {
          this.errorFrom = from;
          this.errorEnd = this.used;
          this.fail(ERR_KEYWORD);
          return;
        }
        head++;
      }
    } else if ((token === FLOAT || size >= HUGE_DIGITS) && isHuge(this.bytes, from, size)) {
      head |= HUGE;
    }
    this.push(head, from, size);
    if (isKey) this.fail(ERR_KEY_NOT_STRING);
    else this.state = this.after;
  }

  private isKeyword(kind: i32, from: i32, size: i32): bool {
    const text = TEXT_TRUE - TRUE + kind;
    return size === textLength(text) && sameBytes(this.bytes, from, TEXTS, textAt(text), size);
  }

  private leave(token: i32): void {
    const container = this.open;
    if (token === OBJECT_END && this.hasDuplicate(container, this.length)) {
      this.fail(ERR_DUPLICATE_KEY);
      return;
    }
    if ((this.flags(container) & IN_KEY_PLACE) !== 0) {
      this.fail(ERR_KEY_NOT_STRING);
      return;
    }
    const around = this.end(container);
    const end = this.push(token, 0, 0);
    this.tape[container + 1] = end;
    this.open = around;
    if (around !== ABSENT) this.after = this.kind(around) === OBJECT ? DICT_NEXT : LIST_NEXT;
    this.state = this.after;
  }

  /**
   * The first mistake. A duplicate key that stands before it in one of the open objects came first: those are looked
   * for only when an object ends. From here on braces and brackets are counted; of the bytes only what the error echoes
   * stays.
   */
  private fail(error: i32): void {
    this.state = FAILED;
    this.error = error;
    let limit = this.length;
    for (let open = this.open; open !== ABSENT; open = this.end(open)) {
      if (this.kind(open) === OBJECT && this.hasDuplicate(open, limit)) this.error = ERR_DUPLICATE_KEY;
      limit = open;
    }
    this.used = this.errorEnd;
    this.length = 0;
  }
}
