// The hot byte loops: runs of a string, copied as they are read. The JavaScript side of the seam; wasm/scan.ts takes
// its place in a WebAssembly build, word by word or with SIMD.
//
// A scanner may read up to SLACK_BYTES past `end` and write as many past what it copied.

import { Bytes } from "./memory.ts";

/** For each byte, 1: goes out as it came in; 2: stands in a string, but not so in a reply; 0: neither. */
const CLASS: Uint8Array = byteClasses();

function byteClasses(): Uint8Array {
  const table = new Uint8Array(256);
  for (let c = 0x20; c < 0xfe; c++) table[c] = c < 0x7f ? 1 : 2;
  table[0x22] = table[0x27] = table[0x5c] = 0;
  return table;
}

/**
 * Copies the bytes that a reply spells as the request did: ASCII without quotes, backslash and control characters.
 * Returns how many.
 */
export function copyPlain(from: Bytes, at: i32, end: i32, to: Bytes, target: i32): i32 {
  let i = at;
  let k = target;
  for (; i < end; i++, k++) {
    const c = from[i];
    if (CLASS[c] !== 1) break;
    to[k] = c;
  }
  return i - at;
}

/** Copies the bytes that neither end a string nor are wrong in it nor escape: all but quotes, backslash, 0x00 to 0x1F, 0xFE, 0xFF. Returns how many. */
export function copyString(from: Bytes, at: i32, end: i32, to: Bytes, target: i32): i32 {
  let i = at;
  let k = target;
  for (; i < end; i++, k++) {
    const c = from[i];
    if (CLASS[c] === 0) break;
    to[k] = c;
  }
  return i - at;
}
