// Modified UTF-8, as QEMU reads it: U+0000 is C0 80; other overlong forms, surrogates, what is beyond U+10FFFF and the 66
// noncharacters are refused (PROTOCOL 2.4).

import { Bytes } from "./memory.ts";

/** Whether a code point may stand in a string. */
export function isCharacter(point: i32): bool {
  return point <= 0x10ffff && point >> 11 !== 0x1b && (point & 0xfffe) !== 0xfffe && (point < 0xfdd0 || point > 0xfdef);
}

/**
 * Reads the character at `at`: its code point times eight, or -8, plus how many bytes it takes. A broken sequence is its
 * first byte and the continuation bytes that are there, as many as the first byte announces (PROTOCOL 5.4).
 */
export function readCharacter(bytes: Bytes, at: i32, end: i32): i32 {
  const lead = bytes[at] as i32;
  if (lead < 0x80) return (lead << 3) | 1;
  let more = 0;
  if (lead >= 0xc0 && lead < 0xfe) {
    while ((lead & (0x40 >> more)) !== 0) more++;
  }
  let point = lead & (0x3f >> more);
  let length = 1;
  while (length <= more && at + length < end && ((bytes[at + length] as i32) & 0xc0) === 0x80) {
    point = (point << 6) | ((bytes[at + length] as i32) & 0x3f);
    length++;
  }
  const shortest = length === more + 1 && more === following(point) && (point >= 0x80 || point === 0);
  const valid = shortest && isCharacter(point);
  return ((valid ? point : -1) << 3) | length;
}

/** How many bytes follow the first one of a character that takes more than one. */
function following(point: i32): i32 {
  return point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
}

/** Writes a code point in modified UTF-8 and returns where the next goes. */
export function putCharacter(bytes: Bytes, at: i32, point: i32): i32 {
  if (point > 0 && point < 0x80) {
    bytes[at] = point as u8;
    return at + 1;
  }
  let more = following(point);
  bytes[at++] = (((0xff00 >> (more + 1)) & 0xff) | (point >> (more * 6))) as u8;
  while (more > 0) {
    more--;
    bytes[at++] = (0x80 | ((point >> (more * 6)) & 0x3f)) as u8;
  }
  return at;
}
