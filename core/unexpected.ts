// Which of the arguments that a command does not know an error names.

import { ABSENT } from "./codes.ts";
import { Command } from "./command.ts";
import { Document, ENTRY } from "./document.ts";
import { bucket, slot } from "./order.ts";

/**
 * Of the members that a command does not know, the one that the original names: exact for objects of up to seven
 * members; of more it names the first one in the request. ABSENT where it knows them all.
 */
export function unexpected(document: Document, object: i32, command: Command): i32 {
  const end = document.end(object);
  let count = 0;
  let named = ABSENT;
  for (let key = object + ENTRY; key < end; key = document.nextKey(key)) {
    if (named === ABSENT && !command.declares(document, key)) named = key;
    count++;
  }
  if (count > 7 || named === ABSENT) return named;

  // The members in the buckets' order, within one the later member first, are put into the table's eight slots; what is in
  // the lowest one is named.
  let taken = 0;
  let lowest = 8;
  let last = -1;
  for (let round = 0; round < count; round++) {
    let rank = 0x7fffffff;
    let member = ABSENT;
    let later = 8;
    for (let key = object + ENTRY; key < end; key = document.nextKey(key)) {
      const own = (bucket(document, key) << 3) | --later;
      if (own > last && own < rank) {
        rank = own;
        member = key;
      }
    }
    last = rank;
    let place = slot(document, member);
    for (let step = 1; (taken & (1 << place)) !== 0; step++) place = (place + step) & 7;
    taken |= 1 << place;
    if (place < lowest && !command.declares(document, member)) {
      lowest = place;
      named = member;
    }
  }
  return named;
}
