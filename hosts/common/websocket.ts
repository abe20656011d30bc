// guestwire/websocket: a WebSocket as a transport. The browser's, Node's and that of the package `ws`.

import type { CallSignal } from "../../plugins/api.ts";
import { type Clock, systemClock } from "./clock.ts";
import { GuestwireError, asError, textOf } from "./errors.ts";
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

export interface WebSocketConnectOptions extends WebSocketOptions {
  /** Gives connecting up. */
  readonly signal?: CallSignal | undefined;
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
 * binary messages; the bounds of messages mean nothing. A text message of the peer's is its UTF-8.
 *
 * A browser cannot hold its peer back: more than 128 MiB for a receiver that is paused end the connection. Such a receiver
 * hears of the peer's end when it has gone on, and has the bytes before it.
 *
 * @param socket a WebSocket, nobody else's, without messages so far; or an address for the runtime's own `WebSocket`
 * @throws GuestwireError GW_ERR_UNSUPPORTED: the runtime has none; GW_ERR_SOCKET: the address is none
 */
export function websocket(socket: WebSocketLike | string, options: WebSocketOptions = {}): Transport {
  return new WebSocketTransport(typeof socket === "string" ? openSocket(socket) : socket, options.clock ?? systemClock);
}

/**
 * The same, when it is open. `reconnecting((signal) => connectWebSocket(address, { signal }))` comes back after a loss.
 *
 * @throws GuestwireError GW_ERR_SOCKET: it cannot be connected; GW_ERR_UNSUPPORTED. The signal's reason
 */
export async function connectWebSocket(
  socket: WebSocketLike | string,
  options: WebSocketConnectOptions = {},
): Promise<Transport> {
  const { clock = systemClock, signal } = options;
  const transport = new WebSocketTransport(typeof socket === "string" ? openSocket(socket) : socket, clock);
  const abort = (): void => void transport.close();
  signal?.addEventListener("abort", abort);
  try {
    if (signal?.aborted === true) abort();
    await transport.ready;
    return transport;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/**
 * The runtime's own WebSocket.
 *
 * @throws GuestwireError GW_ERR_UNSUPPORTED: the runtime has none; GW_ERR_SOCKET: the address is none, or forbidden
 */
export function openSocket(address: string, protocols: readonly string[] = []): WebSocketLike {
  const { WebSocket } = globalThis as unknown as {
    WebSocket?: new (address: string, protocols: readonly string[]) => WebSocketLike;
  };
  if (WebSocket === undefined) {
    throw new GuestwireError("GW_ERR_UNSUPPORTED", "this runtime has no WebSocket; hand in one of the package ws");
  }
  let socket: WebSocketLike;
  try {
    socket = new WebSocket(address, protocols);
  } catch (error) {
    throw new GuestwireError("GW_ERR_SOCKET", `${address} cannot be connected to: ${textOf(error)}`, { cause: error });
  }
  // Browsers close at once what the page's own policy forbids.
  if (socket.readyState > OPEN) {
    throw new GuestwireError(
      "GW_ERR_SOCKET",
      `this page may not connect to ${address}; its Content-Security-Policy has to name it in connect-src`,
    );
  }
  return socket;
}

class WebSocketTransport implements Transport {
  /** Settles when it is open, or will not be. */
  readonly ready: Promise<void>;
  private isReady: () => void = () => {};
  private isNot: (error: Error) => void = () => {};
  private readonly socket: WebSocketLike;
  private readonly clock: Clock;
  private receiver: Receiver | undefined;
  private paused = false;
  /** What came before the start, and while it was paused. */
  private readonly kept: Uint8Array[] = [];
  private keptBytes = 0;
  /** What was written before it was open. */
  private readonly early: Uint8Array<ArrayBuffer>[] = [];
  private blocked = false;
  private failure: Error | undefined;
  private isOver = false;
  /** The receiver knows that it is over. */
  private isTold = false;
  private closing: Promise<void> | undefined;
  private settle: () => void = () => {};
  private stopWaiting: () => void = () => {};

  constructor(socket: WebSocketLike, clock: Clock) {
    this.socket = socket;
    this.clock = clock;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => this.opened());
    socket.addEventListener("message", ({ data }) => this.message(data));
    // What it was, only the event after it tells.
    socket.addEventListener("error", () => {});
    socket.addEventListener("close", ({ code, reason }) => this.closed(code, reason));
    this.ready = new Promise((resolve, reject) => {
      this.isReady = resolve;
      this.isNot = reject;
    });
    // Most do not wait for it.
    this.ready.catch(() => {});
    if (socket.readyState === OPEN) this.isReady();
    if (socket.readyState > OPEN) this.closed();
  }

  start(receiver: Receiver): void {
    void Promise.resolve().then(() => {
      this.receiver = receiver;
      this.deliver();
    });
  }

  private opened(): void {
    // `ws` does not take it before.
    if (this.paused) this.socket.pause?.();
    for (const bytes of this.early.splice(0)) this.socket.send(bytes);
    if (this.closing !== undefined) this.closeSocket();
    this.isReady();
    this.look();
  }

  private message(data: unknown): void {
    if (this.closing !== undefined) return;
    const bytes = bytesOf(data);
    const isHeld = this.paused || this.receiver === undefined;
    if (bytes === undefined) this.fail(broken("the peer sent what is neither bytes nor text"));
    else if (isHeld && this.keptBytes + bytes.length > KEPT_BYTES) {
      this.fail(broken("the peer sends more than is read"));
    } else {
      this.kept.push(bytes);
      this.keptBytes += bytes.length;
      this.deliver();
    }
  }

  /** Hands on what has come, unless that has to wait, and the end behind it. */
  private deliver(): void {
    const { receiver } = this;
    if (receiver === undefined) return;
    while (!this.paused) {
      const bytes = this.kept.shift();
      if (bytes === undefined) break;
      this.keptBytes -= bytes.length;
      this.tell(() => receiver.data(bytes));
    }
    if (!this.isOver || this.isTold || this.kept.length > 0) return;
    this.isTold = true;
    receiver.closed(this.failure);
  }

  /** A receiver that throws ends it. */
  private tell(what: () => void): void {
    try {
      what();
    } catch (error) {
      this.fail(asError(error));
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
    else this.drained();
  }

  private drained(): void {
    this.blocked = false;
    this.tell(() => this.receiver?.drained());
  }

  pause(): void {
    this.paused = true;
    this.socket.pause?.();
  }

  resume(): void {
    this.paused = false;
    this.socket.resume?.();
    this.deliver();
  }

  /** The browser, or `ws`, sends what was written before it closes. Where it is still connecting, that gets some time too. */
  close(): Promise<void> {
    if (this.closing === undefined) {
      this.closing = new Promise((resolve) => (this.settle = resolve));
      this.finish();
    }
    return this.closing;
  }

  private finish(): void {
    this.kept.length = 0;
    // A paused `ws` does not hear its peer close.
    this.resume();
    if (this.isOver) this.settle();
    else if (this.early.length === 0) this.closeSocket();
    else this.stopWaiting = this.clock.after(STALL_MS, () => this.closeSocket());
  }

  private closeSocket(): void {
    this.stopWaiting();
    try {
      this.socket.close(1000);
    } catch {
      // The package `ws` throws where it was still connecting.
    }
    this.waitWhileItMoves(this.socket.bufferedAmount);
  }

  private waitWhileItMoves(before: number): void {
    this.stopWaiting = this.clock.after(STALL_MS, () => {
      if (this.isOver) return;
      const { bufferedAmount } = this.socket;
      if (bufferedAmount < before) this.waitWhileItMoves(bufferedAmount);
      else {
        this.socket.terminate?.();
        this.over();
      }
    });
  }

  private fail(error: Error): void {
    this.failure ??= error;
    void this.close();
  }

  private closed(code = ORDINARY[0], reason = ""): void {
    if (this.closing === undefined && code !== undefined && !ORDINARY.includes(code)) {
      this.failure ??= broken(reasonOf(code, reason));
    }
    this.over();
  }

  private over(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.stopWaiting();
    this.isNot(this.failure ?? broken("the WebSocket is closed; connect again"));
    this.settle();
    // Who waits to write may not read on before that, and would never hear of the end.
    if (this.blocked && this.kept.length > 0) this.drained();
    this.deliver();
  }
}

function broken(why: string): GuestwireError {
  return new GuestwireError("GW_ERR_SOCKET", why);
}

/** In the peer's own words, where it has any. */
function reasonOf(code: number, reason: string): string {
  if (code === 1006) {
    return "the WebSocket could not be connected, or its connection broke; see whether its server runs and lets this page in";
  }
  return reason === "" ? `the peer closed the WebSocket with code ${code}` : `the peer closed the WebSocket: ${reason}`;
}

function bytesOf(data: unknown): Uint8Array | undefined {
  if (typeof data === "string") return encoder.encode(data);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : undefined;
}
