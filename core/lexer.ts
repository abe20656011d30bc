// Bytes to tokens, over any chunking: the state between two calls is all that is needed (PROTOCOL 2.2, 2.3).
//
// A token's bytes are appended to the document as they come, quotes included; whoever takes the token decides what of
// them stays. A byte that can stand nowhere, 0xFF first among them, ends in recovery: skip to the next byte that
// structures, or to the end of the line.

import { ascii } from "./bytes.ts";
import { MORE, STRAY } from "./codes.ts";
import { Keys } from "./keys.ts";
import { ECHO_BYTES } from "./limits.ts";
import { Bytes } from "./memory.ts";
import { copyPlain } from "./scan.ts";

/** The column of STEPS for each ASCII byte, sixteen to a line: a letter, counted from `a`. */
const COLUMNS: Bytes = ascii(`jjjjjjjjjhijjijj
jjjjjjjjjjjjjjjj
gklkkkkmkkkpfosk
qrrrrrrrrrekkkkk
kkkkkukkkkkkkkkk
kkkkkkkkkkkcndkk
kvvvvtvvvvvvvvvv
vvvvvvvvvvvakbkk
`);
/** Bytes from 0x80 on stand in the column of control characters, or in that of signs without a meaning. */
const CONTROL: i32 = 0x6a;
const OTHER: i32 = 0x6b;
const FIRST_COLUMN: i32 = 0x61;

// The states, by their rows in STEPS: those of strings come first.
const IN_SINGLE_QUOTES: i32 = 1;
const LAST_OF_STRINGS: i32 = 3;
const START: i32 = 4;
const RECOVERY: i32 = 5;
const IN_DIGITS: i32 = 9;

/**
 * What a byte does in a state. The high half of a cell says what becomes of the byte, the low half is a state, or the token
 * of codes.ts that ends here, or MORE:
 *   `0` to `=`   it is skipped, or a token by itself
 *   `@` to `N`   it belongs to the token and leads to a state
 *   `U`, `^`     it belongs to the token and ends it: a string, or as the byte that can stand nowhere
 *   `f` to `p`   it is looked at again, at the start of a token
 * A number that lacks a digit takes the byte along, and so does a zero before a digit; after a plain 0 there is no exponent.
 *
 * Columns: `{`, `}`, `[`, `]`, `:`, `,`, space, tab, newline, control character, other, `"`, `'`, `\`, `-`, `+`, `0`, `1` to
 * `9`, `.`, `e`, `E`, other letters. Rows: in double quotes, in single quotes, behind a backslash in either, between tokens,
 * recovery, keyword, minus, leading zero, digits, point, fraction, exponent, its sign, its digits.
 */
const STEPS: Bytes = ascii(`@@@@@@@^^^@U@B@@@@@@@@
AAAAAAA^^^AAUCAAAAAAAA
@@@@@@@^^^@@@@@@@@@@@@
AAAAAAA^^^AAAAAAAAAAAA
1234=<000^^@A^G^HI^F^F
pppppp00pp000000000000
kkkkkkkkkkkkkkkkkkkFkF
^^^^^^^^^^^^^^^^HI^^^^
ffffffffffffffff^^Jfff
ffffffffffffffffIIJLLf
^^^^^^^^^^^^^^^^KK^^^^
ggggggggggggggggKKgLLg
^^^^^^^^^^^^^^MMNN^^^^
^^^^^^^^^^^^^^^^NN^^^^
ggggggggggggggggNNgggg
`);
const STRIDE: i32 = 23;
const LOW: i32 = 15;
const BELONGS: i32 = 0x40;
const ENDS: i32 = 0x50;
const AGAIN: i32 = 0x60;

const APOSTROPHE: i32 = 0x27;
const ZERO: i32 = 0x30;
const NINE: i32 = 0x39;

export class Lexer extends Keys {
  /** Where `scan` stopped reading. */
  at: i32 = 0;
  /** Where the bytes of the token start in the document. */
  start: i32 = 0;
  /** The string has only ASCII and no escapes: a reply spells it as its source does. */
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
      if (mode <= IN_SINGLE_QUOTES) {
        const run = copyPlain(input, at, end, bytes, used);
        at += run;
        used += run;
        if (at === end) break;
      }
      if (mode === IN_DIGITS) {
        while (at < end && (input[at] as i32) >= ZERO && (input[at] as i32) <= NINE) bytes[used++] = input[at++];
        if (at === end) break;
      }
      if (mode === START) {
        this.start = used;
        this.dropped = 0;
        this.plain = true;
      }
      const c = input[at++] as i32;
      const column = (c < 0x80 ? (COLUMNS[c + (c >> 4)] as i32) : c < 0xfe ? OTHER : CONTROL) - FIRST_COLUMN;
      const step = STEPS[mode * STRIDE + column] as i32;
      const low = step & LOW;
      if (step >= AGAIN) {
        at--;
        token = low;
        mode = START;
      } else if (step < BELONGS) {
        token = low;
      } else {
        bytes[used++] = c as u8;
        if (step >= ENDS) {
          token = low;
          mode = token === STRAY ? RECOVERY : START;
        } else {
          if (mode <= LAST_OF_STRINGS && c !== APOSTROPHE) this.plain = false;
          mode = low;
        }
      }
    }
    this.at = at;
    this.used = used;
    this.mode = mode;
    return token;
  }
}
