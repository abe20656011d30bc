// One life of an open port: from when it was opened until it is closed or lost.

import type { Clock } from "../common/clock.ts";
import { asError } from "../common/errors.ts";
import type { Receiver, Transport } from "../common/transport.ts";
import { lossError, survivedError } from "./failures.ts";
import { Line } from "./line.ts";
import type { PortReader, PortWriter, SerialPortLike, SerialSettings } from "./types.ts";
import { within } from "./within.ts";

/** How long each step of closing may take beyond what the line needs, in milliseconds. */
export const STALL_MS = 1000;

export interface ChannelOptions {
  readonly settings: SerialSettings & { readonly bufferSize: number; readonly baudRate: number };
  readonly clock: Clock;
  /** Is told of a read error that the port survives. */
  readonly survived: (error: Error) => void;
  /** Is told of a loss, before the receiver, and where there is none yet. */
  readonly lost: (error: Error) => void;
}

export class PortChannel implements Transport {
  private readonly port: SerialPortLike;
  private readonly options: ChannelOptions;
  private readonly line: Line;
  private reader: PortReader;
  private readonly writer: PortWriter;
  private receiver: Receiver | undefined;
  private paused = false;
  private resumed: () => void = () => {};
  /** The last write returned false. */
  private blocked = false;
  /** Bytes that the browser has not taken. */
  private waiting = 0;
  private over: Promise<void> | undefined;
  /** Why it was lost. */
  failure: Error | undefined;
  /** Bytes on their way are not waited for. */
  private isHurried = false;
  private stopWaiting: () => void = () => {};

  /** Takes an open port, and throws where that is gone already. */
  constructor(port: SerialPortLike, options: ChannelOptions) {
    const { readable, writable } = port;
    if (readable === null || writable === null) throw lossError(port);
    this.port = port;
    this.options = options;
    this.line = new Line(options.settings, options.clock);
    this.reader = readable.getReader();
    this.writer = writable.getWriter();
    // While nobody reads, nothing else tells.
    port.addEventListener("disconnect", this.disconnected);
  }

  start(receiver: Receiver): void {
    this.receiver = receiver;
    if (this.over === undefined) void this.read(receiver);
    else void Promise.resolve().then(() => receiver.closed(this.failure));
  }

  private async read(receiver: Receiver): Promise<void> {
    for (;;) {
      const bytes = await this.next();
      if (bytes === undefined || this.over !== undefined) return;
      try {
        receiver.data(bytes);
      } catch (error) {
        this.fail(asError(error));
        return;
      }
      // Paused again by the time that it goes on, it does not.
      while (this.paused) await new Promise<void>((resolve) => (this.resumed = resolve));
    }
  }

  /** The next bytes; undefined where there are none any more. */
  private async next(): Promise<Uint8Array | undefined> {
    while (this.over === undefined) {
      try {
        const { done, value } = await this.reader.read();
        if (!done && value !== undefined) return value;
        // Somebody else has closed the port, or its site's permission is gone.
        this.lose();
      } catch (error) {
        if (this.over === undefined && !this.survives(error)) this.lose(error);
      }
    }
    return undefined;
  }

  /** Goes on with the port's new stream, where it has one. What was torn is for 0xFF to mend. */
  private survives(error: unknown): boolean {
    const survived = survivedError(error);
    if (survived === undefined) return false;
    this.reader.releaseLock();
    const { readable } = this.port;
    if (readable === null) return false;
    this.reader = readable.getReader();
    this.options.survived(survived);
    return true;
  }

  /** Bytes that the browser has not taken count, not what its stream says: in Chromium one write fills that. */
  write(bytes: Uint8Array): boolean {
    if (this.over !== undefined) return true;
    const { length } = bytes;
    this.waiting += length;
    this.line.send(length);
    this.writer
      .write(new Uint8Array(bytes))
      .then(
        () => this.taken(length),
        (error: unknown) => this.lose(error),
      )
      .catch((error: unknown) => this.fail(asError(error)));
    this.blocked = this.waiting >= this.options.settings.bufferSize;
    return !this.blocked;
  }

  private taken(length: number): void {
    this.waiting -= length;
    if (!this.blocked || this.waiting >= this.options.settings.bufferSize) return;
    this.blocked = false;
    if (this.over === undefined) this.receiver?.drained();
  }

  /** The browser goes on reading until its buffer is full; then flow control holds the peer back, where there is any. */
  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.resumed();
  }

  close(): Promise<void> {
    this.over ??= this.shutDown();
    return this.over;
  }

  /** Closing does not wait for bytes to leave any more. */
  hurry(): void {
    this.isHurried = true;
    this.stopWaiting();
  }

  private readonly disconnected = (): void => this.lose();

  private lose(error?: unknown): void {
    this.fail(lossError(this.port, error));
  }

  /** Ends at once for the receiver, also for what it throws; what the browser holds is let go after that. */
  private fail(error: Error): void {
    if (this.over !== undefined) return;
    this.failure = error;
    this.over = this.letGo();
    this.options.lost(error);
    this.receiver?.closed(error);
  }

  /** Closes in the one order that works: the reader, the writer, the port. */
  private async shutDown(): Promise<void> {
    await this.stopReading();
    await this.drain();
    await this.closePort();
    this.receiver?.closed();
  }

  /** A reader is not cancelled any more: where that comes right behind the loss, Chromium's page crashes. */
  private async letGo(): Promise<void> {
    this.stopListening();
    this.reader.releaseLock();
    await this.settles(this.writer.abort(this.failure));
    await this.closePort();
  }

  private async stopReading(): Promise<void> {
    this.stopListening();
    await this.settles(this.reader.cancel());
    this.reader.releaseLock();
  }

  private stopListening(): void {
    this.port.removeEventListener("disconnect", this.disconnected);
    this.resume();
  }

  /**
   * Sends what was written. Closing the writer waits for that, as far as the system can tell; then the device's own buffer
   * gets the time that the line needs, for closing the port empties all buffers.
   */
  private async drain(): Promise<void> {
    if (!this.isHurried) {
      const hurry = new Promise<void>((resolve) => (this.stopWaiting = resolve));
      const sent = this.writer.close().then(() => this.settles(hurry, Math.min(this.line.busyMs, STALL_MS)));
      const isOver = await this.settles(Promise.race([sent, hurry]), this.line.mostMs(this.waiting) + 2 * STALL_MS);
      if (isOver && !this.isHurried) return;
      this.stopWaiting();
    }
    await this.settles(this.writer.abort());
  }

  private async closePort(): Promise<void> {
    this.writer.releaseLock();
    await this.settles(this.port.close());
  }

  private settles(promise: Promise<unknown>, ms = STALL_MS): Promise<boolean> {
    return within(this.options.clock, ms, promise);
  }
}
