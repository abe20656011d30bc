// Signals that many calls may share: each is listened to once. Node warns of more than ten listeners.

import type { CallSignal } from "../../../plugins/api.ts";

interface Waiting {
  readonly runs: Set<() => void>;
  readonly listener: () => void;
}

export class Signals {
  private readonly waiting = new Map<CallSignal, Waiting>();

  /** Runs it when the signal aborts. Returns what ends that. */
  onAbort(signal: CallSignal, run: () => void): () => void {
    const waiting = this.waiting.get(signal) ?? this.listen(signal);
    waiting.runs.add(run);
    return () => {
      if (!waiting.runs.delete(run) || waiting.runs.size > 0) return;
      signal.removeEventListener("abort", waiting.listener);
      this.waiting.delete(signal);
    };
  }

  private listen(signal: CallSignal): Waiting {
    const runs = new Set<() => void>();
    const listener = (): void => {
      for (const run of runs) run();
    };
    const waiting = { runs, listener };
    signal.addEventListener("abort", listener, { once: true });
    this.waiting.set(signal, waiting);
    return waiting;
  }
}
