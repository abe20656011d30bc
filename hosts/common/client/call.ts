// What a caller waits for: settles once, whatever the channel does.

import type { CallSignal } from "../../../plugins/api.ts";
import type { Clock } from "../clock.ts";
import type { Signals } from "./signals.ts";

/** How long a caller waits. */
export interface Patience {
  /** Milliseconds from now, 0 for ever. */
  readonly timeoutMs: number;
  /** The caller did not say so: where silence means success, it decides alone. */
  readonly isDefault: boolean;
  readonly signal?: CallSignal | undefined;
}

/** What goes to the agent. */
export interface Request {
  readonly command: string;
  /** As JSON; undefined where there are none. */
  readonly arguments: string | undefined;
  /** How long silence has to last to mean success, in milliseconds; 0 where success is answered. */
  readonly silenceMs: number;
}

export class Call {
  /** Null where only the synchronisation is waited for. */
  readonly request: Request | null;
  readonly answer: Promise<unknown>;
  /** It has the channel: its request went out, or the synchronisation began. */
  begun = false;
  /** The id on the wire. */
  id: string | undefined;
  private readonly clock: Clock;
  private readonly signal: CallSignal | undefined;
  private readonly isDefault: boolean;
  private resolveAnswer: (value: unknown) => void = () => {};
  private rejectAnswer: (error: unknown) => void = () => {};
  private cancelTimer: (() => void) | undefined;
  private cancelSilence: (() => void) | undefined;
  private readonly endWatch: (() => void) | undefined;

  /** `giveUp` is told that the caller waits no more: after so many milliseconds, or null where it aborted. */
  constructor(
    clock: Clock,
    signals: Signals,
    request: Request | null,
    patience: Patience,
    giveUp: (ms: number | null) => void,
  ) {
    const { timeoutMs, isDefault, signal } = patience;
    this.clock = clock;
    this.isDefault = isDefault;
    this.request = request;
    this.signal = signal;
    this.answer = new Promise((resolve, reject) => {
      this.resolveAnswer = resolve;
      this.rejectAnswer = reject;
    });
    this.endWatch = signal && signals.onAbort(signal, () => giveUp(null));
    if (timeoutMs > 0) this.cancelTimer = clock.after(timeoutMs, () => giveUp(timeoutMs));
  }

  /** What it is called in messages. */
  get command(): string {
    return this.request?.command ?? "synchronisation";
  }

  /** From now on so many milliseconds of silence settle it. */
  expectSilence(ms: number, settled: () => void): void {
    if (this.isDefault) this.cancelTimer?.();
    this.cancelSilence?.();
    this.cancelSilence = this.clock.after(ms, settled);
  }

  resolve(value: unknown): void {
    this.release();
    this.resolveAnswer(value);
  }

  reject(error: unknown): void {
    this.release();
    this.rejectAnswer(error);
  }

  /** Rejects with the reason of the caller's signal. */
  abort(): void {
    this.reject(this.signal?.reason);
  }

  private release(): void {
    this.cancelTimer?.();
    this.cancelSilence?.();
    this.endWatch?.();
  }
}
