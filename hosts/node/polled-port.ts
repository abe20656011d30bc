// A port that looks every now and then whether something has come: for runtimes that refuse the handle of epoll-port.ts.

import type { Clock } from "../common/clock.ts";
import { closeDescriptor, readNow, writeNow } from "./descriptor.ts";
import type { Outcome, Port } from "./port.ts";

/** How long until the next look, in milliseconds: at first, and after many in vain. */
const FIRST_MS = 1;
const LONGEST_MS = 50;

export class PolledPort implements Port {
  private readonly fd: number;
  private readonly clock: Clock;
  private wait = FIRST_MS;
  /** Cancels the next look; there is one while it watches. */
  private cancel: (() => void) | undefined;

  constructor(fd: number, clock: Clock) {
    this.fd = fd;
    this.clock = clock;
  }

  read(): Outcome | undefined {
    return readNow(this.fd);
  }

  write(bytes: Uint8Array): number {
    // An answer is due soon.
    this.wait = FIRST_MS;
    return writeNow(this.fd, bytes);
  }

  watch(heard: (outcome: Outcome) => void): void {
    if (this.cancel === undefined) this.lookLater(heard, FIRST_MS);
  }

  private lookLater(heard: (outcome: Outcome) => void, wait: number): void {
    this.wait = wait;
    this.cancel = this.clock.after(wait, () => this.look(heard));
  }

  private look(heard: (outcome: Outcome) => void): void {
    const outcome = this.read();
    if (outcome === undefined) {
      this.lookLater(heard, Math.min(LONGEST_MS, 2 * this.wait));
      return;
    }
    const goesOn = !(outcome instanceof Error) && outcome.length > 0;
    if (goesOn) this.lookLater(heard, FIRST_MS);
    else this.cancel = undefined;
    heard(outcome);
  }

  unwatch(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  close(): Promise<void> {
    this.unwatch();
    closeDescriptor(this.fd);
    return Promise.resolve();
  }
}
