// A transport that comes back: it opens another one whenever the last is lost.

import type { CallSignal } from "../../plugins/api.ts";
import { type Clock, systemClock } from "./clock.ts";
import { GuestwireError, asError } from "./errors.ts";
import { LONGEST_MS, checkRange } from "./range.ts";
import { AgentLogger, type Logger, silent } from "./logger.ts";
import { type Receiver, type Transport, closeQuietly } from "./transport.ts";

export interface ReconnectingOptions {
  /** The shortest wait before a try, in milliseconds: 1 to 2,147,483,647. Default 100. */
  readonly minMs?: number | undefined;
  /** The longest, from minMs to 2,147,483,647. Default 5000, or minMs where that is more. */
  readonly maxMs?: number | undefined;
  /** Draws the waits: from 0, inclusive, to 1, exclusive. Default Math.random. */
  readonly random?: (() => number) | undefined;
  /** Gets a record of level `info` for each wait: why, and how long. By default nobody does. */
  readonly logger?: Logger | undefined;
  /** Time, for tests. */
  readonly clock?: Clock | undefined;
}

/**
 * A transport over whatever `open` gives: a socket, a serial port, any other. When that closes, ends or throws, or cannot
 * be opened, its receiver hears `lost`, and after a while `open` is called again, until `close`. Each time the channel is
 * there the receiver hears `reopened`, and at the very start `lost`: it is not there yet. One transport is open at a
 * time: the next is asked for when the last has closed.
 *
 * The wait is drawn anew each time, between minMs and a bound that is twice minMs at first and doubles each time, up to
 * maxMs. It is back at the start when a link brings bytes; one that opens and closes without a byte does not make it so.
 *
 * While the channel is lost, `write` drops the bytes and returns true. Where it had returned false before, `drained`
 * follows `lost` at once: there is nothing left to wait for. It returns false, too, for bytes that a link did not take
 * because it broke, as long as `lost` is yet to be told. A pause holds on later links too.
 *
 * @param open opens the channel, without starting it. Its signal aborts when the transport is closed meanwhile; what it
 *   opens all the same is closed at once. It should give up by itself where it can take for ever.
 * @throws GuestwireError GW_ERR_LIMIT where minMs or maxMs is out of its range
 */
export function reconnecting(
  open: (signal: CallSignal) => Promise<Transport>,
  options: ReconnectingOptions = {},
): Transport {
  return new ReconnectingTransport(open, options);
}

class ReconnectingTransport implements Transport {
  private readonly open: (signal: CallSignal) => Promise<Transport>;
  private readonly waits: Waits;
  private readonly clock: Clock;
  private readonly logger: AgentLogger;
  /** The transport that carries the bytes; what others say is not heard. */
  private link: Transport | undefined;
  /** The one before it, which may not have closed yet. */
  private closing: Transport | undefined;
  private paused = false;
  /** The last write on the link returned false. */
  private refused = false;
  /** The link broke, which the receiver is yet to be told. */
  private breaking = false;
  private over = false;
  private life: Promise<void> = Promise.resolve();
  /** Ends what is under way: opening, carrying, waiting. With an error, or without one. */
  private interrupt: (error?: unknown) => void = () => {};

  constructor(open: (signal: CallSignal) => Promise<Transport>, options: ReconnectingOptions) {
    const { minMs = 100, maxMs = Math.max(5000, minMs) } = options;
    checkRange("minMs", minMs, 1, LONGEST_MS);
    checkRange("maxMs", maxMs, minMs, LONGEST_MS);
    this.open = open;
    this.waits = new Waits(minMs, maxMs, options.random ?? Math.random);
    this.clock = options.clock ?? systemClock;
    this.logger = new AgentLogger(options.logger ?? silent);
  }

  start(receiver: Receiver): void {
    this.life = Promise.resolve().then(() => this.live(receiver));
  }

  /** All that happens, one thing after the other. */
  private async live(receiver: Receiver): Promise<void> {
    if (!this.over) receiver.lost();
    while (!this.over) {
      let link: Transport | undefined;
      let failure: Error | undefined;
      try {
        link = await this.opened();
        if (link !== undefined && !this.over) await this.carry(link, receiver);
      } catch (error) {
        failure = asError(error);
      }
      if (!this.over) this.tellLoss(receiver, failure);
      this.closing = link;
      await closeQuietly(link);
      if (!this.over) await this.wait(link === undefined ? "cannot be opened" : "is lost", failure);
    }
    receiver.closed();
  }

  /** Opens a transport; undefined where `close` comes first. */
  private opened(): Promise<Transport | undefined> {
    const controller = new AbortController();
    return new Promise((resolve, reject) => {
      this.interrupt = () => {
        resolve(undefined);
        controller.abort(new GuestwireError("GW_ERR_CLOSED", "the transport is closed"));
      };
      this.open(controller.signal).then((link) => {
        if (this.over) void closeQuietly(link);
        resolve(link);
      }, reject);
    });
  }

  /** Hands on what the link says, until it is lost, which may be for an error. */
  private carry(link: Transport, receiver: Receiver): Promise<void> {
    return new Promise((resolve, reject) => {
      this.link = link;
      this.interrupt = (error) => {
        this.link = undefined;
        this.breaking = true;
        if (error === undefined) resolve();
        else reject(error as Error);
      };
      const lost = (error?: Error): void => {
        if (this.link === link) this.interrupt(error);
      };
      this.onLink(() => {
        link.start({
          data: (bytes) => {
            if (this.link !== link) return;
            this.waits.reset();
            receiver.data(bytes);
          },
          drained: () => {
            if (this.link !== link) return;
            this.refused = false;
            receiver.drained();
          },
          ended: () => lost(),
          // One that comes back by itself is left to do so.
          lost: (error) => {
            if (this.link === link) receiver.lost(error);
          },
          reopened: () => {
            if (this.link === link) receiver.reopened();
          },
          closed: lost,
        });
        if (this.paused) link.pause();
      });
      if (this.link === link) receiver.reopened();
    });
  }

  /** A link that throws is lost. */
  private onLink(use: (link: Transport) => void): void {
    if (this.link === undefined) return;
    try {
      use(this.link);
    } catch (error) {
      this.interrupt(asError(error));
    }
  }

  private tellLoss(receiver: Receiver, error: Error | undefined): void {
    const { refused } = this;
    this.refused = false;
    this.breaking = false;
    receiver.lost(error);
    if (refused && !this.over) receiver.drained();
  }

  private wait(what: string, error: Error | undefined): Promise<void> {
    const ms = this.waits.next();
    const reason = error === undefined ? "" : ` (${error.message})`;
    this.logger.log("info", "general", `the channel ${what}${reason}; next try in ${ms} ms`);
    return new Promise((resolve) => {
      const cancel = this.clock.after(ms, resolve);
      this.interrupt = () => {
        cancel();
        resolve();
      };
    });
  }

  write(bytes: Uint8Array): boolean {
    let taken = true;
    this.onLink((link) => {
      taken = link.write(bytes);
    });
    if (this.breaking && !this.over) taken = false;
    this.refused = !taken;
    return taken;
  }

  pause(): void {
    this.paused = true;
    this.onLink((link) => link.pause());
  }

  resume(): void {
    this.paused = false;
    this.onLink((link) => link.resume());
  }

  close(): Promise<void> {
    if (this.over) void closeQuietly(this.closing);
    this.over = true;
    this.interrupt();
    return this.life;
  }
}

/** How long to wait before each try, in milliseconds. */
class Waits {
  private readonly min: number;
  private readonly max: number;
  private readonly random: () => number;
  private bound = 0;

  constructor(min: number, max: number, random: () => number) {
    this.min = min;
    this.max = max;
    this.random = random;
    this.reset();
  }

  next(): number {
    const { min, max, bound } = this;
    this.bound = Math.min(max, 2 * bound);
    return min + Math.floor(this.random() * (bound - min + 1));
  }

  reset(): void {
    this.bound = Math.min(this.max, 2 * this.min);
  }
}
