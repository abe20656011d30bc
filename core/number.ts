// What a number's text says. Integers stay text from end to end: an id has 64 bits, a JavaScript number holds 53.

import { Bytes } from "./memory.ts";

const MINUS: i32 = 0x2d;
const ZERO: i32 = 0x30;
const NINE: i32 = 0x39;
const DOT: i32 = 0x2e;
/** No digit but zeros so far. */
const ABSENT_DIGIT: i32 = -1;

/**
 * The least number that rounds to infinity, 2^1024 - 2^970, starts with these of its 309 digits. A number that agrees
 * with all of them counts as too large.
 */
const INFINITY_DIGITS: string = "17976931348623158079372897140530";
const INFINITY_MAGNITUDE: i32 = 309;

/** Whether an integer's digits, none of them a leading zero, are at most `bound`. */
function atMost(bytes: Bytes, from: i32, size: i32, bound: string): bool {
  if (size !== bound.length) return size < bound.length;
  for (let i = 0; i < size; i++) {
    const difference = (bytes[from + i] as i32) - (bound.charCodeAt(i) as i32);
    if (difference !== 0) return difference < 0;
  }
  return true;
}

/** Whether an integer is from -2^63 to 2^63 - 1. */
export function isInt64(bytes: Bytes, from: i32, size: i32): bool {
  return (bytes[from] as i32) === MINUS
    ? atMost(bytes, from + 1, size - 1, "9223372036854775808")
    : atMost(bytes, from, size, "9223372036854775807");
}

/** Whether the original holds an integer exactly: as int64, or from there to 2^64 - 1 as uint64. */
export function isExact(bytes: Bytes, from: i32, size: i32): bool {
  return (bytes[from] as i32) === MINUS
    ? isInt64(bytes, from, size)
    : atMost(bytes, from, size, "18446744073709551615");
}

/** Whether a number is beyond what a double holds. */
export function isHuge(bytes: Bytes, from: i32, size: i32): bool {
  const end = from + size;
  let at = (bytes[from] as i32) === MINUS ? from + 1 : from;
  // The number is 0.DDD… times ten to the power of `magnitude`, the first D not zero. Its digits count from `first`.
  let magnitude = 0;
  let first = ABSENT_DIGIT;
  let fraction = false;
  for (; at < end; at++) {
    const c = bytes[at] as i32;
    if (c === DOT) {
      fraction = true;
    } else if (c < ZERO || c > NINE) {
      break;
    } else {
      if (first === ABSENT_DIGIT && c !== ZERO) first = at;
      if (first === ABSENT_DIGIT) magnitude -= fraction ? 1 : 0;
      else magnitude += fraction ? 0 : 1;
    }
  }
  if (first === ABSENT_DIGIT) return false;
  const digits = at;
  if (at < end) {
    // An exponent: e, perhaps a sign, digits. Beyond a thousand million it no longer matters how much.
    at++;
    const c = bytes[at] as i32;
    if (c < ZERO) at++;
    let exponent = 0;
    for (; at < end; at++) {
      if (exponent < 100000000) exponent = exponent * 10 + (bytes[at] as i32) - ZERO;
    }
    magnitude += c === MINUS ? -exponent : exponent;
  }
  if (magnitude !== INFINITY_MAGNITUDE) return magnitude > INFINITY_MAGNITUDE;
  let i = 0;
  for (at = first; at < digits && i < INFINITY_DIGITS.length; at++) {
    const c = bytes[at] as i32;
    if (c === DOT) continue;
    const difference = c - (INFINITY_DIGITS.charCodeAt(i) as i32);
    if (difference !== 0) return difference > 0;
    i++;
  }
  return i === INFINITY_DIGITS.length;
}
