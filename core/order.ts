// The order of QEMU's hash tables: it decides which of several mistakes an error names (PROTOCOL 3, 4.3, 5.3).

import { Document } from "./document.ts";
import { multiply } from "./memory.ts";

/** A member's place in an object: ascending, and of equal ones the later first (PROTOCOL 5.3). */
export function bucket(document: Document, key: i32): i32 {
  const bytes = document.bytes;
  const from = document.from(key);
  const size = document.size(key);
  let value = multiply(0x238f13af, size);
  let shift = 0;
  for (let i = 0; i < size; i++) {
    value = (value + ((bytes[from + i] as i32) << shift)) | 0;
    shift += 5;
    if (shift >= 24) shift -= 24;
  }
  return (multiply(1103515243, value) + 12345) & 511;
}

/** The slot of a key in a GLib table of eight: 11 * djb2 modulo 7, without sign. */
export function slot(document: Document, key: i32): i32 {
  const bytes = document.bytes;
  const from = document.from(key);
  const size = document.size(key);
  let hash = 5381;
  for (let i = 0; i < size; i++) {
    const c = bytes[from + i] as i32;
    hash = (multiply(hash, 33) + (c < 0x80 ? c : c - 256)) | 0;
  }
  if (hash === 0 || hash === 1) hash = 2;
  hash = multiply(hash, 11);
  return (((hash >>> 1) % 7) * 2 + (hash & 1)) % 7;
}
