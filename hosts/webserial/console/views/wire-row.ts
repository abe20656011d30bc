// One line of the wire view.

import { type TemplateResult, html, nothing } from "lit";
import type { WireChunk, WireEntry } from "../model/wire-log.ts";
import { countOf, hexOf, runsOf, textOf, timeOf } from "../model/wire-text.ts";

/** Bytes that a line shows, as hex and as text; what does not fit the view is cut there. */
const HEX_BYTES = 32;
const TEXT_BYTES = 240;

/** `index` counts the matches from 0; `pick` is called with it. */
export function wireRow(
  entry: WireEntry,
  index: number,
  isChosen: boolean,
  pick: (index: number) => void,
): TemplateResult {
  return html`<div
    role="row"
    id="row-${entry.number}"
    class="row ${entry.direction}"
    aria-rowindex=${index + 2}
    aria-selected=${isChosen}
    @click=${() => pick(index)}
  >
    <span role="gridcell" class="time">${timeOf(entry.time)}</span>
    ${entry.direction === "mark" ? markCell(entry.text) : chunkCells(entry)}
  </div>`;
}

function markCell(text: string): TemplateResult {
  return html`<span role="gridcell" class="what" aria-colspan="4">${text}</span>`;
}

function chunkCells(entry: WireChunk): TemplateResult {
  const way = entry.direction === "in" ? "← in" : "→ out";
  // A 0xFF can be where the line does not reach.
  const flag = entry.hasSentinel ? sentinel("FF") : nothing;
  // Blanks count in these cells.
  return html`<span role="gridcell" class="way">${way} ${flag}</span>
    <span role="gridcell" class="size">${countOf(entry.bytes.length)}</span>
    <span role="gridcell" class="hex">${hexRuns(entry.bytes)}</span>
    <span role="gridcell" class="text">${textRuns(entry.bytes)}</span>`;
}

function hexRuns(bytes: Uint8Array): (TemplateResult | string)[] {
  return runsOf(bytes, HEX_BYTES).flatMap(({ isSentinel, bytes: part }) => [
    isSentinel ? sentinel("ff") : hexOf(part),
    " ",
  ]);
}

function textRuns(bytes: Uint8Array): (TemplateResult | string)[] {
  return runsOf(bytes, TEXT_BYTES).map(({ isSentinel, bytes: part }) => (isSentinel ? sentinel("FF") : textOf(part)));
}

/** 0xFF stands out. */
function sentinel(text: string): TemplateResult {
  return html`<span class="sentinel">${text}</span>`;
}
