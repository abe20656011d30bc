// The way back into step: a flush and a sync with a fresh id, again and again until that id comes back (PROTOCOL 8.4).

import type { Clock } from "../clock.ts";
import { Ids } from "./ids.ts";
import type { Reply } from "./reply.ts";

const DELIMITED = "guest-sync-delimited";
const PLAIN = "guest-sync";

/** How long an attempt waits, in milliseconds: the first, and all but the first two. Only the last one's answer counts. */
const FIRST_MS = 500;
const GROWTH = 4;
const LAST_MS = 8000;

/** How often plain guest-sync may be refused. The first time that could have been a stale reply's word. */
const REFUSALS = 2;

/** What is between words. A full stop may be within a command's name. */
const BETWEEN = /[^\w.-]+|\.(?!\w)/;

/** What a line means. `refused`: the agent has neither of the two commands. */
export type Outcome = "synced" | "refused" | "unknown";

/** What carries the attempts. */
export interface SyncHost {
  readonly clock: Clock;
  /** Sends a request, with 0xFF before it. */
  flush(request: string): void;
  /** The channel has not taken yet what was sent before. */
  isBlocked(): boolean;
}

export class Synchroniser {
  /** Attempts since `start`. */
  attempts = 0;
  private readonly host: SyncHost;
  private readonly ids = new Ids();
  private command = DELIMITED;
  private refusals = 0;
  private delay = FIRST_MS;
  private id: number | undefined;
  private cancel: (() => void) | undefined;
  /** An attempt was due, and the channel took none. */
  private isHeld = false;

  constructor(host: SyncHost) {
    this.host = host;
  }

  /** Begins a round: from now on `line` is to be told what comes. */
  start(): void {
    this.command = DELIMITED;
    this.refusals = 0;
    this.attempts = 0;
    this.delay = FIRST_MS;
    this.attempt();
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
    this.id = undefined;
  }

  /** The channel takes bytes again: makes up for an attempt that it held up. */
  drained(): void {
    if (this.cancel !== undefined && this.isHeld) this.attempt();
  }

  /** Looks at a line. Of all that may lie on a channel only the answer to the last attempt counts. */
  line(reply: Reply, delimited: boolean): Outcome {
    // Requests to synchronise have no id, so their answers have none.
    if (reply.kind === "noise" || reply.id !== undefined) return "unknown";
    if (reply.kind === "return" && reply.value === this.id && (delimited || this.command === PLAIN)) {
      this.stop();
      return "synced";
    }
    return reply.kind === "error" && this.refuses(reply.errorClass, reply.desc) ? this.fallBack() : "unknown";
  }

  private refuses(errorClass: string, desc: string): boolean {
    // Of old agents a disabled command draws other classes (PROTOCOL B).
    if (errorClass === "GenericError" && !desc.includes("has been disabled")) return false;
    return desc.split(BETWEEN).includes(this.command);
  }

  /** From the delimited command to the plain one, and back once. */
  private fallBack(): Outcome {
    if (this.command === PLAIN && ++this.refusals === REFUSALS) {
      this.stop();
      return "refused";
    }
    this.command = this.command === PLAIN ? DELIMITED : PLAIN;
    // It is there: this attempt waits no longer than the first.
    this.delay = FIRST_MS;
    this.attempt();
    return "unknown";
  }

  private attempt(): void {
    this.cancel?.();
    this.cancel = this.host.clock.after(this.delay, () => this.attempt());
    // Behind what the peer does not read another attempt would not be seen earlier.
    this.isHeld = this.host.isBlocked();
    if (this.isHeld) return;
    this.delay = Math.min(this.delay * GROWTH, LAST_MS);
    this.attempts++;
    this.id = this.ids.next();
    this.host.flush(`{"execute":"${this.command}","arguments":{"id":${this.id}}}\n`);
  }
}
