// What a byte buffer is: the seam between the builds. This is the JavaScript side; wasm/memory.ts takes its place in a
// WebAssembly build. Neither checks an index, but for the debug build.

/** Bytes, indexed. Reads give 0 to 255; write only 0 to 255. */
export type Bytes = Uint8Array;

/** 32-bit signed integers, indexed. */
export type Words = Int32Array;

/** A block of at least `size` bytes; what is in it is not specified. */
export function newBytes(size: i32): Bytes {
  return new Uint8Array(size);
}

/** A block of at least `size` words; what is in it is not specified. */
export function newWords(size: i32): Words {
  return new Int32Array(size);
}

/** A larger block with the first `used` bytes of `old`, which is given back. */
export function growBytes(old: Bytes, used: i32, size: i32): Bytes {
  const bytes = new Uint8Array(size);
  bytes.set(old.subarray(0, used));
  return bytes;
}

/** A larger block with the first `used` words of `old`, which is given back. */
export function growWords(old: Words, used: i32, size: i32): Words {
  const words = new Int32Array(size);
  words.set(old.subarray(0, used));
  return words;
}

/** Gives a block back. The garbage collector does it here. */
export function freeBytes(_bytes: Bytes): void {}

/** Gives a block back. The garbage collector does it here. */
export function freeWords(_words: Words): void {}

/** Copies `length` bytes; the ranges may overlap. */
export function copyBytes(from: Bytes, at: i32, length: i32, to: Bytes, target: i32): void {
  to.set(from.subarray(at, at + length), target);
}

/** The same for what is mostly short. The ranges must not overlap; a few bytes past them may be touched. */
export function copyShort(from: Bytes, at: i32, length: i32, to: Bytes, target: i32): void {
  if (length > 32) copyBytes(from, at, length, to, target);
  else for (let i = 0; i < length; i++) to[target + i] = from[at + i];
}

/** The low 32 bits of a product. */
export function multiply(a: i32, b: i32): i32 {
  return Math.imul(a, b);
}
