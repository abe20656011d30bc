// How the wire view looks. Lines have one height, which WireView counts with.

import { css } from "lit";

/** The height of a line, in CSS pixels. */
export const ROW = 21;

export const wireStyles = css`
  :host {
    display: grid;
    grid-template: auto auto minmax(0, 1fr) auto / subgrid;
    min-height: 0;
  }
  .bar input {
    width: 210px;
  }
  .rows {
    position: relative;
    grid-area: 3 / 1 / 4 / -1;
    overflow: auto;
    scrollbar-width: thin;
    contain: strict;
    overflow-anchor: none;
  }
  .rows:focus-visible {
    outline-offset: -2px;
  }
  .window {
    position: absolute;
    inset: 0 0 auto;
  }
  .row,
  .head {
    display: grid;
    grid-template-columns: 88px 66px 58px 216px minmax(0, 1fr);
    gap: 10px;
    align-items: center;
    padding: 0 12px;
    direction: ltr;
    font: 12px / ${ROW}px var(--mono);
    white-space: pre;
  }
  .row {
    height: ${ROW}px;
    cursor: default;
  }
  .row > span,
  .head > span {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .head {
    grid-column: 1 / -1;
    border-bottom: 1px solid var(--border);
    color: var(--muted);
    font: 11px/24px var(--font);
  }
  .row:hover {
    background: var(--raised);
  }
  .row[aria-selected="true"] {
    background: var(--selected);
  }
  @media (forced-colors: active) {
    .row[aria-selected="true"] {
      outline: 1px solid Highlight;
      outline-offset: -1px;
    }
    .sentinel {
      outline: 1px solid;
    }
  }
  .time,
  .hex {
    color: var(--muted);
  }
  .size {
    text-align: end;
  }
  .in .way {
    color: var(--incoming);
  }
  .out .way {
    color: var(--outgoing);
  }
  .mark .what {
    grid-column: 2 / -1;
    color: var(--warning);
    font: italic 12px / ${ROW}px var(--font);
  }
  .sentinel {
    padding: 0 3px;
    border-radius: 3px;
    background: var(--sentinel);
    color: var(--surface);
    font-weight: 600;
  }
  .text .sentinel {
    margin-inline-end: 5px;
  }
  .paused {
    color: var(--warning);
    font-weight: 600;
  }
  .detail {
    grid-area: 4 / 1 / 5 / -1;
    border-top: 1px solid var(--border);
    background: var(--background);
  }
  .detail .bar {
    border-bottom: 0;
    min-height: 30px;
  }
  .detail pre {
    max-height: 106px;
    padding: 0 12px 10px;
    overflow: auto;
    line-height: 1.5;
  }
  .detail p {
    flex: 1;
  }
  .empty {
    grid-area: 3 / 1 / 4 / -1;
    pointer-events: none;
  }
  @container (max-width: 620px) {
    .row,
    .head {
      grid-template-columns: 90px 64px 44px minmax(0, 1fr);
      gap: 6px;
    }
    .hex {
      display: none;
    }
    .bar input {
      flex: 1;
      width: auto;
      min-width: 120px;
    }
  }
`;
