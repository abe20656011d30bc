// scan.ts of a WebAssembly build: 16 bytes at a time with SIMD where the build has it, else 8.

import { Bytes } from "./memory.ts";

// Eight bytes at a time: the high bit of each byte of the result says whether the byte was of the kind. A borrow can
// mark a byte above one that is marked rightly, never a byte below it, and only the lowest mark counts.
const ONES: u64 = 0x0101010101010101;
const HIGH: u64 = 0x8080808080808080;

function equal(word: u64, byte: u64): u64 {
  const x = word ^ (ONES * byte);
  return (x - ONES) & ~x & HIGH;
}

function below(word: u64, byte: u64): u64 {
  return (word - ONES * byte) & ~word & HIGH;
}

/** See scan.ts. */
export function copyPlain(from: Bytes, at: i32, end: i32, to: Bytes, target: i32): i32 {
  const start = changetype<usize>(from) + <usize>at;
  const stop = changetype<usize>(from) + <usize>end;
  let source = start;
  let sink = changetype<usize>(to) + <usize>target;
  while (source < stop) {
    if (ASC_FEATURE_SIMD) {
      const v = v128.load(source);
      v128.store(sink, v);
      // Signed, 0x80 to 0xFF are below 0x20 as well.
      const odd = v128.or(
        v128.or(i8x16.lt_s(v, i8x16.splat(0x20)), i8x16.eq(v, i8x16.splat(0x7f))),
        v128.or(
          i8x16.eq(v, i8x16.splat(0x5c)),
          v128.or(i8x16.eq(v, i8x16.splat(0x22)), i8x16.eq(v, i8x16.splat(0x27))),
        ),
      );
      if (v128.any_true(odd)) {
        source += ctz(i8x16.bitmask(odd));
        break;
      }
      source += 16;
      sink += 16;
    } else {
      const word = load<u64>(source);
      store<u64>(sink, word);
      const odd =
        (word & HIGH) |
        below(word, 0x20) |
        equal(word, 0x7f) |
        equal(word, 0x22) |
        equal(word, 0x27) |
        equal(word, 0x5c);
      if (odd != 0) {
        source += <usize>(ctz(odd) >> 3);
        break;
      }
      source += 8;
      sink += 8;
    }
  }
  return <i32>((source < stop ? source : stop) - start);
}
