// The calls of WASI as the agent makes them.

import {
  CLOCK_MONOTONIC,
  ERRNO_AGAIN,
  ERRNO_INTR,
  EVENTTYPE_CLOCK,
  EVENTTYPE_FD_READ,
  FDFLAGS_NONBLOCK,
  FILETYPE_CHARACTER_DEVICE,
  fd_fdstat_get,
  fd_read,
  fd_write,
  poll_oneoff,
} from "./wasi_snapshot_preview1.ts";

const VECTOR = memory.data(8);
const SIZE = memory.data(4);
const STAT = memory.data(24);
const SUBSCRIPTION = memory.data(48);
const EVENT = memory.data(32);

/** Reads up to `length` bytes; `transferred` says how many came, 0 at the end of the file. Returns an errno. */
export function read(fd: i32, bytes: usize, length: i32): i32 {
  setVector(bytes, length);
  let errno = fd_read(fd, VECTOR, 1, SIZE);
  while (errno === ERRNO_INTR) errno = fd_read(fd, VECTOR, 1, SIZE);
  return errno;
}

/** Writes up to `length` bytes, 1 at least; `transferred` says how many were taken. Returns an errno. */
export function write(fd: i32, bytes: usize, length: i32): i32 {
  setVector(bytes, length);
  let errno = fd_write(fd, VECTOR, 1, SIZE);
  while (errno === ERRNO_INTR) errno = fd_write(fd, VECTOR, 1, SIZE);
  // A call that succeeds with nothing is no progress.
  return errno === 0 && transferred() === 0 ? ERRNO_AGAIN : errno;
}

/** How many bytes the last call moved, where it succeeded. */
export function transferred(): i32 {
  return load<i32>(SIZE);
}

export function isCharacterDevice(fd: i32): bool {
  return fd_fdstat_get(fd, STAT) === 0 && load<u8>(STAT) === FILETYPE_CHARACTER_DEVICE;
}

/** Whether a read may wait for bytes. Where the runtime does not say, it may. */
export function blocks(fd: i32): bool {
  return fd_fdstat_get(fd, STAT) !== 0 || (load<u16>(STAT, 2) & FDFLAGS_NONBLOCK) === 0;
}

export function sleep(ms: i32): void {
  subscribe(EVENTTYPE_CLOCK, CLOCK_MONOTONIC, <u64>ms * 1000000);
}

/** Waits until there are bytes to read, or the end of the file. False, at once, where the runtime cannot wait for that. */
export function awaitInput(fd: i32): bool {
  return subscribe(EVENTTYPE_FD_READ, fd, 0) === 0 && load<u16>(EVENT, 8) === 0;
}

function setVector(bytes: usize, length: i32): void {
  store<usize>(VECTOR, bytes);
  store<i32>(VECTOR, length, 4);
}

function subscribe(type: i32, what: i32, nanoseconds: u64): i32 {
  store<u8>(SUBSCRIPTION, <u8>type, 8);
  store<i32>(SUBSCRIPTION, what, 16);
  store<u64>(SUBSCRIPTION, nanoseconds, 24);
  return poll_oneoff(SUBSCRIPTION, EVENT, 1, SIZE);
}
