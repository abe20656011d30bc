// memory.ts of a WebAssembly build: blocks are plain addresses. Memory is taken from the end of the heap; blocks that are
// given back wait in lists, one for each power of two, for the next that fits. A debug build checks every index
// and every copy.

/** Bytes, indexed: an address. */
@unmanaged
export class Bytes {
  @inline
  @operator("[]")
  get(index: i32): u8 {
    if (!ASC_NO_ASSERT) assert(isWithin(changetype<usize>(this), index));
    return load<u8>(changetype<usize>(this) + <usize>index);
  }
  @inline
  @operator("[]=")
  set(index: i32, value: u8): void {
    if (!ASC_NO_ASSERT) assert(isWithin(changetype<usize>(this), index));
    store<u8>(changetype<usize>(this) + <usize>index, value);
  }
}

/** 32-bit signed integers, indexed: an address. */
@unmanaged
export class Words {
  @inline
  @operator("[]")
  get(index: i32): i32 {
    if (!ASC_NO_ASSERT) assert(isWithin(changetype<usize>(this), index << 2));
    return load<i32>(changetype<usize>(this) + ((<usize>index) << 2));
  }
  @inline
  @operator("[]=")
  set(index: i32, value: i32): void {
    if (!ASC_NO_ASSERT) assert(isWithin(changetype<usize>(this), index << 2));
    store<i32>(changetype<usize>(this) + ((<usize>index) << 2), value);
  }
}

/** Heads of the free lists, by the number of bits of the size; a free block's first word is the next one. */
const free = memory.data(132);

/** The runtime keeps a block's size in the word before it. */
function sizeOf(block: usize): usize {
  return load<usize>(block - 4);
}

/** Whether a block has this byte. Of what stands before the heap only that it is something is known. */
function isWithin(block: usize, offset: i32): bool {
  return block < __heap_base ? block != 0 : <usize>offset < sizeOf(block);
}

/** Whether a block has all of these bytes. */
export function holds(bytes: Bytes, at: i32, length: i32): bool {
  const block = changetype<usize>(bytes);
  return length == 0 || (isWithin(block, at) && isWithin(block, at + length - 1));
}

function listOf(size: usize): usize {
  return free + ((32 - <usize>clz<u32>(<u32>size)) << 2);
}

/** A block at the end of the heap. The memory grows by what is needed: left to itself the runtime doubles it. */
function append(size: usize): usize {
  const probe = heap.alloc(0);
  heap.free(probe);
  const pages = <i32>((probe + size + 0x1ffff) >> 16) - memory.size();
  if (pages > 0) memory.grow(pages);
  return heap.alloc(size);
}

function take(size: usize): usize {
  // One that is free may wait in the list of the size's own power of two or, larger, in the next one.
  for (let list = listOf(size), next = list + 4; list <= next; list += 4) {
    let link = list;
    let block = load<usize>(link);
    while (block != 0) {
      if (sizeOf(block) >= size) {
        store<usize>(link, load<usize>(block));
        return block;
      }
      link = block;
      block = load<usize>(link);
    }
  }
  return append(size);
}

function isLast(block: usize): bool {
  const probe = heap.alloc(0);
  heap.free(probe);
  return block + sizeOf(block) + 4 == probe;
}

function give(block: usize): void {
  if (block == 0) return;
  if (isLast(block)) {
    heap.free(block);
    return;
  }
  const list = listOf(sizeOf(block));
  store<usize>(block, load<usize>(list));
  store<usize>(list, block);
}

function grow(old: usize, used: usize, size: usize): usize {
  if (old != 0) {
    // A block from the lists may be larger than what it was taken for.
    if (sizeOf(old) >= size) return old;
    if (isLast(old)) {
      // It is given back and taken again, larger, at the same place.
      heap.free(old);
      return append(size);
    }
  }
  const block = take(size);
  memory.copy(block, old, used);
  give(old);
  return block;
}

/** Each block of bytes has room for the words that the scanners read and write past its end. */
const SLACK: usize = 64;

export function newBytes(size: i32): Bytes {
  return changetype<Bytes>(size == 0 ? <usize>0 : take(<usize>size + SLACK));
}

export function newWords(size: i32): Words {
  return changetype<Words>(size == 0 ? <usize>0 : take((<usize>size) << 2));
}

export function growBytes(old: Bytes, used: i32, size: i32): Bytes {
  return changetype<Bytes>(grow(changetype<usize>(old), used, <usize>size + SLACK));
}

export function growWords(old: Words, used: i32, size: i32): Words {
  return changetype<Words>(grow(changetype<usize>(old), (<usize>used) << 2, (<usize>size) << 2));
}

export function freeBytes(bytes: Bytes): void {
  give(changetype<usize>(bytes));
}

export function freeWords(words: Words): void {
  give(changetype<usize>(words));
}

export function copyBytes(from: Bytes, at: i32, length: i32, to: Bytes, target: i32): void {
  if (!ASC_NO_ASSERT) assert(holds(from, at, length) && holds(to, target, length));
  memory.copy(changetype<usize>(to) + <usize>target, changetype<usize>(from) + <usize>at, length);
}

export function copyShort(from: Bytes, at: i32, length: i32, to: Bytes, target: i32): void {
  if (!ASC_NO_ASSERT) assert(holds(from, at, length) && holds(to, target, length));
  const source = changetype<usize>(from) + <usize>at;
  const sink = changetype<usize>(to) + <usize>target;
  for (let i: usize = 0; i < <usize>length; i += 8) store<u64>(sink + i, load<u64>(source + i));
}

export function multiply(a: i32, b: i32): i32 {
  return a * b;
}
