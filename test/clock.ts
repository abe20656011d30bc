// Time that passes when a test says so.

import type { Clock } from "guestwire";

export class FakeClock implements Clock {
  private time = 0;
  private readonly timers = new Set<{ readonly at: number; readonly run: () => void }>();

  now(): number {
    return this.time;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + ms, run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** How many wait for a time. */
  get pending(): number {
    return this.timers.size;
  }

  /** Milliseconds until the next one is due; undefined where none waits. */
  get next(): number | undefined {
    let next: number | undefined;
    for (const { at } of this.timers) if (next === undefined || at < next) next = at;
    return next === undefined ? undefined : Math.max(0, next - this.time);
  }

  /** So many milliseconds pass in one step: what is due runs, the earliest first. What that starts counts from the end. */
  pass(ms: number): void {
    this.time += ms;
    const due = [...this.timers].filter(({ at }) => at <= this.time);
    for (const timer of due.toSorted((one, other) => one.at - other.at)) {
      if (this.timers.delete(timer)) timer.run();
    }
  }
}
