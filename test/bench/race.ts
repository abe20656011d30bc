// Times several ways to do one job in short bursts, in turns: what slows the machine down for a while slows them all.

import { setImmediate as turn } from "node:timers/promises";
import type { Samples } from "./figures.ts";

/** One way to do the job. */
export interface Contender {
  readonly subject: string;
  /** Does it so many times. Throws where the outcome is wrong. */
  run(times: number): void | Promise<void>;
}

/** Long enough that reading the clock costs nothing beside it. */
const BURST_MS = 2;
/** What each gets before it counts, for the compilers of the engine underneath. */
const WARM_UP_MS = 250;

/** Runs so many bursts of each. Returns the nanoseconds for doing the job once, of each burst. */
export async function race(
  contenders: readonly Contender[],
  bursts: number,
  tell: (done: number) => void,
): Promise<Samples[]> {
  const lanes = contenders.map((contender) => ({ contender, times: 1, spent: 0, values: [] as number[] }));
  for (let slow = lanes; slow.length > 0; slow = lanes.filter(({ spent }) => spent < WARM_UP_MS)) {
    for (const lane of slow) {
      const ms = await timed(lane.contender, lane.times);
      lane.spent += ms;
      lane.times = fitting(lane.times, ms);
    }
    await turn();
  }
  for (let burst = 0; burst < bursts; burst++) {
    tell(burst);
    // Another one begins each time, so that none is always the one that finds the caches and the heap after the same other.
    for (let i = 0; i < lanes.length; i++) {
      const lane = lanes[(burst + i) % lanes.length];
      if (lane === undefined) continue;
      const ms = await timed(lane.contender, lane.times);
      lane.values.push((ms * 1e6) / lane.times);
    }
    await turn();
  }
  return lanes.map(({ contender, values }) => ({ subject: contender.subject, values }));
}

async function timed(contender: Contender, times: number): Promise<number> {
  const start = performance.now();
  const done = contender.run(times);
  if (done !== undefined) await done;
  return performance.now() - start;
}

/** How many times fill a burst, when so many took this long. Never more than twice as many: the first runs mislead. */
function fitting(times: number, ms: number): number {
  return Math.max(1, Math.min(times * 2, Math.round((times * BURST_MS) / Math.max(ms, 1e-3))));
}
