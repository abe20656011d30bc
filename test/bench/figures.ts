// What a benchmark finds: figures in groups, with what they are held against.

/** A bound that DESIGN sets, and whether this run holds it. */
export interface Bound {
  readonly text: string;
  readonly holds: boolean;
}

/** A figure set against another one of the same group. */
export interface Ratio {
  /** The subject that it is set against. */
  readonly against: string;
  /** Of the medians; above 1 where the figure is the better one. Bounds go by this. */
  readonly ofMedians: number;
  /** Of the best of each. Noise on the machine only ever makes a figure worse, so this one moves less. */
  readonly ofBests: number;
}

/** What was measured of one subject, in the group's unit. */
export interface Figure {
  readonly subject: string;
  readonly median: number;
  readonly best: number;
  readonly ratio?: Ratio;
  readonly bound?: Bound;
}

/** Figures that were measured together, in turns. */
export interface Group {
  readonly title: string;
  readonly unit: "ns" | "µs" | "ms" | "MB" | "MB/s" | "/s";
  readonly figures: readonly Figure[];
}

/** Samples of one subject, in the order in which they were taken. */
export interface Samples {
  readonly subject: string;
  readonly values: readonly number[];
}

/** What a subject is held against: another one, and how many times as good it has to be, where there is a bound. */
export interface Rival {
  readonly subject: string;
  readonly least?: number;
}

/** The middle one of these numbers, or what lies between the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Makes figures of samples. A subject without a rival stands alone, and so does one whose rival was not measured. */
export function figuresOf(
  samples: readonly Samples[],
  better: "less" | "more",
  rivals: Readonly<Record<string, Rival>>,
): Figure[] {
  const plain = samples.map(({ subject, values }) => ({
    subject,
    median: median(values),
    best: better === "less" ? Math.min(...values) : Math.max(...values),
  }));
  const times = (a: number, b: number): number => (better === "less" ? b / a : a / b);
  return plain.map((figure) => {
    const rival = rivals[figure.subject];
    const other = plain.find(({ subject }) => subject === rival?.subject);
    if (rival === undefined || other === undefined) return figure;
    const ratio: Ratio = {
      against: other.subject,
      ofMedians: times(figure.median, other.median),
      ofBests: times(figure.best, other.best),
    };
    if (rival.least === undefined) return { ...figure, ratio };
    return { ...figure, ratio, bound: { text: `≥ ${rival.least} ×`, holds: ratio.ofMedians >= rival.least } };
  });
}
