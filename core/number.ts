// What a number's text says. Integers stay text from end to end: an id has 64 bits, a JavaScript number holds 53.

import { Bytes } from "./memory.ts";
import {
  TEXTS,
  TEXT_INFINITY,
  TEXT_INT64_LEAST,
  TEXT_INT64_MOST,
  TEXT_UINT64_MOST,
  textAt,
  textLength,
} from "./texts.ts";

const MINUS: i32 = 0x2d;
const ZERO: i32 = 0x30;
const NINE: i32 = 0x39;
const DOT: i32 = 0x2e;
// Where a digit stands.
const INTEGRAL: i32 = 0;
const FRACTIONAL: i32 = 1;
const EXPONENT: i32 = 2;
/** Digits of the least number that rounds to infinity. */
const INFINITY_DIGITS: i32 = 309;

/** Whether an integer's digits, none of them a leading zero, are at most those of a text. */
function atMost(bytes: Bytes, from: i32, size: i32, text: i32): bool {
  if (size !== textLength(text)) return size < textLength(text);
  for (let i = 0; i < size; i++) {
    const difference = (bytes[from + i] as i32) - (TEXTS[textAt(text) + i] as i32);
    if (difference !== 0) return difference < 0;
  }
  return true;
}

/** Whether an integer is from -2^63 to 2^63 - 1. */
export function isInt64(bytes: Bytes, from: i32, size: i32): bool {
  return isWithin(bytes, from, size, TEXT_INT64_MOST);
}

/** Whether the original holds an integer exactly: as int64, or from there to 2^64 - 1 as uint64. */
export function isExact(bytes: Bytes, from: i32, size: i32): bool {
  return isWithin(bytes, from, size, TEXT_UINT64_MOST);
}

function isWithin(bytes: Bytes, from: i32, size: i32, most: i32): bool {
  return (bytes[from] as i32) === MINUS
    ? atMost(bytes, from + 1, size - 1, TEXT_INT64_LEAST)
    : atMost(bytes, from, size, most);
}

/** Whether a number is beyond what a double holds. */
export function isHuge(bytes: Bytes, from: i32, size: i32): bool {
  const end = from + size;
  // The number is 0.DDD… times ten to the power of `magnitude`, the first D not zero. Its digits are compared with those
  // of infinity as they come: what differs first decides, should the magnitude be the same.
  let magnitude = 0;
  let compared = 0;
  let difference = 0;
  let started = false;
  // An exponent beyond a hundred million no longer matters how much.
  let exponent = 0;
  let negative = false;
  let part = INTEGRAL;
  for (let at = from; at < end; at++) {
    const c = bytes[at] as i32;
    if (c === DOT) {
      part = FRACTIONAL;
    } else if (c > NINE) {
      part = EXPONENT;
    } else if (c < ZERO) {
      negative = c === MINUS && part === EXPONENT;
    } else if (part === EXPONENT) {
      if (exponent < 100000000) exponent = exponent * 10 + c - ZERO;
    } else {
      if (c !== ZERO) started = true;
      if (started && difference === 0 && compared < textLength(TEXT_INFINITY)) {
        difference = c - (TEXTS[textAt(TEXT_INFINITY) + compared] as i32);
        compared++;
      }
      if (started === (part === INTEGRAL)) magnitude += started ? 1 : -1;
    }
  }
  magnitude += negative ? -exponent : exponent;
  if (!started || magnitude !== INFINITY_DIGITS) return started && magnitude > INFINITY_DIGITS;
  return difference > 0 || (difference === 0 && compared === textLength(TEXT_INFINITY));
}
