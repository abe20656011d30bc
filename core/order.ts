// The order of QEMU's hash tables: it decides which of several mistakes an error names (PROTOCOL 3, 4.3, 5.3).

import { ABSENT } from "./codes.ts";
import { Command } from "./command.ts";
import { Document, ENTRY } from "./document.ts";
import { freeWords, newWords } from "./memory.ts";

/** A member's place in an object: ascending, and of equal ones the later first (PROTOCOL 5.3). */
export function bucket(document: Document, key: i32): i32 {
  const bytes = document.bytes;
  const from = document.from(key);
  const size = document.size(key);
  let value = Math.imul(0x238f13af, size) as i32;
  let shift = 0;
  for (let i = 0; i < size; i++) {
    value = (value + ((bytes[from + i] as i32) << shift)) | 0;
    shift += 5;
    if (shift >= 24) shift -= 24;
  }
  return ((Math.imul(1103515243, value) as i32) + 12345) & 511;
}

/** The slot of a key in a GLib table of eight: 11 * djb2 modulo 7, without sign. */
function slot(document: Document, key: i32): i32 {
  const bytes = document.bytes;
  const from = document.from(key);
  const size = document.size(key);
  let hash = 5381;
  for (let i = 0; i < size; i++) {
    const c = bytes[from + i] as i32;
    hash = ((Math.imul(hash, 33) as i32) + (c < 0x80 ? c : c - 256)) | 0;
  }
  if (hash === 0 || hash === 1) hash = 2;
  hash = Math.imul(hash, 11) as i32;
  return (((hash >>> 1) % 7) * 2 + (hash & 1)) % 7;
}

/**
 * Of the members that a command does not know, the one that the original names: exact for objects of up to seven
 * members; of more it names the first one in the request.
 */
export function unexpected(document: Document, object: i32, command: Command): i32 {
  const end = document.end(object);
  let count = 0;
  let first = ABSENT;
  for (let key = object + ENTRY; key < end; key = document.next(key + ENTRY)) {
    if (first === ABSENT && !isDeclared(command, document, key)) first = key;
    count++;
  }
  if (count > 7 || first === ABSENT) return first;

  // The buckets' order; within one the later member first. A rank holds both, so ranks differ.
  const ranks = newWords(count);
  let index = 0;
  for (let key = object + ENTRY; key < end; key = document.next(key + ENTRY)) {
    ranks[index] = (bucket(document, key) << 3) | (7 - index);
    index++;
  }
  // Put the members in that order into the table's eight slots; what is in the lowest one is named.
  let taken = 0;
  let lowest = 8;
  let named = ABSENT;
  let previous = -1;
  for (let round = 0; round < count; round++) {
    let rank = 0x7fffffff;
    for (let i = 0; i < count; i++) {
      if (ranks[i] > previous && ranks[i] < rank) rank = ranks[i];
    }
    previous = rank;
    const member = memberAt(document, object, 7 - (rank & 7));
    let place = slot(document, member);
    for (let step = 1; (taken & (1 << place)) !== 0; step++) place = (place + step) & 7;
    taken |= 1 << place;
    if (place < lowest && !isDeclared(command, document, member)) {
      lowest = place;
      named = member;
    }
  }
  freeWords(ranks);
  return named;
}

/** The key of an object's member, by its number. */
function memberAt(document: Document, object: i32, number: i32): i32 {
  let key = object + ENTRY;
  for (let i = 0; i < number; i++) key = document.next(key + ENTRY);
  return key;
}

function isDeclared(command: Command, document: Document, key: i32): bool {
  let parameter = command.parameters;
  while (parameter !== null) {
    if (document.is(key, parameter.name, parameter.nameLength)) return true;
    parameter = parameter.next;
  }
  return false;
}
