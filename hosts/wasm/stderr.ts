// What goes to stderr: log records and last words, each in a line of its own. A line that stderr does not take is lost.

import { ascii } from "../../core/bytes.ts";
import { Bytes } from "../../core/memory.ts";
import { gw_data, gw_log } from "../../core/wasm.ts";
import { transferred, write } from "./wasi.ts";
import { STDERR, proc_exit } from "./wasi_snapshot_preview1.ts";

/** A line has so many bytes at most, which a pipe takes in one piece. What is longer is cut. */
const LINE_BYTES: i32 = 4096;
const LINE = memory.data(LINE_BYTES);
const LF: u8 = 0x0a;
const COLON: u8 = 0x3a;
const SPACE: u8 = 0x20;
const ZERO: u8 = 0x30;

/** Texts, one a line: the levels by their numbers in codes.ts, then what may fail. */
const TEXTS: Bytes = ascii(`error
critical
warning
message
info
debug
guestwire: requests cannot be read from stdin, WASI errno
guestwire: replies cannot be written to stdout, WASI errno
`);
export const STDIN_FAILS: i32 = 6;
export const STDOUT_FAILS: i32 = 7;

/** Writes the log records that wait, as `LEVEL: TEXT`. */
export function writeLog(): void {
  const length = gw_log();
  let at = gw_data();
  const end = at + length;
  while (at < end) {
    let to = put(load<u8>(at) - ZERO);
    store<u8>(to++, COLON);
    store<u8>(to++, SPACE);
    at += 2;
    for (let c = load<u8>(at++); c !== LF; c = load<u8>(at++)) {
      if (to < LINE + LINE_BYTES - 1) store<u8>(to++, c);
    }
    writeLine(to);
  }
}

/** Ends the program with status 1, saying what fails and which errno of WASI, below 100, says why. */
export function fail(what: i32, errno: i32): void {
  let to = put(what);
  store<u8>(to++, SPACE);
  if (errno > 9) store<u8>(to++, ZERO + <u8>(errno / 10));
  store<u8>(to++, ZERO + <u8>(errno % 10));
  writeLine(to);
  proc_exit(1);
}

/** Starts LINE with a text of TEXTS, and returns where it ends. */
function put(number: i32): usize {
  let i = 0;
  for (let line = 0; line < number; i++) {
    if (TEXTS[i] === LF) line++;
  }
  let to = LINE;
  for (let c = TEXTS[i++]; c !== LF; c = TEXTS[i++]) store<u8>(to++, c);
  return to;
}

/** Writes LINE up to `end`, and LF. */
function writeLine(end: usize): void {
  store<u8>(end++, LF);
  let at = LINE;
  while (at < end && write(STDERR, at, <i32>(end - at)) === 0) at += transferred();
}
