// Reading and writing a descriptor that does not block, as the kernel has it.

import { closeSync, readSync, writeSync } from "node:fs";
import { buffer } from "./reader.ts";
import type { Outcome } from "./port.ts";

/** Undefined where nothing has come yet. */
export function readNow(fd: number): Outcome | undefined {
  try {
    // Without a position: a device has none.
    return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, null));
  } catch (error) {
    return wouldBlock(error) ? undefined : (error as Error);
  }
}

/** How many bytes were taken; 0 where none are at the moment. */
export function writeNow(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes, 0, bytes.length, null);
  } catch (error) {
    if (wouldBlock(error)) return 0;
    throw error;
  }
}

/** Drops what has come and was not read. */
export function discardInput(fd: number): void {
  for (;;) {
    const found = readNow(fd);
    if (found === undefined || found instanceof Error || found.length === 0) return;
  }
}

export function closeDescriptor(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // It is gone, whatever the kernel thinks of it.
  }
}

function wouldBlock(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EAGAIN";
}
