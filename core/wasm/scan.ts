// scan.ts of a WebAssembly build: 16 bytes at a time with SIMD where the build has it, else eight, and one by one where there is something else among them.

import { Bytes, holds } from "./memory.ts";

const ONES: u64 = 0x0101010101010101;
const HIGH: u64 = 0x8080808080808080;

/** Its high bits say at least where the byte stands. */
function below(word: u64, byte: u64): u64 {
  return (word ^ (ONES * byte)) - ONES;
}

/** See scan.ts. */
export function copyPlain(from: Bytes, at: i32, end: i32, to: Bytes, target: i32): i32 {
  if (!ASC_NO_ASSERT) assert(holds(from, at, end - at) && holds(to, target, end - at));
  const start = changetype<usize>(from) + <usize>at;
  const stop = changetype<usize>(from) + <usize>end;
  let source = start;
  let sink = changetype<usize>(to) + <usize>target;
  if (ASC_FEATURE_SIMD) {
    while (source < stop) {
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
    }
    return <i32>((source < stop ? source : stop) - start);
  }
  while (source + 8 <= stop) {
    const word = load<u64>(source);
    // The high bit of a byte is set where the byte is none of them; a borrow may set others above it too.
    const odd =
      word | (word - ONES * 0x20) | below(word, 0x22) | below(word, 0x27) | below(word, 0x5c) | below(word, 0x7f);
    if ((odd & HIGH) != 0) break;
    store<u64>(sink, word);
    source += 8;
    sink += 8;
  }
  while (source < stop) {
    const c = load<u8>(source);
    if (c < 0x20 || c > 0x7e || c == 0x22 || c == 0x27 || c == 0x5c) break;
    store<u8>(sink++, c);
    source++;
  }
  return <i32>(source - start);
}
