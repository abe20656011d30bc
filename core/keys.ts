// Duplicate keys, in time linear in the keys' bytes whatever the keys are: the naive way takes seconds for 16,000, and a
// hash table invites keys that collide.

import { ARRAY, OBJECT } from "./codes.ts";
import { Document, ENTRY, IS_KEY } from "./document.ts";
import { freeWords, newWords } from "./memory.ts";

/** Up to this many keys are compared each with each. */
const FEW: i32 = 8;
/** Words of an inner node of the crit-bit tree: the bit that decides, two branches. */
const NODE: i32 = 3;

/** Whether two members of `object` before the entry `limit` have one key. Members whose value is not complete do not count. */
export function hasDuplicate(document: Document, object: i32, limit: i32): bool {
  let count = 0;
  for (let key = object + ENTRY; hasValue(document, key, limit); key = document.nextKey(key)) {
    if (count < FEW) {
      for (let other = object + ENTRY; other !== key; other = document.nextKey(other)) {
        if (document.is(other, document.bytes, document.from(key), document.size(key))) return true;
      }
    }
    count++;
  }
  return count > FEW && hasDuplicateOfMany(document, object, limit, count);
}

/** A branch of the tree is a node's place, or for a leaf the complement of a key's entry. The root's is the first word. */
function hasDuplicateOfMany(document: Document, object: i32, limit: i32, count: i32): bool {
  const nodes = newWords(count * NODE);
  let used = 1;
  let found = false;
  let key = object + ENTRY;
  nodes[0] = ~key;
  while (!found) {
    key = document.nextKey(key);
    if (!hasValue(document, key, limit)) break;
    // The leaf that the key's bits lead to is the one that shares most of them.
    let link = 0;
    while (nodes[link] >= 0) link = nodes[link] + 1 + bitAt(document, key, nodes[nodes[link]]);
    const leaf = ~nodes[link];
    let index = 0;
    let differing = 0;
    while (differing === 0 && !found) {
      const byte = byteAt(document, key, index);
      differing = byte ^ byteAt(document, leaf, index);
      found = byte === 0 && differing === 0;
      index++;
    }
    let bit = index << 3;
    while (differing > 0) {
      differing >>= 1;
      bit--;
    }
    // It goes where the bits that decide stop coming before its own.
    link = 0;
    while (nodes[link] >= 0 && nodes[nodes[link]] < bit) {
      link = nodes[link] + 1 + bitAt(document, key, nodes[nodes[link]]);
    }
    const own = bitAt(document, key, bit);
    nodes[used] = bit;
    nodes[used + 1 + own] = ~key;
    nodes[used + 2 - own] = nodes[link];
    nodes[link] = used;
    used += NODE;
  }
  freeWords(nodes);
  return found;
}

/** Whether a key stands there, its value complete before `limit`. */
function hasValue(document: Document, key: i32, limit: i32): bool {
  const value = key + ENTRY;
  if (value >= limit || (document.flags(key) & IS_KEY) === 0) return false;
  const kind = document.kind(value);
  // The link of an open container points back.
  return (kind !== OBJECT && kind !== ARRAY) || document.end(value) > value;
}

/** A byte of a key; behind its end 0, which no key contains. */
function byteAt(document: Document, key: i32, index: i32): i32 {
  return index < document.size(key) ? (document.bytes[document.from(key) + index] as i32) : 0;
}

/** A bit of a key, from the highest of its first byte on. */
function bitAt(document: Document, key: i32, bit: i32): i32 {
  return (byteAt(document, key, bit >> 3) >> (7 - (bit & 7))) & 1;
}
