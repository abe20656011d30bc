// What a client and its calls can be told.

import type { CallSignal } from "../../../plugins/api.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import { LONGEST_MS, checkRange } from "../range.ts";

export interface ClientOptions {
  /** How long `connect` may take, in milliseconds; 0: no end. Default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** What a call has that names no time of its own, in milliseconds; 0: no end. Default 60,000. */
  readonly callTimeoutMs?: number | undefined;
  /** The bytes that a reply may have, from 64 to 1,073,741,824. Default 10,485,760, as libvirt's. */
  readonly replyBytes?: number | undefined;
  /** Gives connecting up. */
  readonly signal?: CallSignal | undefined;
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
}

export interface CallOptions {
  /**
   * Milliseconds from the call to its answer, the wait for other calls and for a synchronisation included; 0: no end.
   * Default: the client's `callTimeoutMs`, which is off once `silenceMs` counts.
   */
  readonly timeoutMs?: number | undefined;
  /** Gives the call up: it rejects with the signal's reason. What has gone out may still run. */
  readonly signal?: CallSignal | undefined;
  /**
   * For commands whose success draws no reply: so many milliseconds of silence, from when the channel took the request, are
   * taken for success, as is the end of the link then. Where the call's own `timeoutMs` is over before, that is a
   * time-out. 5,000 for QEMU's four, and for those that `info` listed as such; 0 elsewhere: a reply comes.
   */
  readonly silenceMs?: number | undefined;
}

export const CONNECT_MS = 10_000;
export const CALL_MS = 60_000;
export const REPLY_BYTES = 10_485_760;
export const SILENCE_MS = 5000;

const LEAST_REPLY_BYTES = 64;
const MOST_REPLY_BYTES = 2 ** 30;

/** Throws GW_ERR_LIMIT where it is no time that timers can count. */
export function checkMs(name: string, value: number): number {
  return checkRange(name, value, 0, LONGEST_MS);
}

/** Throws GW_ERR_LIMIT where no reply can be held to it. */
export function checkReplyBytes(value: number): number {
  return checkRange("replyBytes", value, LEAST_REPLY_BYTES, MOST_REPLY_BYTES);
}
