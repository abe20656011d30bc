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
