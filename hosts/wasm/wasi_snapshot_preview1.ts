// What an agent needs of WASI preview 1. asc takes the name of the module to import from from this file's.
// A vector is an address and a length. Each function returns an errno, 0 for success.

/** Reads into `count` vectors, which may block. How many bytes it read stands at `size` then; 0: the end of the file. */
export declare function fd_read(fd: i32, vectors: usize, count: i32, size: usize): i32;

/** Writes from `count` vectors. How many bytes were taken stands at `size` then; it may be fewer. */
export declare function fd_write(fd: i32, vectors: usize, count: i32, size: usize): i32;

/** Describes a descriptor in 24 bytes: at 0 its FILETYPE_ (u8), at 2 its FDFLAGS_ (u16). */
export declare function fd_fdstat_get(fd: i32, stat: usize): i32;

/**
 * Waits for the first of `count` subscriptions. One has 48 bytes: at 8 the EVENTTYPE_ (u8), at 16 the clock or the
 * descriptor (u32), for a clock at 24 the nanoseconds (u64). An event has 32 bytes: at 8 an errno (u16). How many there
 * are stands at `size` then.
 */
export declare function poll_oneoff(subscriptions: usize, events: usize, count: i32, size: usize): i32;

/** Ends the program; it does not return. */
export declare function proc_exit(status: i32): void;

export const STDIN: i32 = 0;
export const STDOUT: i32 = 1;
export const STDERR: i32 = 2;

/** Not now: the descriptor does not block. */
export const ERRNO_AGAIN: i32 = 6;
/** A signal came between. */
export const ERRNO_INTR: i32 = 27;

export const FILETYPE_CHARACTER_DEVICE: i32 = 2;
export const FDFLAGS_NONBLOCK: i32 = 4;

export const EVENTTYPE_CLOCK: i32 = 0;
export const EVENTTYPE_FD_READ: i32 = 1;
export const CLOCK_MONOTONIC: i32 = 1;
