// Duplicate keys, in time linear in the keys' bytes whatever the keys are: the naive way takes seconds for 16,000, and a
// hash table invites keys that collide.

import { ARRAY, OBJECT } from "./codes.ts";
import { Document, ENTRY, IS_KEY } from "./document.ts";

/** Up to this many keys are compared each with each. */
const FEW: i32 = 8;
/** Words of an inner node of the crit-bit tree: the bit that decides, two branches. */
const NODE: i32 = 3;
const EVERY_BIT: i32 = 0x7fffffff;

export class Keys extends Document {
  /** Whether two members of `object` before the entry `limit` have one key. Members whose value is not complete do not count. */
  protected hasDuplicate(object: i32, limit: i32): bool {
    let count = 0;
    for (let key = object + ENTRY; this.hasValue(key, limit); key = this.nextKey(key)) {
      if (++count > FEW) return this.hasDuplicateOfMany(object, limit);
      for (let other = object + ENTRY; other !== key; other = this.nextKey(other)) {
        if (this.is(other, this.bytes, this.from(key), this.size(key))) return true;
      }
    }
    return false;
  }

  /**
   * The keys go into a crit-bit tree behind the end of the tape: a branch is the place of a node, or for a leaf the
   * complement of a key's entry.
   */
  private hasDuplicateOfMany(object: i32, limit: i32): bool {
    const root = this.length;
    let used = root;
    for (let key = object + ENTRY; this.hasValue(key, limit); key = this.nextKey(key)) {
      this.lengthen(used + NODE);
      const tape = this.tape;
      if (used === root) {
        tape[used++] = ~key;
        continue;
      }
      // The leaf that the key's bits lead to is the one that shares most of them.
      const leaf = ~tape[this.branch(root, key, EVERY_BIT)];
      let index = 0;
      while (this.byteAt(key, index) === this.byteAt(leaf, index)) {
        if (this.byteAt(key, index) === 0) return true;
        index++;
      }
      let bit = index << 3;
      while (this.bitAt(key, bit) === this.bitAt(leaf, bit)) bit++;
      // It goes where the bits that decide stop coming before its own.
      const link = this.branch(root, key, bit);
      const own = used + 1 + this.bitAt(key, bit);
      tape[used] = bit;
      tape[used + 1] = tape[link];
      tape[used + 2] = tape[link];
      tape[own] = ~key;
      tape[link] = used;
      used += NODE;
    }
    return false;
  }

  /** The branch that a key takes last, up to this bit. */
  private branch(link: i32, key: i32, bit: i32): i32 {
    const tape = this.tape;
    let node = tape[link];
    while (node >= 0 && tape[node] < bit) {
      link = node + 1 + this.bitAt(key, tape[node]);
      node = tape[link];
    }
    return link;
  }

  /** Whether a key stands there, its value complete before `limit`. */
  private hasValue(key: i32, limit: i32): bool {
    const value = key + ENTRY;
    if (value >= limit || (this.flags(key) & IS_KEY) === 0) return false;
    const kind = this.kind(value);
    // The link of an open container points back.
    return (kind !== OBJECT && kind !== ARRAY) || this.end(value) > value;
  }

  /** A byte of a key; behind its end 0, which no key contains. */
  private byteAt(key: i32, index: i32): i32 {
    return index < this.size(key) ? (this.bytes[this.from(key) + index] as i32) : 0;
  }

  /** A bit of a key, from the highest of its first byte on. */
  private bitAt(key: i32, bit: i32): i32 {
    return (this.byteAt(key, bit >> 3) >> (7 - (bit & 7))) & 1;
  }
}
