// What a character device is, as far as that decides how it is served.

import { fstatSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { isatty } from "node:tty";

/** Linux's memory devices, as /dev/null and /dev/zero. */
const MEMORY = 1;

/** Whether epoll takes it: Node aborts on a descriptor that it refuses. No where that is not known. */
export function canBePolled(fd: number): boolean {
  return isatty(fd) || isVirtioPort(fstatSync(fd).rdev);
}

function isVirtioPort(rdev: number): boolean {
  try {
    return basename(readlinkSync(`/sys/dev/char/${major(rdev)}:${minor(rdev)}/subsystem`)) === "virtio-ports";
  } catch {
    return false;
  }
}

/** Whether there is never anybody at the other end. */
export function isMemory(fd: number): boolean {
  return process.platform === "linux" && major(fstatSync(fd).rdev) === MEMORY;
}

// As Linux packs the two into one number, of which Node gives 32 bits or more.
const major = (rdev: number): number => (rdev >>> 8) & 0xfff;
const minor = (rdev: number): number => (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
