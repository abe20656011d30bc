// Figures as a table for people.

import type { Figure, Group } from "./figures.ts";

const HEAD = ["", "median", "best", "ratio", "of bests", "against", "bound", ""];
/** The columns that hold words; the others hold numbers and stand to the right. */
const WORDS = new Set([0, 5, 6, 7]);
const GAP = "  ";

/** The groups as lines, under one head. */
export function tableOf(groups: readonly Group[]): string {
  const rows = groups.map((group) => group.figures.map((figure) => cellsOf(figure, group.unit)));
  const widths = HEAD.map((title, column) =>
    Math.max(title.length, ...rows.flat().map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return WORDS.has(column) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join(GAP)
      .trimEnd();
  const parts = groups.map((group, n) =>
    [group.title, ...(rows[n] ?? []).map((cells) => GAP + line(cells))].join("\n"),
  );
  return `${GAP}${line(HEAD)}\n${parts.join("\n\n")}\n`;
}

/** What is to be said of the bounds in one line or a few. */
export function summaryOf(groups: readonly Group[]): string {
  const bounded = groups.flatMap((group) =>
    group.figures.flatMap((figure) => (figure.bound === undefined ? [] : [{ group, figure, bound: figure.bound }])),
  );
  const missed = bounded.filter(({ bound }) => !bound.holds);
  const lines = missed.map(({ group, figure, bound }) => {
    const value = figure.ratio === undefined ? amount(figure.median, group.unit) : times(figure.ratio.ofMedians);
    return `${GAP}${group.title}, ${figure.subject}: ${value}, bound ${bound.text}`;
  });
  return [`${bounded.length - missed.length} of ${bounded.length} bounds hold${missed.length > 0 ? "; missed:" : ""}`]
    .concat(lines)
    .join("\n");
}

function cellsOf(figure: Figure, unit: string): string[] {
  const { subject, ratio, bound } = figure;
  return [
    subject,
    amount(figure.median, unit),
    amount(figure.best, unit),
    ratio === undefined ? "" : times(ratio.ofMedians),
    ratio === undefined ? "" : times(ratio.ofBests),
    ratio?.against ?? "",
    bound?.text ?? "",
    bound === undefined ? "" : bound.holds ? "ok" : "missed",
  ];
}

function amount(value: number, unit: string): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const text = value.toFixed(digits).replace(/\B(?=(\d{3})+$)/g, value >= 1000 ? "," : "");
  return `${text} ${unit}`;
}

function times(ratio: number): string {
  return `${ratio.toFixed(ratio >= 10 ? 1 : 2)} ×`;
}
