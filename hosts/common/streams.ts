// A transport over any pair of Web Streams: workers, emulators, WebTransport, other runtimes.

import { systemClock } from "./clock.ts";
import { asError } from "./errors.ts";
import type { Receiver, Transport } from "./transport.ts";

/** What this needs of a ReadableStream of bytes. */
export interface ReadableLike {
  getReader(): {
    read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

/** What this needs of a WritableStream of bytes. */
export interface WritableLike {
  getWriter(): {
    readonly desiredSize: number | null;
    readonly ready: Promise<unknown>;
    write(chunk: Uint8Array): Promise<void>;
    close(): Promise<void>;
    abort(reason?: unknown): Promise<void>;
  };
}

/** How long `close` waits for a peer that takes nothing of what was written, in milliseconds. */
const STALL_MS = 1000;

/**
 * A transport over a pair of streams. It locks both, and closes both at the end. Chunks must be Uint8Arrays; the end of
 * `readable` closes the session when all is answered.
 */
export function streams(readable: ReadableLike, writable: WritableLike): Transport {
  return new StreamTransport(readable, writable);
}

class StreamTransport implements Transport {
  private readonly reader: ReturnType<ReadableLike["getReader"]>;
  private readonly writer: ReturnType<WritableLike["getWriter"]>;
  private receiver: Receiver | undefined;
  private paused = false;
  private resumed: () => void = () => {};
  private blocked = false;
  /** Writes that the stream has taken. */
  private settled = 0;
  private over: Promise<void> | undefined;

  constructor(readable: ReadableLike, writable: WritableLike) {
    this.reader = readable.getReader();
    this.writer = writable.getWriter();
  }

  start(receiver: Receiver): void {
    this.receiver = receiver;
    void this.read(receiver);
  }

  private async read(receiver: Receiver): Promise<void> {
    try {
      while (this.over === undefined) {
        const { done, value } = await this.reader.read();
        if (this.over !== undefined) return;
        if (done) {
          receiver.ended();
          return;
        }
        if (value !== undefined) receiver.data(value);
        // Paused again by the time that it goes on, it does not.
        while (this.paused) await new Promise<void>((resolve) => (this.resumed = resolve));
      }
    } catch (error) {
      void this.end(error);
    }
  }

  write(bytes: Uint8Array): boolean {
    if (this.over !== undefined) return true;
    this.writer.write(new Uint8Array(bytes)).then(
      () => this.settled++,
      (error: unknown) => void this.end(error),
    );
    if ((this.writer.desiredSize ?? 1) > 0) return true;
    if (!this.blocked) {
      this.blocked = true;
      this.writer.ready
        .then(() => {
          this.blocked = false;
          this.receiver?.drained();
        })
        .catch((error: unknown) => void this.end(error));
    }
    return false;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.resumed();
  }

  close(): Promise<void> {
    return this.end();
  }

  /** Closes once, for the first reason that comes. */
  private end(reason?: unknown): Promise<void> {
    this.over ??= this.shutDown(reason);
    return this.over;
  }

  private async shutDown(reason: unknown): Promise<void> {
    this.resume();
    const reading = this.reader.cancel(reason).catch(() => {});
    if (reason === undefined) await this.flush();
    void this.writer.abort(reason).catch(() => {});
    void reading;
    this.receiver?.closed(reason === undefined ? undefined : asError(reason));
  }

  /** Closes the writable side, as long as it goes on taking what was written. */
  private async flush(): Promise<void> {
    const over = (): boolean => true;
    const closed = this.writer.close().then(over, over);
    for (let before = -1; before !== this.settled;) {
      before = this.settled;
      let cancel = (): void => {};
      const late = new Promise<false>((resolve) => {
        cancel = systemClock.after(STALL_MS, () => resolve(false));
      });
      const done = await Promise.race([closed, late]);
      cancel();
      if (done) return;
    }
  }
}
