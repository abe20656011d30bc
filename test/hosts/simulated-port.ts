// A virtio port as the kernel has it, with a host at its other end that a test moves, and time that the test lets pass.

import { type FakeClock, fakeClock } from "guestwire/testing";
import type { Receiver } from "guestwire";
import type { Outcome, Port } from "../../hosts/node/port.ts";
import { VirtioTransport } from "../../hosts/node/virtio.ts";

const NOTHING = Buffer.alloc(0);

function fail(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code });
}

/** The port. Reading and writing behave as on Linux 6.1. */
export class SimulatedPort implements Port {
  /** How often the kernel was asked for something. */
  reads = 0;
  writes = 0;
  isWatching = false;
  isClosed = false;
  /** What the host has got. */
  got = "";
  /** How many bytes the host's side takes. */
  room = Infinity;
  /** The kernel knows that a host is there. */
  marked = false;
  isPlugged = true;
  private readonly sent: Buffer[] = [];
  private heard: (outcome: Outcome) => void = () => {};

  read(): Outcome | undefined {
    this.reads++;
    if (this.isClosed) throw new Error("read after close");
    if (!this.isPlugged) return fail("ENODEV");
    const bytes = this.sent.shift();
    if (bytes !== undefined) return bytes;
    return this.marked ? undefined : NOTHING;
  }

  write(bytes: Uint8Array): number {
    this.writes++;
    if (this.isClosed) throw new Error("write after close");
    if (!this.isPlugged) throw fail("ENODEV");
    if (!this.marked) return 0;
    const count = Math.min(bytes.length, this.room);
    this.room -= count;
    this.got += Buffer.from(bytes.subarray(0, count)).toString("latin1");
    return count;
  }

  watch(heard: (outcome: Outcome) => void): void {
    this.isWatching = true;
    this.heard = heard;
  }

  unwatch(): void {
    this.isWatching = false;
  }

  close(): Promise<void> {
    this.isWatching = false;
    this.isClosed = true;
    return Promise.resolve();
  }

  /** The host sends, whether the kernel knows of it or not. */
  send(text: string): void {
    this.sent.push(Buffer.from(text, "latin1"));
  }

  /** Whether epoll would say so. */
  private get isReady(): boolean {
    return this.sent.length > 0 || !this.marked || !this.isPlugged;
  }

  /** What a turn of the event loop brings. */
  turn(): void {
    // A few reads for one turn, as libuv has it.
    for (let left = 4; left > 0 && this.isWatching && this.isReady; left--) {
      const outcome = this.read();
      if (outcome === undefined) return;
      if (outcome instanceof Error || outcome.length === 0) this.isWatching = false;
      this.heard(outcome);
    }
  }

  /** How often the kernel was asked since the last call. */
  calls(): number {
    const calls = this.reads + this.writes;
    this.reads = this.writes = 0;
    return calls;
  }
}

/** A transport on such a port, with one who receives. */
export class Stage implements Receiver {
  readonly clock: FakeClock = fakeClock();
  port = new SimulatedPort();
  readonly transport: VirtioTransport;
  /** Everything that the receiver heard, in order. */
  readonly events: string[] = [];
  /** How many ports were opened again. */
  opened = 0;
  /** Why the port cannot be opened at the moment. */
  obstacle: Error | undefined;

  constructor() {
    this.transport = new VirtioTransport(this.port, this.clock, () => {
      this.opened++;
      if (this.obstacle !== undefined) throw this.obstacle;
      this.port = new SimulatedPort();
      return this.port;
    });
  }

  data(bytes: Uint8Array): void {
    this.events.push(Buffer.from(bytes).toString("latin1"));
  }
  drained(): void {
    this.events.push("drained");
  }
  ended(): void {
    this.events.push("ended");
  }
  lost(error?: NodeJS.ErrnoException): void {
    this.events.push(error === undefined ? "lost" : `lost: ${error.code}`);
  }
  reopened(): void {
    this.events.push("reopened");
  }
  closed(error?: NodeJS.ErrnoException): void {
    this.events.push(error === undefined ? "closed" : `closed: ${error.code}`);
  }

  /** So many milliseconds pass, one by one. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left--) {
      this.port.turn();
      this.clock.pass(1);
    }
    this.port.turn();
  }

  write(text: string): boolean {
    return this.transport.write(Buffer.from(text, "latin1"));
  }

  /** What the receiver heard since the last call. */
  news(): string[] {
    return this.events.splice(0);
  }
}
