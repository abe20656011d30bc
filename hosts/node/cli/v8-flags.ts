// How V8 runs an agent. Flags hold for the whole process, so they are the command line's to set, not the library's.

import { setFlagsFromString } from "node:v8";

/**
 * The module is compiled once, optimised; the first answer takes some 30 ms longer for it. Otherwise its functions are
 * replaced while they run, and in a machine that QEMU emulates with several processors wrong code runs then (docs/guest.md).
 * To be called before the engine is loaded.
 */
export function compileOnce(): void {
  setFlagsFromString("--no-liftoff");
}

/**
 * V8 gives back what the start took, 8 s after it. By itself it looks every 8 s and waits for a quiet moment, so that its work,
 * 20 ms and ten times that on a processor that QEMU emulates, falls into an agent that rests; that of Node 24 never does it.
 */
export function saveMemory(): void {
  setFlagsFromString("--optimize-for-size");
}
