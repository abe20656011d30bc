// What client and agent have in common: a channel that is opened, carried and closed, one at a time.

import type { Transport } from "../../../common/transport.ts";
import { closeQuietly } from "../../../common/transport.ts";
import { Notifier } from "./notifier.ts";
import { type Problem, problemOf } from "./problem.ts";

/** `idle`: no channel. `lost`: there is one that comes back. */
export type RoleState = "idle" | "connecting" | "syncing" | "ready" | "lost" | "closing";

/** Opens a channel, which is not started. */
export type Opener = (signal: AbortSignal) => Promise<Transport>;

/** What an abort needs, and no more: the models do without the types of the DOM. */
type AbortSignal = InstanceType<typeof AbortController>["signal"];

export abstract class Role extends Notifier {
  state: RoleState = "idle";
  /** Why there is no channel, or why it is lost. */
  problem: Problem | undefined;
  private controller: AbortController | undefined;
  private starting: Promise<void> = Promise.resolve();
  private stopping: Promise<void> | undefined;
  private transport: Transport | undefined;
  /** What is to be opened when the stop under way is over. */
  private next: Opener | undefined;

  /**
   * Opens a channel and carries it, where there is none; one that is being closed is waited for. Settles when that has
   * succeeded or failed; never rejects.
   */
  start(open: Opener): Promise<void> {
    if (this.stopping !== undefined) {
      this.next = open;
      return this.stopping.then(() => (this.next === undefined ? undefined : this.start(this.next)));
    }
    if (this.state === "idle") this.starting = this.tryToStart(open);
    return this.starting;
  }

  private async tryToStart(open: Opener): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    this.controller = controller;
    this.transport = undefined;
    this.become("connecting");
    try {
      this.transport = await opened(open, signal);
      signal.throwIfAborted();
      await this.carry(this.transport, signal);
    } catch (error) {
      await closeQuietly(this.transport);
      this.become("idle", signal.aborted ? undefined : error);
    }
  }

  /** Closes the channel, or gives up opening one. Settles when there is none. */
  stop(): Promise<void> {
    this.next = undefined;
    if (this.stopping === undefined && this.state !== "idle") {
      this.stopping = this.end().finally(() => (this.stopping = undefined));
    }
    return this.stopping ?? Promise.resolve();
  }

  private async end(): Promise<void> {
    const isOpening = this.state === "connecting";
    this.become("closing");
    if (isOpening) {
      this.controller?.abort();
      await this.starting;
      // It can have been opened all the same.
      if (this.state === "idle") return;
      this.become("closing");
    }
    await this.release();
    this.become("idle");
  }

  /** Lets a stop that is under way wait for nothing more: what is yet to be sent is lost. */
  hurry(): void {
    // Transports hurry when they are asked again.
    if (this.stopping !== undefined) void closeQuietly(this.transport);
  }

  /** Takes the channel over; becomes `ready`. Where it rejects the channel is closed. */
  protected abstract carry(transport: Transport, signal: AbortSignal): Promise<void>;
  /** Closes what `carry` made. */
  protected abstract release(): Promise<void>;

  /** Without an error there is no problem any more, but for a channel that is away, or back and not yet in step. */
  protected become(state: RoleState, error?: unknown): void {
    this.state = state;
    const isAway = state === "lost" || state === "syncing";
    if (error !== undefined || !isAway) this.problem = error === undefined ? undefined : problemOf(error);
    this.changed();
  }
}

/** Opens a channel. Throws when the signal aborts, whether the opener hears it or not: what is opened all the same is closed. */
function opened(open: Opener, signal: AbortSignal): Promise<Transport> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
    open(signal).then((transport) => {
      if (signal.aborted) void closeQuietly(transport);
      resolve(transport);
    }, reject);
  });
}
