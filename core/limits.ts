// Every cap, with its reason. A peer may be hostile or broken: whatever it sends, an agent stays inside these.

import {
  LIMIT_DEPTH,
  LIMIT_ERRORS_IN_ROW,
  LIMIT_MESSAGE_BYTES,
  LIMIT_QUEUE_BYTES,
  LIMIT_REPLY_BYTES,
  LIMIT_TOKENS,
  LIMIT_TOTAL_BYTES,
} from "./codes.ts";

/** Bytes of peer input that an error echoes at most. The original echoes it all: 20 MB in, 20 MB out. */
export const ECHO_BYTES: i32 = 256;

/** Bytes that the session takes from the input in one go; what it reserves memory for, so an idle session stays small. */
export const SLICE_BYTES: i32 = 4096;

/** A session's first block: enough for a slice behind what an error echoes. Two of them do not count towards totalBytes. */
export const BASE_BYTES: i32 = 8192;

/** A block above this is handed back when a session is idle. */
export const IDLE_BYTES: i32 = 16384;

/** The range of every limit; errorsInRow may be 0. Sums of two fit into 32 bits. */
export const LIMIT_LEAST: i32 = 64;
export const LIMIT_MOST: i32 = 536870912;

/** What an agent's sessions are held to. All sessions of an agent share one object, so a change reaches them at once. */
export class Limits {
  /** Token bytes of one message, quotes included and white space not: 2^26 - 1 as the original (PROTOCOL 2.7). */
  messageBytes: i32 = 67108863;
  /** Tokens of one message: 2^21 as the original. */
  tokens: i32 = 2097152;
  /** Open braces and brackets: 1024 as the original. */
  depth: i32 = 1024;
  /** One return value as it goes out: libvirt loses those above 4 MiB and gives the agent up at 10 MiB. */
  replyBytes: i32 = 4000000;
  /** Replies that a session holds for a peer that does not read, before it stops taking requests. */
  queueBytes: i32 = 1048576;
  /** Error replies without a valid request between them; then silence. 0: no cap, as the original. */
  errorsInRow: i32 = 64;
  /** Buffers for unfinished messages of all sessions together. */
  totalBytes: i32 = 268435456;

  /** Sets a limit by its number in codes.ts; false where there is no such number or the value is out of range. */
  set(limit: i32, value: i32): bool {
    if (value > LIMIT_MOST || value < (limit === LIMIT_ERRORS_IN_ROW ? 0 : LIMIT_LEAST)) return false;
    switch (limit) {
      case LIMIT_MESSAGE_BYTES:
        this.messageBytes = value;
        break;
      case LIMIT_TOKENS:
        this.tokens = value;
        break;
      case LIMIT_DEPTH:
        this.depth = value;
        break;
      case LIMIT_REPLY_BYTES:
        this.replyBytes = value;
        break;
      case LIMIT_QUEUE_BYTES:
        this.queueBytes = value;
        break;
      case LIMIT_ERRORS_IN_ROW:
        this.errorsInRow = value;
        break;
      case LIMIT_TOTAL_BYTES:
        this.totalBytes = value;
        break;
      default:
        return false;
    }
    return true;
  }
}
