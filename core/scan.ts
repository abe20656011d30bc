// The hot byte loop: runs of a string, copied as they are read. The JavaScript side of the seam; wasm/scan.ts takes
// its place in a WebAssembly build, with SIMD where it is to be fast.
//
// A scanner may read some bytes past `end` and write as many past what it copied: a block of WebAssembly has room for it.

import { Bytes } from "./memory.ts";

/** 1 for each byte that goes out as it came in. */
const PLAIN: Uint8Array = plainBytes();

function plainBytes(): Uint8Array {
  const table = new Uint8Array(256).fill(1, 0x20, 0x7f);
  table[0x22] = table[0x27] = table[0x5c] = 0;
  return table;
}

/** A run this long is looked at word by word. */
const LONG_RUN: i32 = 32;

/**
 * Copies the bytes that a reply spells as the request did: ASCII without quotes, backslash and control characters.
 * Returns how many.
 */
export function copyPlain(from: Bytes, at: i32, end: i32, to: Bytes, target: i32): i32 {
  const near = end - at > LONG_RUN ? at + LONG_RUN : end;
  let i = at;
  let k = target;
  for (; i < near; i++, k++) {
    const c = from[i];
    if (PLAIN[c] !== 1) return i - at;
    to[k] = c;
  }
  if (i === end) return i - at;
  const stop = plainEnd(from, i, end);
  to.set(from.subarray(i, stop), k);
  return stop - at;
}

/** Where the run of such bytes ends. */
function plainEnd(from: Bytes, at: i32, end: i32): i32 {
  let i = at;
  while (i < end && ((from.byteOffset + i) & 3) !== 0 && PLAIN[from[i]] === 1) i++;
  const words = new Int32Array(from.buffer, (from.byteOffset + i) & ~3, (end - i) >> 2);
  for (let k = 0; k < words.length; k++) {
    const x = words[k];
    // Each term sets the high bit of a byte that must not be there; a borrow may set others above it too.
    const odd =
      x |
      (x - 0x20202020) |
      ((x ^ 0x22222222) - 0x01010101) |
      ((x ^ 0x27272727) - 0x01010101) |
      ((x ^ 0x5c5c5c5c) - 0x01010101) |
      ((x ^ 0x7f7f7f7f) - 0x01010101);
    if ((odd & 0x80808080) !== 0) break;
    i += 4;
  }
  while (i < end && PLAIN[from[i]] === 1) i++;
  return i;
}
