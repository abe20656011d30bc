// Time, so that tests can have another.

export interface Clock {
  /** Milliseconds since some moment, never going back. */
  now(): number;
  /** Calls `run` after so many milliseconds; returns what cancels it. */
  after(ms: number, run: () => void): () => void;
}

/** The runtime's own. `setTimeout` is in every runtime, but in no type library that they all share. */
const runtime = globalThis as unknown as {
  performance: { now(): number };
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
};

export const systemClock: Clock = {
  now: () => runtime.performance.now(),
  after(ms, run) {
    const timer = runtime.setTimeout(run, ms);
    return () => runtime.clearTimeout(timer);
  },
};
