// Bytes to tokens, over any chunking: the state between two calls is all that is needed (PROTOCOL 2.2, 2.3).
//
// A token's bytes are appended to the document as they come, quotes included; whoever takes the token decides what of
// them stays. A byte that can stand nowhere, 0xFF first among them, ends in recovery: skip to the next byte that
// structures, or to the end of the line.

import { FLOAT, INTEGER, KEYWORD, MORE, STRAY, STRING } from "./codes.ts";
import { Document } from "./document.ts";
import { ECHO_BYTES } from "./limits.ts";
import { Bytes, bytesOf } from "./memory.ts";
import { copyPlain } from "./scan.ts";

/**
 * The class of each ASCII byte, sixteen to a line: a digit or what follows it in ASCII for a byte that is a token by
 * itself, its kind in codes.ts added to `0`; else a letter, the column of STEPS.
 */
const CLASSES: Bytes = bytesOf(`dddddddddbcddcdd
dddddddddddddddd
aefeeeegeeej<ime
klllllllll=eeeee
eeeeeoeeeeeeeeee
eeeeeeeeeee3h4ee
eppppnpppppppppp
ppppppppppp1e2ee
`);
const CLASS_OF_KIND: i32 = 0x30;
const CLASS_OF_COLUMN: i32 = 0x60;
/** Bytes from 0x80 on: as a control character, or as a sign that means nothing. */
const CONTROL: i32 = 0x64;
const OTHER: i32 = 0x65;

// The states, by their rows in STEPS: those of strings come first, then the two outside of a token, then numbers by what
// came last.
const ESCAPED_STRING: i32 = 3;
const START: i32 = 4;
const RECOVERY: i32 = 5;
const IN_KEYWORD: i32 = 6;
const DIGITS: i32 = 9;

/**
 * What a byte does in a state: `A` and on, it belongs to the token and leads to that state; `.` it is skipped; `t` it is a
 * token; `c` it closes a string; `e` the token ended before it; `r` recovery ended before it; `x` it can stand nowhere. A
 * number that lacks a digit takes the byte along, and so does a zero before a digit; after a plain 0 there is no exponent.
 *
 * Columns: a token by itself, space, tab, newline, control character, other, `"`, `'`, `\`, `-`, `+`, `0`, `1` to `9`, `.`,
 * `e`, `E`, other letters. Rows: A in double quotes, B in single quotes, C and D behind a backslash in them, E between tokens,
 * F in recovery, G keyword, H minus, I leading zero, J digits, K point, L fraction, M exponent, N its sign, O its digits.
 */
const STEPS: Bytes = bytesOf(`AAxxxAcACAAAAAAAA
BBxxxBBcDBBBBBBBB
AAxxxAAAAAAAAAAAA
BBxxxBBBBBBBBBBBB
t...xxABxHxIJxGxG
r..rr............
eeeeeeeeeeeeeeGeG
xxxxxxxxxxxIJxxxx
eeeeeeeeeeexxKeee
eeeeeeeeeeeJJKMMe
xxxxxxxxxxxLLxxxx
eeeeeeeeeeeLLeMMe
xxxxxxxxxNNOOxxxx
xxxxxxxxxxxOOxxxx
eeeeeeeeeeeOOeeee
`);
const STRIDE: i32 = 18;
const STATE: i32 = 0x41;
const SKIP: i32 = 0x2e;
const TOKEN: i32 = 0x74;
const CLOSES: i32 = 0x63;
const ENDED: i32 = 0x65;
const RESTART: i32 = 0x72;
const ASTRAY: i32 = 0x78;

const APOSTROPHE: i32 = 0x27;

export class Lexer extends Document {
  /** Where `scan` stopped reading. */
  at: i32 = 0;
  /** Where the bytes of the token start in the document. */
  start: i32 = 0;
  /** The string has no escapes and only bytes that a reply spells the same. */
  plain: bool = true;
  private mode: i32 = START;
  /** Bytes of the token that were not kept, because it is too long to be valid anyway. */
  private dropped: i32 = 0;

  /** Forgets a token in progress. */
  forgetToken(): void {
    this.mode = START;
  }

  /** Whether bytes of a token are waiting for the rest of it. */
  insideToken(): bool {
    return this.mode !== START && this.mode !== RECOVERY;
  }

  /** Bytes of the token so far, quotes included; 0 for structure. */
  tokenLength(): i32 {
    return this.used - this.start + this.dropped;
  }

  /** Keeps of a token only the start that an error would echo. */
  dropToken(): void {
    const keep = this.start + ECHO_BYTES;
    if (this.used > keep) {
      this.dropped += this.used - keep;
      this.used = keep;
    }
  }

  /**
   * Reads up to `end` and returns the token that ends there, or MORE. The document has room for all of the bytes.
   */
  scan(input: Bytes, at: i32, end: i32): i32 {
    const bytes = this.bytes;
    let used = this.used;
    let mode = this.mode;
    let token = MORE;
    while (token === MORE && at < end) {
      if (mode < ESCAPED_STRING - 1) {
        const run = copyPlain(input, at, end, bytes, used);
        at += run;
        used += run;
        if (at === end) break;
      }
      const c = input[at] as i32;
      const kind = c < 0x80 ? (CLASSES[c + (c >> 4)] as i32) : c < 0xfe ? OTHER : CONTROL;
      const column = kind > CLASS_OF_COLUMN ? kind - CLASS_OF_COLUMN : 0;
      const step = STEPS[mode * STRIDE + column] as i32;
      if (mode === START) {
        this.start = used;
        this.dropped = 0;
        this.plain = true;
      }
      if (step === ENDED || step === RESTART) {
        if (step === ENDED) token = mode === IN_KEYWORD ? KEYWORD : mode <= DIGITS ? INTEGER : FLOAT;
        mode = START;
        continue;
      }
      at++;
      if (step === SKIP) continue;
      if (step === TOKEN) {
        token = kind - CLASS_OF_KIND;
        continue;
      }
      bytes[used++] = c as u8;
      if (step === CLOSES) {
        token = STRING;
        mode = START;
      } else if (step === ASTRAY) {
        token = STRAY;
        mode = RECOVERY;
      } else {
        if (mode <= ESCAPED_STRING && c !== APOSTROPHE) this.plain = false;
        mode = step - STATE;
      }
    }
    this.at = at;
    this.used = used;
    this.mode = mode;
    return token;
  }
}
