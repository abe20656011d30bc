// A transport over a port: writing, holding back, closing. What an end of file and an error mean, its subclasses say.

import type { Clock } from "../common/clock.ts";
import { asError } from "../common/errors.ts";
import type { Receiver, Transport } from "../common/transport.ts";
import { Outbox } from "./outbox.ts";
import type { Outcome, Port } from "./port.ts";

/** The sender is told to wait while more bytes than this wait already. */
const BOUND_BYTES = 65_536;

/** How long a peer that takes nothing holds up `close`, in milliseconds. */
const STALL_MS = 1000;

export abstract class PortTransport implements Transport {
  protected readonly clock: Clock;
  /** Undefined while there is none. */
  protected port: Port | undefined;
  protected receiver: Receiver | undefined;
  protected paused = false;
  protected over = false;
  private outbox: Outbox | undefined;
  /** The last write was told to wait. */
  private full = false;
  private closing: Promise<void> | undefined;
  private cancelStall: (() => void) | undefined;
  private settleClosed: () => void = () => {};
  private readonly isClosed = new Promise<void>((resolve) => {
    this.settleClosed = resolve;
  });

  constructor(port: Port, clock: Clock) {
    this.clock = clock;
    this.attach(port);
  }

  /** Takes what reading found; not called after the end. */
  protected abstract take(outcome: Outcome): void;
  /** The port cannot be written to any more. */
  protected abstract failed(error: Error): void;
  /** Whether to read at the moment. */
  protected wantsInput(): boolean {
    return !this.paused;
  }
  /** Nothing more is to be done later: the transport ends. */
  protected cancelTimers(): void {}

  start(receiver: Receiver): void {
    this.receiver = receiver;
    this.settle();
  }

  write(bytes: Uint8Array): boolean {
    if (this.outbox === undefined || this.closing !== undefined) return true;
    this.outbox.write(bytes);
    this.full = this.outbox.size > BOUND_BYTES;
    return !this.full;
  }

  pause(): void {
    this.paused = true;
    this.settle();
  }

  resume(): void {
    this.paused = false;
    this.settle();
  }

  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  /** How many bytes wait for a peer that takes none. */
  protected get waiting(): number {
    return this.outbox?.size ?? 0;
  }

  /** Reads, or does not. */
  protected settle(): void {
    if (this.receiver === undefined || this.over) return;
    if (this.wantsInput()) {
      this.port?.watch(this.heard);
    } else {
      this.port?.unwatch();
    }
  }

  private readonly heard = (outcome: Outcome): void => {
    if (!this.over) this.take(outcome);
  };

  /** Hands bytes on. */
  protected tell(bytes: Uint8Array): void {
    if (this.closing === undefined) this.attempt(() => this.receiver?.data(bytes));
  }

  /** A receiver that throws ends it. */
  private attempt(what: () => void): void {
    try {
      what();
    } catch (error) {
      this.end(asError(error));
    }
  }

  protected attach(port: Port): void {
    this.port = port;
    const emptied = (): void => (this.closing === undefined ? this.drained() : this.end());
    this.outbox = new Outbox(port, this.clock, emptied, (error) => this.failed(error));
  }

  /** Gives the port up. */
  protected async detach(): Promise<void> {
    const { port } = this;
    this.port = undefined;
    this.outbox?.clear();
    this.outbox = undefined;
    await port?.close();
  }

  /** Drops what waits to be written; `drained` has to follow. */
  protected dropOutput(): void {
    this.outbox?.clear();
    if (this.closing !== undefined) this.end();
  }

  /** Tells so, where somebody waits for it. */
  protected drained(): void {
    if (this.full && !this.over) {
      this.full = false;
      this.attempt(() => this.receiver?.drained());
    }
    this.settle();
  }

  private finish(): Promise<void> {
    if (this.waiting === 0) this.end();
    else this.giveUpLater();
    return this.isClosed;
  }

  private giveUpLater(): void {
    const left = this.waiting;
    this.cancelStall = this.clock.after(STALL_MS, () => {
      if (this.waiting < left) this.giveUpLater();
      else this.end();
    });
  }

  /** Nothing comes or goes any more. */
  protected end(error?: Error): void {
    if (this.over) return;
    this.over = true;
    this.cancelTimers();
    this.cancelStall?.();
    void this.detach().then(() => {
      this.receiver?.closed(error);
      this.settleClosed();
    });
  }
}
