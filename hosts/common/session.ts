// One peer: carries bytes between its transport and its core session, and runs the host commands that it calls.

import type { ErrorClass, HostCommand } from "../../plugins/api.ts";
import { type Answer, type CallHost, HostCall } from "./calls.ts";
import type { CoreSession, Sink } from "./core.ts";
import type { Transport } from "./transport.ts";

/** One peer of an agent. */
export interface Session {
  /** Counts from 1 in each agent. */
  readonly id: number;
  /** Settles when the transport is closed. */
  readonly closed: Promise<void>;
  /** Answers the request that is under way, then closes the transport. */
  close(): Promise<void>;
}

/** What a session needs of its agent. */
export interface SessionHost extends CallHost {
  open(sink: Sink): CoreSession;
  command(number: number): HostCommand | undefined;
  /** The engine threw: all sessions are lost. */
  crashed(error: unknown): void;
  /** A session holds buffers that are worth giving back later. */
  grown(session: PeerSession): void;
  ended(session: PeerSession): void;
}

/** How long a peer that takes none of its replies holds up `close`, in milliseconds. */
const STALL_MS = 1000;

/** A chunk of this size may leave large buffers behind. */
const LARGE_CHUNK = 4096;

export class PeerSession implements Session, Answer {
  readonly id: number;
  readonly closed: Promise<void>;
  /** Bytes came in since the agent last looked. */
  active = false;
  private readonly host: SessionHost;
  private readonly transport: Transport;
  private core: CoreSession | undefined;
  private call: HostCall | undefined;
  /** What the core was too busy for. */
  private readonly rest: Uint8Array[] = [];
  private paused = false;
  private proceeding = false;
  /** The transport is to be closed when all is answered. */
  private closing = false;
  private cancelHurry: (() => void) | undefined;
  private settleClosed: () => void = () => {};

  constructor(id: number, host: SessionHost, transport: Transport) {
    this.id = id;
    this.host = host;
    this.transport = transport;
    this.closed = new Promise((resolve) => {
      this.settleClosed = resolve;
    });
    this.core = host.open((bytes) => transport.write(bytes));
  }

  start(): void {
    this.transport.start({
      data: (bytes) => this.data(bytes),
      drained: () => this.drained(),
      ended: () => this.finish(),
      closed: () => this.gone(),
    });
  }

  private data(bytes: Uint8Array): void {
    const core = this.core;
    if (core === undefined || this.closing) return;
    this.active = true;
    if (bytes.length >= LARGE_CHUNK) this.host.grown(this);
    let taken = 0;
    if (this.rest.length === 0) {
      try {
        taken = core.receive(bytes);
        if (taken === bytes.length && core.pending() === undefined) return;
      } catch (error) {
        this.host.crashed(error);
        return;
      }
    }
    // Not slice(): that of a Node Buffer does not copy.
    if (taken < bytes.length) this.rest.push(new Uint8Array(bytes.subarray(taken)));
    this.proceed();
  }

  private drained(): void {
    this.attempt((core) => core.drained());
    this.proceed();
  }

  /** Asks the core something, where there is one; should it throw, it is lost with all its sessions. */
  private attempt<T>(ask: (core: CoreSession) => T): T | undefined {
    if (this.core === undefined) return undefined;
    try {
      return ask(this.core);
    } catch (error) {
      this.host.crashed(error);
      return undefined;
    }
  }

  /** Nothing more comes in: closes when all is answered. */
  private finish(): void {
    this.closing = true;
    this.proceed();
  }

  async close(): Promise<void> {
    this.rest.length = 0;
    if (!this.paused) this.transport.pause();
    this.paused = true;
    this.finish();
    this.hurry();
    return this.closed;
  }

  /** Closes for good when the peer has taken nothing for a while. A command that is under way has its own deadline. */
  private hurry(): void {
    if (this.core === undefined) return;
    const left = this.waiting();
    this.cancelHurry = this.host.clock.after(STALL_MS, () => {
      if (this.core === undefined) return;
      if (this.call === undefined && this.waiting() >= left) void this.transport.close();
      else this.hurry();
    });
  }

  private waiting(): number {
    return this.attempt((core) => core.waiting()) ?? 0;
  }

  /** Goes on until the core waits for something; then holds the peer back, lets it go on, or closes. */
  private proceed(): void {
    const core = this.core;
    if (core === undefined || this.proceeding) return;
    this.proceeding = true;
    try {
      while (this.call === undefined && this.step(core));
    } catch (error) {
      this.host.crashed(error);
      return;
    } finally {
      this.proceeding = false;
    }
    if (this.core !== undefined) this.settleFlow(core);
  }

  /** Starts the call that is pending, or feeds a chunk; false where there is nothing to do. */
  private step(core: CoreSession): boolean {
    const pending = core.pending();
    if (pending !== undefined) {
      const command = this.host.command(pending.command);
      if (command === undefined) {
        core.fail(pending.number, "GenericError", "The command is not there any more");
      } else {
        this.call = new HostCall(this.host, command, pending.number, this);
        this.call.run(pending);
      }
      return true;
    }
    const chunk = this.rest[0];
    if (chunk === undefined || core.isBusy()) return false;
    const taken = core.receive(chunk);
    if (taken === chunk.length) this.rest.shift();
    else this.rest[0] = chunk.subarray(taken);
    return true;
  }

  private settleFlow(core: CoreSession): void {
    const idle = this.call === undefined && this.rest.length === 0;
    if (this.closing) {
      if (idle && core.waiting() === 0) void this.transport.close();
    } else if (idle === this.paused) {
      this.paused = !idle;
      if (idle) this.transport.resume();
      else this.transport.pause();
    }
  }

  complete(call: number, json: string): void {
    this.settle((core) => core.complete(call, json));
  }

  fail(call: number, errorClass: ErrorClass, desc: string): void {
    this.settle((core) => core.fail(call, errorClass, desc));
  }

  delimit(call: number): void {
    this.attempt((core) => core.delimit(call));
  }

  private settle(answer: (core: CoreSession) => void): void {
    this.call = undefined;
    this.attempt(answer);
    this.proceed();
  }

  /** Gives large buffers back where nothing is under way. */
  trim(): void {
    this.attempt((core) => core.trim());
  }

  counters(): { resyncs: number; suppressed: number } {
    return this.attempt((core) => core.counters()) ?? { resyncs: 0, suppressed: 0 };
  }

  /** Gives up what is under way and closes the transport. `lost`: the core session is gone already. */
  abandon(reason: string, lost: boolean): void {
    if (lost) this.core = undefined;
    this.call?.abandon(reason);
    this.call = undefined;
    void this.transport.close();
  }

  /** The transport is closed: what the peer left behind is dropped. */
  private gone(): void {
    this.call?.abandon("the session is closed");
    this.call = undefined;
    this.rest.length = 0;
    this.cancelHurry?.();
    this.host.ended(this);
    this.attempt((core) => core.close());
    this.core = undefined;
    this.settleClosed();
  }
}
