// scan.ts of a WebAssembly build: 16 bytes at a time with SIMD where the build has it, else one by one.

import { Bytes } from "./memory.ts";

/** See scan.ts. */
export function copyPlain(from: Bytes, at: i32, end: i32, to: Bytes, target: i32): i32 {
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
  while (source < stop) {
    const c = load<u8>(source);
    if (c < 0x20 || c > 0x7e || c == 0x22 || c == 0x27 || c == 0x5c) break;
    store<u8>(sink++, c);
    source++;
  }
  return <i32>(source - start);
}
