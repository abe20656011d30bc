// Time that passes when a test says so.

import type { Clock } from "../clock.ts";

/** A clock that stands at 0 until it is told to go on. */
export interface FakeClock extends Clock {
  /** How many wait for a time. */
  readonly pending: number;
  /** Milliseconds until the next one is due; undefined where none waits. */
  readonly next: number | undefined;
  /** So many milliseconds pass in one step: what is due runs, the earliest first. What that starts counts from the end. */
  pass(ms: number): void;
}

/** A clock for `createAgent({ clock })` and `connect(transport, { clock })`. */
export function fakeClock(): FakeClock {
  let time = 0;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  return {
    now: () => time,
    after(ms, run) {
      const timer = { at: time + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    get pending() {
      return timers.size;
    },
    get next() {
      const left = [...timers].map(({ at }) => Math.max(0, at - time));
      return left.length === 0 ? undefined : Math.min(...left);
    },
    pass(ms) {
      time += ms;
      // The array is a copy, and ES2022 has no toSorted.
      // oxlint-disable-next-line no-array-sort
      const due = [...timers].filter(({ at }) => at <= time).sort((one, other) => one.at - other.at);
      for (const timer of due) if (timers.delete(timer)) timer.run();
    },
  };
}
