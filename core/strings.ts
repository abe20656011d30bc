// Escapes: a string's source to its bytes, in place. What comes out is never longer.

import { ERR_ESCAPE, ERR_UNICODE, ERR_UTF8, NO_ERROR } from "./codes.ts";
import { Bytes } from "./memory.ts";
import { Utf8, isCharacter } from "./utf8.ts";

const BACKSLASH: i32 = 0x5c;
/** Bytes of `\uXXXX`. */
const ESCAPE: i32 = 6;

export class Unescaper {
  /** Where the output ends, or where the source of what is no character ends. */
  end: i32 = 0;
  /** Where the source of what is no character starts. */
  from: i32 = 0;
  private utf8: Utf8 = new Utf8();

  /**
   * Decodes the source from `at` to `end`, where its closing quote stands, and puts the result at `at`. Returns the
   * first error, left to right: ERR_ESCAPE, ERR_UTF8 or ERR_UNICODE (PROTOCOL 2.4).
   */
  run(bytes: Bytes, at: i32, end: i32): i32 {
    let target = at;
    while (at < end) {
      const c = bytes[at] as i32;
      if (c === BACKSLASH) {
        const escape = bytes[at + 1] as i32;
        if (escape === 0x75) {
          const point = this.unicode(bytes, at, end);
          if (point < 0) return ERR_UNICODE;
          at = this.end;
          target = put(bytes, target, point);
        } else {
          const plain = unescape(escape);
          if (plain === 0) return ERR_ESCAPE;
          bytes[target++] = plain as u8;
          at += 2;
        }
      } else if (c < 0x80) {
        bytes[target++] = c as u8;
        at++;
      } else {
        const next = this.utf8.read(bytes, at, end);
        if (this.utf8.point < 0) return ERR_UTF8;
        while (at < next) bytes[target++] = bytes[at++];
      }
    }
    this.end = target;
    return NO_ERROR;
  }

  /** The code point of the escape at `at`, or of a pair of them; -1 where it is none. */
  private unicode(bytes: Bytes, at: i32, end: i32): i32 {
    // An error names the four bytes behind the `u` as they are, the closing quote if it is among them.
    this.from = at;
    this.end = at + ESCAPE <= end + 1 ? at + ESCAPE : end + 1;
    const first = hex(bytes, at + 2, end);
    if (first < 0) return -1;
    if (first >> 10 === 0x36) {
      // A high surrogate: a low one must follow.
      const next = at + ESCAPE;
      if (next + 1 >= end || (bytes[next] as i32) !== BACKSLASH || (bytes[next + 1] as i32) !== 0x75) return -1;
      const second = hex(bytes, next + 2, end);
      if (second < 0 || second >> 10 !== 0x37) return -1;
      this.end = next + ESCAPE;
      const point = 0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff);
      return isCharacter(point) ? point : -1;
    }
    return isCharacter(first) ? first : -1;
  }
}

/** The byte that a one-letter escape stands for; 0 where there is no such escape. */
function unescape(letter: i32): i32 {
  switch (letter) {
    case 0x22:
    case 0x27:
    case 0x2f:
    case BACKSLASH:
      return letter;
    case 0x62:
      return 8;
    case 0x66:
      return 12;
    case 0x6e:
      return 10;
    case 0x72:
      return 13;
    case 0x74:
      return 9;
    default:
      return 0;
  }
}

/** Four hexadecimal digits, or -1. */
function hex(bytes: Bytes, at: i32, end: i32): i32 {
  if (at + 4 > end) return -1;
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const c = bytes[at + i] as i32;
    const letter = c | 0x20;
    if (c >= 0x30 && c <= 0x39) value = (value << 4) | (c - 0x30);
    else if (letter >= 0x61 && letter <= 0x66) value = (value << 4) | (letter - 0x57);
    else return -1;
  }
  return value;
}

/** Writes a code point in modified UTF-8 and returns where the next goes. */
function put(bytes: Bytes, at: i32, point: i32): i32 {
  if (point !== 0 && point < 0x80) {
    bytes[at++] = point as u8;
  } else if (point < 0x800) {
    bytes[at++] = (0xc0 | (point >> 6)) as u8;
    bytes[at++] = (0x80 | (point & 0x3f)) as u8;
  } else {
    if (point < 0x10000) {
      bytes[at++] = (0xe0 | (point >> 12)) as u8;
    } else {
      bytes[at++] = (0xf0 | (point >> 18)) as u8;
      bytes[at++] = (0x80 | ((point >> 12) & 0x3f)) as u8;
    }
    bytes[at++] = (0x80 | ((point >> 6) & 0x3f)) as u8;
    bytes[at++] = (0x80 | (point & 0x3f)) as u8;
  }
  return at;
}
