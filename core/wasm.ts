// The core's face for WebAssembly: flat functions over one agent, in pull style, so that the module imports nothing. An
// entry file imports them, offers its commands, and exports them again (hosts/wasm/agent.ts).
//
// Bytes go in through one window of memory, whose address `gw_room` gives; what it holds is used up by the next call.
// Bytes come out at an address that is valid until the next call.

import { Agent } from "./agent.ts";
import {
  ABI,
  COUNT_RESYNCS,
  COUNT_SUPPRESSED,
  STATUS_BUSY,
  STATUS_LOG,
  STATUS_OUTPUT,
  STATUS_PENDING,
  WINDOW_BYTES,
} from "./codes.ts";
import { Command, RemoteCommand } from "./command.ts";
import { Echo } from "./echo.ts";
import { setLimit } from "./limits.ts";
import { Logger } from "./logger.ts";
import { Bytes, Words, copyBytes, freeBytes, growWords, newBytes, newWords } from "./memory.ts";
import { Session } from "./session.ts";
import { Writer } from "./writer.ts";

/** Where this many bytes of log records wait for the embedder, further ones are lost. */
const LOG_BYTES: i32 = 262144;
const ZERO: i32 = 0x30;
const LF: i32 = 0x0a;

/** Records wait until the embedder drains them. One is the digits of its level and domain, its text and LF. */
class LogQueue extends Logger {
  records: Writer = new Writer();

  log(level: i32, domain: i32, text: Bytes): void {
    if (this.records.tail > LOG_BYTES) return;
    this.records.byte(ZERO + level);
    this.records.byte(ZERO + domain);
    this.records.ascii(text);
    this.records.byte(LF);
  }
}

const log = new LogQueue();
const agent = new Agent(log);
/** What a call writes for the embedder. */
const scratch = new Echo(agent.results);
let data: usize = 0;
/** The commands that the entry file offers, in its order. */
let offered: Words = newWords(0);
let offers: i32 = 0;
let window: Bytes = newBytes(0);
let windowSize: i32 = 0;
let stopped: i32 = 0;

/** A command of the entry file, which the embedder may add by its name. */
export function offer(command: Command): void {
  offered = growWords(offered, offers, offers + 1);
  offered[offers++] = changetype<i32>(command);
}

function status(session: Session): i32 {
  return (
    (session.waiting() > 0 ? STATUS_OUTPUT : 0) |
    (session.isBusy() ? STATUS_BUSY : 0) |
    (session.pending !== 0 ? STATUS_PENDING : 0) |
    (log.records.tail > 0 ? STATUS_LOG : 0)
  );
}

/** Version of this interface. */
export function gw_abi(): i32 {
  return ABI;
}

/** The window's address, with room for `size` bytes; 65,536 are there without asking. */
export function gw_room(size: i32): usize {
  if (size < WINDOW_BYTES) size = WINDOW_BYTES;
  if (size > windowSize || windowSize > WINDOW_BYTES) {
    freeBytes(window);
    windowSize = size;
    window = newBytes(size);
  }
  return changetype<usize>(window);
}

/** Opens a session and returns its handle. */
export function gw_open(): usize {
  return changetype<usize>(agent.open(null));
}

/** Closes a session: what the peer left behind is dropped. The handle is void then, and may be given to another peer. */
export function gw_close(session: Session): void {
  agent.close(session);
}

/** Hands in the window's bytes from `at` to `end`. Returns the STATUS_ bits; `gw_stopped` says how far it read. */
export function gw_feed(session: Session, at: i32, end: i32): i32 {
  stopped = session.receive(window, at, end);
  return status(session);
}

/** Where the last `gw_feed` stopped. */
export function gw_stopped(): i32 {
  return stopped;
}

/** How many bytes wait for the peer. They stand at `gw_data`. */
export function gw_output(session: Session): i32 {
  const writer = session.reply;
  data = changetype<usize>(writer.bytes) + <usize>writer.head;
  return writer.waiting();
}

/** Where the bytes are that `gw_output`, `gw_arguments` or `gw_log` counted. Valid until the next call but this one. */
export function gw_data(): usize {
  return data;
}

/** The peer took `count` of them. Returns the STATUS_ bits. */
export function gw_drained(session: Session, count: i32): i32 {
  session.drained(count);
  return status(session);
}

/** Gives large blocks back where nothing is under way. */
export function gw_trim(session: Session): void {
  session.trim();
}

/** What the session counted, by a COUNT_ of codes.ts; -1 where there is none of the number. */
export function gw_count(session: Session, what: i32): i32 {
  return what === COUNT_RESYNCS ? session.resyncs : what === COUNT_SUPPRESSED ? session.suppressed : -1;
}

/** The number of the call that waits for the embedder, or 0. */
export function gw_pending(session: Session): i32 {
  return session.pending;
}

/** The number under which the command that is pending was added. */
export function gw_command(session: Session): i32 {
  return session.pendingCommand();
}

/**
 * Writes the pending call's arguments as JSON; returns how many bytes stand at `gw_data`. -1 where they are too large: the
 * call has been answered with an error then.
 */
export function gw_arguments(session: Session): i32 {
  scratch.trim();
  const whole = session.writeArguments(scratch);
  data = changetype<usize>(scratch.bytes);
  return whole ? scratch.tail : -1;
}

/**
 * Answers call `number` with the JSON value of `length` bytes in the window, and 0xFF before the reply where `delimited`
 * is 1. Returns the STATUS_ bits.
 */
export function gw_complete(session: Session, number: i32, length: i32, delimited: i32): i32 {
  scratch.trim();
  session.completeCall(number, window, 0, length, delimited !== 0);
  return status(session);
}

/** Answers call `number` with an error of a CLASS_ of codes.ts, any other being a GenericError; its description is `length` bytes of UTF-8 in the window. */
export function gw_fail(session: Session, number: i32, errorClass: i32, length: i32): i32 {
  session.failCall(number, errorClass, window, 0, length);
  return status(session);
}

/** Adds a built-in command by the name in the window, or with 0 all of them. 0 where there is none or it is there already. */
export function gw_add_builtin(length: i32): i32 {
  let added = 0;
  for (let i = 0; i < offers; i++) {
    const command = changetype<Command>(offered[i]);
    if ((length === 0 || command.isNamed(window, 0, length)) && agent.add(command)) added++;
  }
  return added;
}

/**
 * Adds a command that the embedder runs, enabled, under a number of its own above 0; its name is in the window. 0 where
 * there is one of the name.
 */
export function gw_add_command(number: i32, flags: i32, length: i32): i32 {
  // What is allocated for a command stays: it is looked up before.
  if (number <= 0 || length <= 0 || agent.find(window, 0, length) !== null) return 0;
  const name = newBytes(length + 1);
  copyBytes(window, 0, length, name, 0);
  name[length] = 0;
  agent.add(new RemoteCommand(number, name, flags));
  return 1;
}

/** Removes a command by the name in the window; calls that are pending go on. 0 where there is none. */
export function gw_remove(length: i32): i32 {
  const command = agent.find(window, 0, length);
  if (command === null) return 0;
  agent.remove(command);
  return 1;
}

/** The FLAG_ bits of the command whose name is in the window. -1 where there is none. */
export function gw_flags(length: i32): i32 {
  const command = agent.find(window, 0, length);
  return command === null ? -1 : command.flags;
}

/** Enables a command by the name in the window. 0 where there is none. */
export function gw_enable(length: i32): i32 {
  const command = agent.find(window, 0, length);
  if (command === null) return 0;
  agent.enable(command);
  return 1;
}

/** Disables a command by the name in the window; the reason stands behind the name. 0 where there is none. */
export function gw_disable(length: i32, reasonLength: i32): i32 {
  const command = agent.find(window, 0, length);
  if (command === null) return 0;
  agent.disable(command, window, length, reasonLength);
  return 1;
}

/** Sets a limit by its number in codes.ts. 0 where there is no such number, or the value is out of range. */
export function gw_limit(limit: i32, value: i32): i32 {
  return setLimit(agent.limits, limit, value) ? 1 : 0;
}

/** What guest-info calls the version: `length` bytes of UTF-8 in the window. */
export function gw_version(length: i32): void {
  const version = newBytes(length);
  copyBytes(window, 0, length, version, 0);
  agent.setVersion(version, length);
}

/** Only commands marked for it may run, and nothing is logged. */
export function gw_freeze(): void {
  agent.freeze(true);
}

export function gw_thaw(): void {
  agent.freeze(false);
}

/**
 * Takes the log records: so many bytes stand at `gw_data`. Each record is a digit for its level, one for its domain
 * (codes.ts), its text in ASCII, and LF.
 */
export function gw_log(): i32 {
  const length = log.records.tail;
  data = changetype<usize>(log.records.bytes);
  log.records.clear();
  return length;
}
