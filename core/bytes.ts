// Runs of bytes, and texts: bytes with a 0 behind them.

import { Bytes, newBytes } from "./memory.ts";

/** An ASCII text as bytes, with a 0 behind it. In a build of WebAssembly a constant of one is data, one byte a character. */
export function ascii(text: string): Bytes {
  const bytes = newBytes(text.length + 1);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i) as u8;
  bytes[text.length] = 0;
  return bytes;
}

/** How many bytes stand before the 0. */
export function lengthOf(text: Bytes): i32 {
  let length = 0;
  while (text[length] !== 0) length++;
  return length;
}

/** Whether two runs of `length` bytes are the same. */
export function sameBytes(one: Bytes, at: i32, other: Bytes, from: i32, length: i32): bool {
  // Names differ in their ends rather than in their starts.
  while (length > 0) {
    length--;
    if (one[at + length] !== other[from + length]) return false;
  }
  return true;
}
