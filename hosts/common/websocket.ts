// guestwire/websocket: a WebSocket as a transport. The browser's, Node's and that of the package `ws`.

import { type Clock, systemClock } from "./clock.ts";
import { GuestwireError, textOf } from "./errors.ts";
import type { Receiver, Transport } from "./transport.ts";

/** An event of a WebSocket, as far as it matters here. */
export interface WebSocketEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
}

/** What this needs of a WebSocket. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  /** Bytes that were sent and have not left. */
  readonly bufferedAmount: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
  addEventListener(type: string, listener: (event: WebSocketEvent) => void): void;
  /** Of the package `ws`, which a paused peer can be held back with. */
  pause?(): void;
  resume?(): void;
  terminate?(): void;
}

export interface WebSocketOptions {
  /** Time, for tests. */
  readonly clock?: Clock | undefined;
}

const CONNECTING = 0;
const OPEN = 1;
/** Where more is under way, writers should wait. */
const FULL_BYTES = 65_536;
/** What a paused transport keeps of a peer that cannot be held back. */
const KEPT_BYTES = 2 ** 27;
/** How often it is looked whether bytes have left: no event tells. */
const LOOK_MS = 10;
/** How long `close` waits for a peer that takes nothing, or does not close, in milliseconds. */
const STALL_MS = 1000;
/** How a peer goes that is done, or leaves its page. */
const ORDINARY = [1000, 1001, 1005];

const encoder = new TextEncoder();

/**
 * A transport over a WebSocket, which may still be connecting: what is written then leaves when it is open. Bytes go as
 * binary messages; the bounds of messages mean nothing. A text message of the peer's is its UTF-8. To come back after a loss:
 * `reconnecting(async () => websocket(address))`.
 *
 * A browser cannot hold its peer back: more than 128 MiB for a receiver that is paused end the connection.
 *
 * @param socket a WebSocket, nobody else's, without messages so far; or an address for the runtime's own `WebSocket`
 * @throws GuestwireError GW_ERR_UNSUPPORTED: the runtime has none; GW_ERR_SOCKET: the address is none
 */
export function websocket(socket: WebSocketLike | string, options: WebSocketOptions = {}): Transport {
  return new WebSocketTransport(typeof socket === "string" ? open(socket) : socket, options.clock ?? systemClock);
}

function open(address: string): WebSocketLike {
  const { WebSocket } = globalThis as unknown as { WebSocket?: new (address: string) => WebSocketLike };
  if (WebSocket === undefined) {
    throw new GuestwireError("GW_ERR_UNSUPPORTED", "this runtime has no WebSocket; hand in one of the package ws");
  }
  try {
    return new WebSocket(address);
  } catch (error) {
    throw new GuestwireError("GW_ERR_SOCKET", `${address} cannot be connected to: ${textOf(error)}`, { cause: error });
  }
}

class WebSocketTransport implements Transport {
  private readonly socket: WebSocketLike;
  private readonly clock: Clock;
  private receiver: Receiver | undefined;
  private paused = true;
  /** What came while it was paused. */
  private readonly kept: Uint8Array[] = [];
  private keptBytes = 0;
  /** What was written before it was open. */
  private readonly early: Uint8Array<ArrayBuffer>[] = [];
  private blocked = false;
  private failure: Error | undefined;
  private isOver = false;
  private closing: Promise<void> | undefined;
  private settle: () => void = () => {};

  constructor(socket: WebSocketLike, clock: Clock) {
    this.socket = socket;
    this.clock = clock;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => this.opened());
    socket.addEventListener("message", ({ data }) => this.message(data));
    // What it was, only the event after it tells.
    socket.addEventListener("error", () => {});
    socket.addEventListener("close", ({ code }) => this.closed(code));
    if (socket.readyState > OPEN) void Promise.resolve().then(() => this.over());
  }

  start(receiver: Receiver): void {
    this.receiver = receiver;
    void Promise.resolve().then(() => {
      if (this.isOver) receiver.closed(this.failure);
      else this.resume();
    });
  }

  private opened(): void {
    for (const bytes of this.early.splice(0)) this.socket.send(bytes);
    this.look();
  }

  private message(data: unknown): void {
    const bytes = bytesOf(data);
    if (bytes === undefined) this.fail("the peer sent what is neither bytes nor text");
    else if (!this.paused) this.receiver?.data(bytes);
    else if (this.keptBytes + bytes.length > KEPT_BYTES) this.fail("the peer sends more than is read");
    else {
      this.kept.push(bytes);
      this.keptBytes += bytes.length;
    }
  }

  write(bytes: Uint8Array): boolean {
    const { socket } = this;
    if (this.isOver || this.closing !== undefined || socket.readyState > OPEN) return true;
    const copy = new Uint8Array(bytes);
    const isEarly = socket.readyState === CONNECTING;
    if (isEarly) this.early.push(copy);
    else socket.send(copy);
    const isFull = isEarly || socket.bufferedAmount >= FULL_BYTES;
    if (isFull && !this.blocked) {
      this.blocked = true;
      if (!isEarly) this.look();
    }
    return !isFull;
  }

  /** Tells the writer that waits, as soon as it need not any more. */
  private look(): void {
    if (!this.blocked || this.isOver) return;
    if (this.socket.bufferedAmount >= FULL_BYTES) this.clock.after(LOOK_MS, () => this.look());
    else {
      this.blocked = false;
      this.receiver?.drained();
    }
  }

  pause(): void {
    this.paused = true;
    this.socket.pause?.();
  }

  resume(): void {
    this.paused = false;
    this.socket.resume?.();
    while (!this.paused && !this.isOver) {
      const bytes = this.kept.shift();
      if (bytes === undefined) return;
      this.keptBytes -= bytes.length;
      this.receiver?.data(bytes);
    }
  }

  /** The browser, or `ws`, sends what was written before it closes. */
  close(): Promise<void> {
    this.closing ??= new Promise((resolve) => {
      this.settle = resolve;
      if (this.isOver) resolve();
      else this.finish();
    });
    return this.closing;
  }

  private finish(): void {
    this.kept.length = 0;
    // A paused `ws` does not hear its peer close.
    this.resume();
    this.socket.close(1000);
    this.waitWhileItMoves(this.socket.bufferedAmount);
  }

  private waitWhileItMoves(before: number): void {
    this.clock.after(STALL_MS, () => {
      if (this.isOver) return;
      const { bufferedAmount } = this.socket;
      if (bufferedAmount < before) this.waitWhileItMoves(bufferedAmount);
      else {
        this.socket.terminate?.();
        this.over();
      }
    });
  }

  private fail(why: string): void {
    this.failure ??= new GuestwireError("GW_ERR_SOCKET", why);
    void this.close();
  }

  private closed(code = 0): void {
    if (this.closing === undefined && !ORDINARY.includes(code)) {
      this.failure ??= new GuestwireError("GW_ERR_SOCKET", reasonOf(code));
    }
    this.over();
  }

  private over(): void {
    if (this.isOver) return;
    // What came before the end is not lost on a receiver that was busy.
    if (this.closing === undefined) this.resume();
    this.isOver = true;
    this.receiver?.closed(this.failure);
    this.settle();
  }
}

function reasonOf(code: number): string {
  return code === 1006
    ? "the WebSocket could not be connected, or its connection broke; see whether its server runs and lets this page in"
    : `the peer closed the WebSocket with code ${code}`;
}

function bytesOf(data: unknown): Uint8Array | undefined {
  if (typeof data === "string") return encoder.encode(data);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : undefined;
}
