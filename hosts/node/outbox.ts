// What a port did not take at once: it waits here, in order, and is offered again.

import type { Clock } from "../common/clock.ts";
import type { Port } from "./port.ts";

/** How long until the next try, in milliseconds: at first, and after many in vain. */
const FIRST_MS = 1;
const LONGEST_MS = 100;

export class Outbox {
  /** How many bytes wait. */
  size = 0;
  private readonly clock: Clock;
  private readonly emptied: () => void;
  private readonly failed: (error: Error) => void;
  private readonly port: Port;
  private queue: Buffer[] = [];
  private wait = FIRST_MS;
  private failure: Error | undefined;
  /** Cancels the next try; there is one while bytes wait, and after a failure. */
  private cancel: (() => void) | undefined;

  /**
   * @param emptied all that waited was taken
   * @param failed the port cannot be written to any more; never told from inside `write`
   */
  constructor(port: Port, clock: Clock, emptied: () => void, failed: (error: Error) => void) {
    this.port = port;
    this.clock = clock;
    this.emptied = emptied;
    this.failed = failed;
  }

  write(bytes: Uint8Array): void {
    if (this.failure !== undefined) return;
    const taken = this.size === 0 ? this.offer(bytes) : 0;
    if (this.failure === undefined && taken < bytes.length) {
      this.queue.push(Buffer.from(bytes.subarray(taken)));
      this.size += bytes.length - taken;
    }
    if (this.size > 0 || this.failure !== undefined) this.tryLater();
  }

  /** Drops what waits. */
  clear(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.queue = [];
    this.size = 0;
    this.wait = FIRST_MS;
  }

  /** Returns how many bytes the port took. */
  private offer(bytes: Uint8Array): number {
    let taken = 0;
    try {
      while (taken < bytes.length) {
        const count = this.port.write(bytes.subarray(taken));
        if (count === 0) break;
        taken += count;
      }
    } catch (error) {
      this.failure = error as Error;
    }
    return taken;
  }

  private tryLater(): void {
    this.cancel ??= this.clock.after(this.wait, () => {
      this.cancel = undefined;
      this.tryAgain();
    });
  }

  private tryAgain(): void {
    const before = this.size;
    for (let head = this.queue[0]; head !== undefined && this.failure === undefined; head = this.queue[0]) {
      const taken = this.offer(head);
      this.size -= taken;
      if (taken < head.length) {
        this.queue[0] = head.subarray(taken);
        break;
      }
      this.queue.shift();
    }
    this.wait = this.size < before ? FIRST_MS : Math.min(LONGEST_MS, 2 * this.wait);
    if (this.failure !== undefined) this.failed(this.failure);
    else if (this.size > 0) this.tryLater();
    else this.emptied();
  }
}
