// Duplicate keys, in time linear in the keys' bytes whatever the keys are: the naive way takes seconds for 16,000, and a
// hash table invites keys that collide.

import { ARRAY, OBJECT } from "./codes.ts";
import { Document, ENTRY, IS_KEY } from "./document.ts";
import { Words, freeWords, growWords, newWords } from "./memory.ts";

/** Up to this many keys are compared each with each. */
const FEW: i32 = 8;
/** Words of an inner node: byte index, mask of all bits but the one that decides, two branches. */
const NODE: i32 = 4;
const NONE: i32 = 0x7fffffff;

/** Finds duplicates with a crit-bit tree: a branch is a node's index, or for a leaf the complement of a key's entry. */
export class Keys {
  private nodes: Words = newWords(0);
  private capacity: i32 = 0;
  private used: i32 = 0;
  private root: i32 = NONE;

  /** Whether two members of `object` before the entry `limit` have one key. Members whose value is not complete do not count. */
  duplicate(document: Document, object: i32, limit: i32): bool {
    let count = 0;
    for (let key = object + ENTRY; hasValue(document, key, limit); key = document.next(key + ENTRY)) {
      if (count < FEW) {
        for (let other = object + ENTRY; other !== key; other = document.next(other + ENTRY)) {
          if (document.same(other, key)) return true;
        }
      }
      count++;
    }
    return count > FEW && this.duplicateOfMany(document, object, limit);
  }

  private duplicateOfMany(document: Document, object: i32, limit: i32): bool {
    this.root = NONE;
    this.used = 0;
    let found = false;
    let key = object + ENTRY;
    while (!found && hasValue(document, key, limit)) {
      found = this.add(document, key);
      key = document.next(key + ENTRY);
    }
    freeWords(this.nodes);
    this.nodes = newWords(0);
    this.capacity = 0;
    return found;
  }

  /** Adds a key; true where it is there already. */
  private add(document: Document, key: i32): bool {
    if (this.root === NONE) {
      this.root = ~key;
      return false;
    }
    // The leaf that the key's bits lead to is the one that shares most of them.
    let branch = this.root;
    while (branch >= 0) {
      branch = this.nodes[branch + 2 + side(byteAt(document, key, this.nodes[branch]), this.nodes[branch + 1])];
    }
    const leaf = ~branch;
    const size = document.size(key) > document.size(leaf) ? document.size(key) : document.size(leaf);
    let index = 0;
    while (index < size && byteAt(document, key, index) === byteAt(document, leaf, index)) index++;
    if (index === size) return true;
    let bits = byteAt(document, key, index) ^ byteAt(document, leaf, index);
    while ((bits & (bits - 1)) !== 0) bits &= bits - 1;
    const mask = bits ^ 0xff;

    const node = this.newNode();
    const nodes = this.nodes;
    // It goes where the bits that decide stop coming before its own.
    let parent = -1;
    branch = this.root;
    while (branch >= 0) {
      const at = nodes[branch];
      if (at > index || (at === index && nodes[branch + 1] > mask)) break;
      parent = branch + 2 + side(byteAt(document, key, at), nodes[branch + 1]);
      branch = nodes[parent];
    }
    const own = side(byteAt(document, key, index), mask);
    nodes[node] = index;
    nodes[node + 1] = mask;
    nodes[node + 2 + own] = ~key;
    nodes[node + 3 - own] = branch;
    if (parent < 0) this.root = node;
    else nodes[parent] = node;
    return false;
  }

  private newNode(): i32 {
    const node = this.used;
    if (node + NODE > this.capacity) {
      this.capacity = this.capacity === 0 ? 256 : this.capacity << 1;
      this.nodes = growWords(this.nodes, node, this.capacity);
    }
    this.used = node + NODE;
    return node;
  }
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

/** Which branch a byte takes: 1 where the bit that the mask leaves out is set. */
function side(byte: i32, mask: i32): i32 {
  return (1 + (mask | byte)) >> 8;
}
