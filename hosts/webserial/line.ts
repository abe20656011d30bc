// How long a serial line needs for bytes. Nothing in the API tells when they have left.

import type { Clock } from "../common/clock.ts";
import type { SerialSettings } from "./types.ts";

export class Line {
  private readonly clock: Clock;
  private readonly bufferSize: number;
  private readonly msPerByte: number;
  private sent = 0;
  /** When all will have left, where nothing holds them up. */
  private freeAt = 0;

  constructor(settings: SerialSettings & { readonly bufferSize: number; readonly baudRate: number }, clock: Clock) {
    const { baudRate, bufferSize, dataBits = 8, stopBits = 1, parity = "none" } = settings;
    const bits = 1 + dataBits + (parity === "none" ? 0 : 1) + stopBits;
    this.clock = clock;
    this.bufferSize = bufferSize;
    this.msPerByte = (1000 * bits) / baudRate;
  }

  send(bytes: number): void {
    this.sent += bytes;
    this.freeAt = Math.max(this.freeAt, this.clock.now()) + bytes * this.msPerByte;
  }

  /** Milliseconds until all that was sent has left, as far as the baud rate says. */
  get busyMs(): number {
    return Math.max(0, this.freeAt - this.clock.now());
  }

  /** Milliseconds that it can take at most, with so many bytes waiting before the browser's buffer. */
  mostMs(waiting: number): number {
    return Math.min(this.sent, waiting + this.bufferSize) * this.msPerByte;
  }
}
