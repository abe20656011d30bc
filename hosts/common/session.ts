// One peer: carries bytes between its transport and its core session, and runs the host commands that it calls.

import type { ErrorClass, HostCommand } from "../../plugins/api.ts";
import { type Answer, type CallHost, HostCall } from "./calls.ts";
import type { CoreSession, Sink } from "./core.ts";
import { type DisposerFailed, SessionState, type StateOwner } from "./session-state.ts";
import type { Transport } from "./transport.ts";

/** One transport of an agent, with its peer, or with one after the other where it comes back. */
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
  /** A core session is to be closed, which has counted this. */
  counted(counters: { resyncs: number; suppressed: number }): void;
  readonly disposerFailed: DisposerFailed;
  /** The engine threw: all sessions are lost. */
  crashed(error: unknown): void;
  /** A session did something after a while; it may hold buffers that are worth giving back when it is quiet again. */
  awake(session: PeerSession): void;
  ended(session: PeerSession): void;
}

/** How long a peer that takes none of its replies holds up `close`, in milliseconds. */
const STALL_MS = 1000;

/** How long a command that is under way when the agent closes has to answer, in milliseconds. */
const GRACE_MS = 5000;

/** What the transport has said while the core was on the stack. Whatever is greater makes the others void. */
const NOTHING = 0;
const DRAINED = 1;
const LOST = 2;
const GONE = 3;

export class PeerSession implements Session, Answer {
  readonly id: number;
  readonly closed: Promise<void>;
  /** It did something since the agent last looked. */
  active = false;
  private readonly host: SessionHost;
  private readonly transport: Transport;
  private core: CoreSession | undefined;
  private call: HostCall | undefined;
  private kept: SessionState;
  /** What the core was too busy for. */
  private readonly rest: Uint8Array[] = [];
  private paused = false;
  /** The core is on the stack. What the transport says meanwhile, from inside `write`, waits until it is not. */
  private inside = false;
  private said = NOTHING;
  private isGone = false;
  /** The transport is to be closed when all is answered. */
  private closing = false;
  private hurrying = false;
  private cancelHurry: (() => void) | undefined;
  private settleClosed: () => void = () => {};

  constructor(id: number, host: SessionHost, transport: Transport) {
    this.id = id;
    this.host = host;
    this.transport = transport;
    this.closed = new Promise((resolve) => {
      this.settleClosed = resolve;
    });
    this.kept = new SessionState(id, host.disposerFailed);
    this.core = this.openCore();
  }

  private openCore(): CoreSession {
    return this.host.open((bytes) => this.send(bytes));
  }

  start(): void {
    try {
      this.transport.start({
        data: (bytes) => this.data(bytes),
        drained: () => this.drained(),
        ended: () => this.finish(),
        lost: () => this.lost(),
        reopened: () => {},
        closed: () => this.gone(),
      });
    } catch (error) {
      this.gone();
      throw error;
    }
  }

  /** Sends what the core has for its peer. A transport that throws has lost that, nobody else's. */
  private send(bytes: Uint8Array): boolean {
    if (this.said >= LOST) return true;
    try {
      return this.transport.write(bytes);
    } catch {
      this.said = GONE;
      return true;
    }
  }

  private data(bytes: Uint8Array): void {
    const core = this.core;
    if (core === undefined || this.closing) return;
    if (!this.active) this.wake();
    let taken = 0;
    if (this.rest.length === 0 && !this.inside) {
      this.inside = true;
      try {
        taken = core.receive(bytes);
        if (taken === bytes.length && !this.closing && !core.isBusy()) return;
      } catch (error) {
        this.failed(error);
        return;
      } finally {
        this.inside = false;
        if (this.said !== NOTHING) this.catchUp();
      }
      // Lost meanwhile, and the rest of these bytes with it.
      if (this.core !== core) return;
    }
    // Not slice(): that of a Node Buffer does not copy.
    if (taken < bytes.length) this.rest.push(new Uint8Array(bytes.subarray(taken)));
    this.proceed();
  }

  private wake(): void {
    this.active = true;
    this.host.awake(this);
  }

  private drained(): void {
    if (this.putOff(DRAINED)) return;
    if (!this.active) this.wake();
    this.ask((core) => core.drained());
    this.proceed();
  }

  /** Keeps what the transport says for later, where the core is on the stack. */
  private putOff(event: number): boolean {
    if (this.inside) this.said = Math.max(this.said, event);
    return this.inside;
  }

  /** What the transport said while the core was on the stack. */
  private catchUp(): void {
    const { said } = this;
    this.said = NOTHING;
    if (said === DRAINED) this.drained();
    else if (said === LOST) this.lost();
    else {
      this.gone();
      void this.closeTransport();
    }
  }

  /** Asks the core something, where there is one; should it throw, it is lost with all its sessions. */
  private ask<T>(question: (core: CoreSession) => T): T | undefined {
    if (this.core === undefined) return undefined;
    const nested = this.inside;
    this.inside = true;
    try {
      return question(this.core);
    } catch (error) {
      this.failed(error);
      return undefined;
    } finally {
      this.inside = nested;
      if (!nested && this.said !== NOTHING) this.catchUp();
    }
  }

  /** The core threw. Where that was after it had been abandoned, there is nothing more to lose. */
  private failed(error: unknown): void {
    if (this.core !== undefined) this.host.crashed(error);
  }

  /** Nothing more comes in: closes when all is answered. */
  private finish(): void {
    this.closing = true;
    this.proceed();
  }

  async close(): Promise<void> {
    if (!this.hurrying && !this.isGone) {
      this.hurrying = true;
      this.rest.length = 0;
      if (!this.paused) this.transport.pause();
      this.paused = true;
      this.call?.cancel("the agent closes");
      this.finish();
      this.hurry(GRACE_MS);
    }
    return this.closed;
  }

  /** Closes for good when the peer has taken nothing for a while, or a command has not answered in time. */
  private hurry(grace: number): void {
    if (this.core === undefined) return;
    const left = this.waiting();
    this.cancelHurry = this.host.clock.after(STALL_MS, () => {
      const stalled = this.call === undefined ? this.waiting() >= left : grace <= STALL_MS;
      if (stalled) void this.closeTransport();
      else this.hurry(grace - STALL_MS);
    });
  }

  /** Closes without waiting for an answer. */
  async closeTransport(): Promise<void> {
    try {
      await this.transport.close();
    } catch {
      // A careless transport may fail at it, or forget to say that it is closed.
    }
    this.gone();
  }

  private waiting(): number {
    return this.ask((core) => core.waiting()) ?? 0;
  }

  /** Goes on until the core waits for something; then holds the peer back, lets it go on, or closes. */
  private proceed(): void {
    if (this.inside) return;
    while (this.call === undefined && this.ask((core) => this.step(core)));
    if (this.core !== undefined) this.settleFlow();
  }

  /** Starts the call that is pending, or feeds a chunk; false where there is nothing to do. */
  private step(core: CoreSession): boolean {
    const call = core.takeCall();
    if (call !== undefined) {
      const command = this.host.command(call.command);
      if (command === undefined) {
        core.fail(call.number, "GenericError", "The command is not there any more");
      } else {
        this.call = new HostCall(this.host, command, call.number, this, this.kept);
        this.call.run(call);
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

  private settleFlow(): void {
    const idle = this.call === undefined && this.rest.length === 0;
    if (this.closing) {
      if (idle && this.waiting() === 0) void this.closeTransport();
    } else if (idle === this.paused) {
      this.paused = !idle;
      if (idle) this.transport.resume();
      else this.transport.pause();
    }
  }

  complete(call: number, json: string, delimited: boolean): void {
    this.settle((core) => core.complete(call, json, delimited));
  }

  fail(call: number, errorClass: ErrorClass, desc: string): void {
    this.settle((core) => core.fail(call, errorClass, desc));
  }

  private settle(answer: (core: CoreSession) => void): void {
    this.call = undefined;
    if (!this.active) this.wake();
    this.ask(answer);
    this.proceed();
  }

  /** Disposes of what a plugin that goes has kept for this peer. */
  endStateOf(plugin: StateOwner): void {
    this.kept.endOf(plugin);
  }

  /** Gives large buffers back where nothing is under way. */
  trim(): void {
    this.ask((core) => core.trim());
  }

  counters(): { resyncs: number; suppressed: number } {
    return this.ask((core) => core.counters()) ?? { resyncs: 0, suppressed: 0 };
  }

  /** The core is lost: it is not asked any more. False where that is known. */
  abandon(): boolean {
    const hadCore = this.core !== undefined;
    this.core = undefined;
    return hadCore;
  }

  /** The link is lost: the next peer finds a core session as new. */
  private lost(): void {
    if (this.putOff(LOST) || this.core === undefined) return;
    const leave = this.forget();
    try {
      this.core = this.openCore();
    } catch {
      // There is none to be had any more, which the log says.
    }
    if (this.core === undefined) void this.closeTransport();
    else this.proceed();
    leave();
  }

  /** The transport is closed. */
  private gone(): void {
    if (this.putOff(GONE)) return;
    this.closing = true;
    this.forget()();
    if (this.isGone) return;
    this.isGone = true;
    this.cancelHurry?.();
    this.host.ended(this);
    this.settleClosed();
  }

  /** Drops what the peer left behind. Returns what tells commands so, to be called when all is in order. */
  private forget(): () => void {
    const { call, core, kept } = this;
    this.call = undefined;
    this.core = undefined;
    this.kept = new SessionState(this.id, this.host.disposerFailed);
    this.rest.length = 0;
    try {
      if (core !== undefined) this.host.counted(core.counters());
      core?.close();
    } catch (error) {
      this.host.crashed(error);
    }
    return () => {
      call?.detach();
      kept.end();
    };
  }
}
