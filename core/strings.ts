// Escapes: a string's source to its bytes, in place. What comes out is never longer.

import { ascii } from "./bytes.ts";
import { ERR_ESCAPE, ERR_UNICODE, ERR_UTF8, NO_ERROR } from "./codes.ts";
import { Lexer } from "./lexer.ts";
import { Bytes } from "./memory.ts";
import { isCharacter, putCharacter, readCharacter } from "./utf8.ts";

const QUOTE: i32 = 0x22;
const APOSTROPHE: i32 = 0x27;
const SLASH: i32 = 0x2f;
const BACKSLASH: i32 = 0x5c;
const U: i32 = 0x75;
/** Bytes of `\uXXXX`. */
const ESCAPE: i32 = 6;

/** The letters behind a backslash for U+0008 to U+000D. U+000B has none: its place is taken. */
const LETTERS: Bytes = ascii("btnffr");
const FIRST: i32 = 8;
const LAST: i32 = 13;
const LETTERLESS: i32 = 11;
const DIGITS: Bytes = ascii("0123456789abcdef");

/** The letter behind the backslash, for the characters that a reply spells so; else 0. */
export function letterOf(point: i32): i32 {
  if (point === QUOTE || point === BACKSLASH) return point;
  return point >= FIRST && point <= LAST && point !== LETTERLESS ? (LETTERS[point - FIRST] as i32) : 0;
}

/** The character that a one-letter escape stands for. */
function ofLetter(letter: i32): i32 {
  if (letter === QUOTE || letter === APOSTROPHE || letter === SLASH || letter === BACKSLASH) return letter;
  return FIRST + indexOf(LETTERS, LAST - FIRST, letter);
}

/** The last place of a byte in a text, from `last` on down, or -1. */
function indexOf(text: Bytes, last: i32, byte: i32): i32 {
  while (last >= 0 && (text[last] as i32) !== byte) last--;
  return last;
}

export class Strings extends Lexer {
  /** The part of the document's bytes that a mistake is about. */
  errorFrom: i32 = 0;
  errorEnd: i32 = 0;

  /**
   * Decodes the source that starts at `from` and ends with the bytes in use, behind which the closing quote stands; what
   * comes out takes its place. Returns the first mistake, left to right: ERR_ESCAPE, ERR_UTF8 or ERR_UNICODE (PROTOCOL 2.4).
   */
  unescape(from: i32): i32 {
    const bytes = this.bytes;
    const end = this.used;
    let target = from;
    let at = from;
    while (at < end) {
      let point = bytes[at] as i32;
      if (point === BACKSLASH) {
        point = bytes[at + 1] as i32;
        if (point === U) {
          point = unicode(bytes, at, end);
          this.errorFrom = at;
          at += point > 0xffff ? ESCAPE + ESCAPE : ESCAPE;
          if (!isCharacter(point)) {
            // The error names the four bytes behind the `u` as they are, the closing quote if it is among them.
            this.errorEnd = at <= end ? at : end + 1;
            return ERR_UNICODE;
          }
        } else {
          point = ofLetter(point);
          if (point < FIRST) return ERR_ESCAPE;
          at += 2;
        }
      } else if (point < 0x80) {
        at++;
      } else {
        const character = readCharacter(bytes, at, end);
        if (character < 0) return ERR_UTF8;
        point = character >> 3;
        at += character & 7;
      }
      target = putCharacter(bytes, target, point);
    }
    this.used = target;
    return NO_ERROR;
  }
}

/** What the escape at `at` says, or a pair of them; -1 where it says nothing. */
function unicode(bytes: Bytes, at: i32, end: i32): i32 {
  const first = hex(bytes, at, end);
  if (first >> 10 !== 0x36) return first;
  // A high surrogate: a low one must follow.
  const second = hex(bytes, at + ESCAPE, end);
  return second >> 10 === 0x37 ? 0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff) : -1;
}

/** What `\uXXXX` at `at` says, or -1 where it does not stand there. */
function hex(bytes: Bytes, at: i32, end: i32): i32 {
  if (at + ESCAPE > end || (bytes[at] as i32) !== BACKSLASH || (bytes[at + 1] as i32) !== U) return -1;
  let value = 0;
  for (let i = 2; i < ESCAPE; i++) {
    // No control character stands in a string: bit 5 only makes small letters of large ones.
    const digit = indexOf(DIGITS, 15, (bytes[at + i] as i32) | 0x20);
    if (digit < 0) return -1;
    value = (value << 4) | digit;
  }
  return value;
}
