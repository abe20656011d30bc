// Modified UTF-8, as QEMU reads it: U+0000 is C0 80; other overlong forms, surrogates, what is beyond U+10FFFF and the 66
// noncharacters are refused (PROTOCOL 2.4).

import { Bytes } from "./memory.ts";

/** Whether a code point may stand in a string. */
export function isCharacter(point: i32): bool {
  return point <= 0x10ffff && point >> 11 !== 0x1b && (point & 0xfffe) !== 0xfffe && (point < 0xfdd0 || point > 0xfdef);
}

export class Utf8 {
  /** The code point that was read, or -1. */
  point: i32 = -1;

  /**
   * Reads one character and returns where the next one starts. A broken sequence is its first byte and the
   * continuation bytes that are there, as many as the first byte announces (PROTOCOL 5.4).
   */
  read(bytes: Bytes, at: i32, end: i32): i32 {
    const lead = bytes[at] as i32;
    let next = at + 1;
    this.point = lead;
    if (lead < 0x80) return next;
    this.point = -1;
    if (lead < 0xc0 || lead > 0xfd) return next;
    let more = 1;
    while (more < 5 && (lead & (0x40 >> more)) !== 0) more++;
    const stop = next + more;
    let point = lead & (0x3f >> more);
    while (next < end && next < stop) {
      const c = bytes[next] as i32;
      if ((c & 0xc0) !== 0x80) return next;
      point = (point << 6) | (c & 0x3f);
      next++;
    }
    if (next < stop) return next;
    const least = more === 1 ? 0x80 : more === 2 ? 0x800 : 0x10000;
    if ((point >= least && more < 4 && isCharacter(point)) || (point === 0 && more === 1)) this.point = point;
    return next;
  }
}
