// Two transports that are one channel, in memory.

import { checkRange } from "../range.ts";
import type { Receiver, Transport } from "../transport.ts";

/**
 * How bytes arrive: so many at a time, 1 for byte by byte; or a number of them that is drawn each time, from 1 to `most`
 * (default 16), the same ones for the same seed. What was written apart may then arrive together.
 */
export type Chunking = number | { readonly seed: number; readonly most?: number };

export interface PairOptions {
  /** Default: as they were written. */
  readonly chunk?: Chunking;
  /** As soon as more bytes than this are under way to one end, writes at the other return false. Default 65,536. */
  readonly capacity?: number;
}

export interface TransportPair {
  /** The end for `agent.serve`. */
  readonly agent: Transport;
  /** The end for `connect`, or for a test that reads and writes itself. */
  readonly client: Transport;
  /** The channel breaks: what is under way is lost, and both ends hear `closed`, with this error. */
  cut(error?: Error): void;
}

const CAPACITY = 65_536;
const MOST = 16;
const LARGEST = 2 ** 31 - 1;

/**
 * Makes a channel in memory. Bytes arrive in order, in steps of their own, and are garbled when the receiver returns. An end
 * that is closed sends what was written before; then the other one hears `ended`.
 *
 * @throws GuestwireError GW_ERR_LIMIT where a number of the options is no integer from 1 (`capacity`: from 0)
 */
export function transportPair(options: PairOptions = {}): TransportPair {
  const capacity = checkRange("capacity", options.capacity ?? CAPACITY, 0, LARGEST);
  const agent = new End(lengths(options.chunk), capacity);
  const client = new End(lengths(options.chunk), capacity);
  agent.other = client;
  client.other = agent;
  return {
    agent,
    client,
    cut(error) {
      agent.break(error);
      client.break(error);
    },
  };
}

/** How long the next chunk may be; undefined: as it was written. */
type Lengths = () => number | undefined;

function lengths(chunk: Chunking | undefined): Lengths {
  if (chunk === undefined) return () => undefined;
  if (typeof chunk === "number") {
    checkRange("chunk", chunk, 1, LARGEST);
    return () => chunk;
  }
  const most = checkRange("chunk.most", chunk.most ?? MOST, 1, LARGEST);
  let state = chunk.seed;
  return () => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return 1 + (((bits ^ (bits >>> 14)) >>> 0) % most);
  };
}

class End implements Transport {
  other: End | undefined;
  private readonly nextLength: Lengths;
  private readonly capacity: number;
  private receiver: Receiver | undefined;
  /** On the way to this end. */
  private readonly inbox: Uint8Array[] = [];
  private waiting = 0;
  private paused = false;
  /** The last write returned false. */
  private blocked = false;
  /** The other end sends no more; the receiver has heard it. */
  private ending = false;
  private ended = false;
  private over: Promise<void> | undefined;
  private isScheduled = false;

  constructor(nextLength: Lengths, capacity: number) {
    this.nextLength = nextLength;
    this.capacity = capacity;
  }

  start(receiver: Receiver): void {
    this.receiver = receiver;
    this.schedule();
  }

  write(bytes: Uint8Array): boolean {
    if (this.over !== undefined || this.other === undefined || bytes.length === 0) return true;
    this.blocked = !this.other.arrive(bytes);
    return !this.blocked;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.schedule();
  }

  close(): Promise<void> {
    this.other?.finish();
    return this.break();
  }

  /** It is over here, for the first reason that comes. */
  break(error?: Error): Promise<void> {
    this.inbox.length = 0;
    this.waiting = 0;
    this.over ??= Promise.resolve().then(() => this.receiver?.closed(error));
    this.other?.relieve();
    return this.over;
  }

  /** Bytes for this end; false where they are too many. */
  private arrive(bytes: Uint8Array): boolean {
    if (this.over !== undefined) return true;
    // Not slice(): that of a Node Buffer does not copy.
    this.inbox.push(new Uint8Array(bytes));
    this.waiting += bytes.length;
    this.schedule();
    return this.waiting <= this.capacity;
  }

  /** Nothing more comes. */
  private finish(): void {
    this.ending = true;
    this.schedule();
  }

  /** What was on the way from this end has arrived, or is lost. */
  private relieve(): void {
    if (!this.blocked) return;
    this.blocked = false;
    void Promise.resolve().then(() => {
      if (this.over === undefined) this.receiver?.drained();
    });
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    void Promise.resolve().then(() => {
      this.isScheduled = false;
      if (this.receiver !== undefined && !this.paused && this.over === undefined) this.deliver(this.receiver);
    });
  }

  /** Hands in one chunk, or says that it was the last. */
  private deliver(receiver: Receiver): void {
    if (this.waiting > 0) {
      const chunk = this.take();
      this.schedule();
      if (this.waiting === 0) this.other?.relieve();
      receiver.data(chunk);
      chunk.fill(0x5a);
    } else if (this.ending && !this.ended) {
      this.ended = true;
      receiver.ended();
    }
  }

  private take(): Uint8Array {
    const length = this.nextLength() ?? this.inbox[0]?.length ?? 0;
    const chunk = new Uint8Array(Math.min(length, this.waiting));
    for (let filled = 0; filled < chunk.length;) {
      const head = this.inbox.shift() ?? chunk;
      const part = head.subarray(0, chunk.length - filled);
      chunk.set(part, filled);
      filled += part.length;
      if (part.length < head.length) this.inbox.unshift(head.subarray(part.length));
    }
    this.waiting -= chunk.length;
    return chunk;
  }
}
