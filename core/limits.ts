// Every cap, with its reason. A peer may be hostile or broken: whatever it sends, an agent stays inside these.

import {
  LIMIT_DEPTH,
  LIMIT_ERRORS_IN_ROW,
  LIMIT_LEAST,
  LIMIT_MESSAGE_BYTES,
  LIMIT_MOST,
  LIMIT_QUEUE_BYTES,
  LIMIT_REPLY_BYTES,
  LIMIT_TOKENS,
  LIMIT_TOTAL_BYTES,
} from "./codes.ts";
import { Words, newWords } from "./memory.ts";

/** Bytes of peer input that an error echoes at most. The original echoes it all: 20 MB in, 20 MB out. */
export const ECHO_BYTES: i32 = 256;

/** Bytes that the session takes from the input in one go; what it reserves memory for, so an idle session stays small. */
export const SLICE_BYTES: i32 = 4096;

/** A session's first block: enough for a slice behind what an error echoes. Two of them do not count towards totalBytes. */
export const BASE_BYTES: i32 = 8192;

/** A block above this is handed back when a session is idle. */
export const IDLE_BYTES: i32 = 16384;

/** Behind the limits: the bytes that the sessions hold for unfinished messages, all together. */
const HELD_BYTES: i32 = 7;

/**
 * What an agent's sessions are held to: words, by the LIMIT_ numbers of codes.ts. All sessions of an agent share one such
 * list, so a change reaches them at once. Each is `most` but where a peer is to be kept to less.
 */
export function newLimits(most: i32): Words {
  const limits = newWords(HELD_BYTES + 1);
  for (let limit = 0; limit < HELD_BYTES; limit++) limits[limit] = most;
  limits[HELD_BYTES] = 0;
  return limits;
}

/** The limits for what peers send. */
export function peerLimits(): Words {
  const limits = newLimits(LIMIT_MOST);
  // Token bytes of one message, quotes included and white space not: 2^26 - 1 as the original (PROTOCOL 2.7).
  limits[LIMIT_MESSAGE_BYTES] = 67108863;
  // Tokens of one message: 2^21 as the original.
  limits[LIMIT_TOKENS] = 2097152;
  // Open braces and brackets: 1024 as the original.
  limits[LIMIT_DEPTH] = 1024;
  // One return value as it goes out: libvirt loses those above 4 MiB and gives the agent up at 10 MiB.
  limits[LIMIT_REPLY_BYTES] = 4000000;
  // Replies that a session holds for a peer that does not read, before it stops taking requests.
  limits[LIMIT_QUEUE_BYTES] = 1048576;
  // Error replies without a valid request between them; then silence. 0: no cap, as the original.
  limits[LIMIT_ERRORS_IN_ROW] = 64;
  // Buffers for unfinished messages of all sessions together, LIMIT_TOTAL_BYTES: 256 MiB, which is the most.
  return limits;
}

/** Sets a limit by its number; false where there is no such number or the value is out of range. */
export function setLimit(limits: Words, limit: i32, value: i32): bool {
  if (limit < 0 || limit >= HELD_BYTES || value > LIMIT_MOST) return false;
  if (value < (limit === LIMIT_ERRORS_IN_ROW ? 0 : LIMIT_LEAST)) return false;
  limits[limit] = value;
  return true;
}

/** A session's share of the memory changes from `before` to `after` bytes; false, and no change, where that is too much. */
export function claim(limits: Words, before: i32, after: i32): bool {
  const held = limits[HELD_BYTES] - before + after;
  if (after > before && held > limits[LIMIT_TOTAL_BYTES]) return false;
  limits[HELD_BYTES] = held;
  return true;
}
