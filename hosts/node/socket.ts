// A transport over a Node stream that reads and writes: a socket, and whatever else Node gives as one.

import type { Duplex } from "node:stream";
import { asError } from "../common/errors.ts";
import type { Receiver, Transport } from "../common/transport.ts";
import type { Reader } from "./reader.ts";

/** How long a peer that takes nothing holds up `close`, in milliseconds. */
const STALL_MS = 1000;

/** How a peer goes that leaves replies unread: as ordinary as one that reads them. */
const DISCONNECTS: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

/**
 * Takes a stream over. A socket must have been made with `allowHalfOpen`, or a peer that ends its side before it reads
 * gets no replies.
 */
export class SocketTransport implements Transport {
  private readonly stream: Duplex;
  private readonly reader: Reader | undefined;
  private receiver: Receiver | undefined;
  private failure: Error | undefined;
  private paused = false;
  /** The last write was told to wait. */
  private full = false;
  /** The peer sends no more, and the receiver does not know yet. */
  private ending = false;
  private closing: Promise<void> | undefined;
  /** The stream has said so: its own `closed` is true a little earlier. */
  private isClosed: boolean;

  /**
   * @param reader brings the bytes where the stream has no 'data' events
   * @param hangUp the code of a further error that is an ordinary end
   */
  constructor(stream: Duplex, reader?: Reader, hangUp?: string) {
    this.stream = stream;
    this.reader = reader;
    this.isClosed = stream.closed;
    stream.on("error", (error: NodeJS.ErrnoException) => {
      const isEnd = error.code !== undefined && (error.code === hangUp || DISCONNECTS.has(error.code));
      if (!isEnd) this.failure = error;
    });
    stream.on("close", () => {
      if (this.isClosed) return;
      this.isClosed = true;
      this.receiver?.closed(this.failure);
    });
  }

  start(receiver: Receiver): void {
    const stream = this.stream;
    this.receiver = receiver;
    if (this.isClosed) {
      process.nextTick(() => receiver.closed(this.failure));
      return;
    }
    stream.on("drain", () => this.drained());
    stream.on("end", () => {
      this.ending = true;
      this.tellEnd();
    });
    if (this.reader === undefined) {
      stream.on("data", (bytes: Uint8Array) => this.tell(() => receiver.data(bytes)));
    } else {
      this.reader.sink = (bytes) => {
        this.tell(() => receiver.data(bytes));
        // A pause right after a resume would not hold by itself.
        return !this.paused;
      };
    }
    stream.resume();
  }

  write(bytes: Uint8Array): boolean {
    const stream = this.stream;
    if (stream.writableEnded || stream.destroyed) return true;
    stream.write(Buffer.from(bytes), this.written);
    // Not what write() returned: that is false for any large piece, even where the kernel has all of it by now.
    this.full = stream.writableLength >= stream.writableHighWaterMark;
    return !this.full;
  }

  pause(): void {
    this.paused = true;
    this.stream.pause();
  }

  resume(): void {
    this.paused = false;
    this.stream.resume();
    if (this.ending) process.nextTick(this.written);
  }

  /** Sends what was written, and closes. A peer that takes nothing for a second is given up. */
  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private drained(): void {
    if (!this.full || this.closing !== undefined) return;
    this.full = false;
    this.tell(() => this.receiver?.drained());
    this.tellEnd();
  }

  /** A receiver that throws ends it. */
  private tell(what: () => void): void {
    try {
      what();
    } catch (error) {
      this.stream.destroy(asError(error));
    }
  }

  private readonly written = (): void => this.tellEnd();

  /**
   * Tells that the peer has ended, once all that it asked for before is answered and taken. The receiver closes then, and
   * that must not be in a hurry: a peer that ends first and then reads may take its time.
   */
  private tellEnd(): void {
    if (!this.ending || this.paused || this.full || this.stream.writableLength > 0) return;
    this.ending = false;
    if (this.closing === undefined) this.tell(() => this.receiver?.ended());
  }

  private finish(): Promise<void> {
    const stream = this.stream;
    if (this.isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      let left = stream.writableLength;
      const timer = setInterval(() => {
        if (stream.writableLength === left) stream.destroy();
        left = stream.writableLength;
      }, STALL_MS);
      stream.once("close", () => {
        clearInterval(timer);
        resolve();
      });
      stream.end(() => stream.destroy());
    });
  }
}
