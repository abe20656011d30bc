// The record of the channel as a list in which only the lines in sight are elements.

import { type PropertyValues, type TemplateResult, html, nothing } from "lit";
import { type ExportFormat, exportOf } from "../model/wire-export.ts";
import type { WireDirection } from "../model/wire-filter.ts";
import type { WireEntry } from "../model/wire-log.ts";
import { countOf, dumpOf, timeOf } from "../model/wire-text.ts";
import { base } from "./base.css.ts";
import { saveFile } from "./files.ts";
import { View } from "./view.ts";
import { watch } from "./watch.ts";
import { ROW, wireStyles } from "./wire.css.ts";
import { wireRow } from "./wire-row.ts";

/** Lines that are drawn above and below those in sight. */
const MARGIN = 12;
/** Bytes of an entry that are dumped. */
const DUMP_BYTES = 16_384;

export class WireView extends View {
  static override properties = { chosen: { state: true }, top: { state: true }, isSaving: { state: true } };
  /** The entry that is shown in full. */
  declare private chosen: WireEntry | undefined;
  /** The first line in sight. */
  declare private top: number;
  declare private isSaving: boolean;
  private height = 0;
  /** The newest lines are in sight, and are to stay so. */
  private isAtEnd = true;
  private lastTop = 0;
  private readonly sizes = new ResizeObserver(([entry]) => {
    this.height = entry?.contentRect.height ?? 0;
    // What is hidden, or leaves the page, may forget where it was.
    if (this.height > 0 && !this.isAtEnd) this.rows.scrollTop = this.lastTop;
    this.requestUpdate();
  });

  static override styles = [base, wireStyles];

  constructor() {
    super();
    this.top = 0;
    this.isSaving = false;
    watch(this, () => [this.bench.filter], true);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.sizes.observe(this.rows);
  }

  protected override firstUpdated(): void {
    if (this.isConnected) this.sizes.observe(this.rows);
  }

  private get rows(): HTMLElement {
    return this.renderRoot.querySelector(".rows") as HTMLElement;
  }

  private get last(): number {
    return this.bench.filter.count - 1;
  }

  protected override render(): TemplateResult {
    const { count } = this.bench.filter;
    const from = Math.max(0, Math.min(this.top, count - 1) - MARGIN);
    const to = Math.min(count, this.top + Math.ceil(this.height / ROW) + MARGIN);
    const entries = this.bench.filter.slice(from, to);
    const isInSight = entries.some((entry) => entry === this.chosen);
    return html`
      ${this.toolbar(count)}
      <div class="head" aria-hidden="true">
        <span>Time</span><span>Way</span><span class="size">Bytes</span><span class="hex">Hex</span><span>Text</span>
      </div>
      <div
        class="rows"
        role="grid"
        tabindex="0"
        aria-label="Wire"
        aria-rowcount=${count + 1}
        aria-colcount="5"
        aria-activedescendant=${isInSight && this.chosen !== undefined ? `row-${this.chosen.number}` : nothing}
        @scroll=${() => this.scrolled()}
        @keydown=${(event: KeyboardEvent) => this.key(event)}
      >
        <div class="spacer" role="presentation"></div>
        <div class="window" role="presentation">
          <div class="hidden" role="row" aria-rowindex="1">
            ${["Time", "Way", "Bytes", "Hex", "Text"].map((name) => html`<span role="columnheader">${name}</span>`)}
          </div>
          ${entries.map((entry, i) => wireRow(entry, from + i, entry === this.chosen, (index) => this.choose(index)))}
        </div>
      </div>
      ${count === 0 ? this.empty() : nothing} ${this.detail()}
    `;
  }

  /** Heights and places are set here: a strict Content-Security-Policy has no style attributes. */
  protected override updated(_: PropertyValues): void {
    const { count } = this.bench.filter;
    const { rows } = this;
    const from = Math.max(0, Math.min(this.top, count - 1) - MARGIN);
    (rows.querySelector(".spacer") as HTMLElement).style.height = `${count * ROW}px`;
    (rows.querySelector(".window") as HTMLElement).style.transform = `translateY(${from * ROW}px)`;
    if (this.isAtEnd) rows.scrollTop = count * ROW;
  }

  private toolbar(count: number): TemplateResult {
    const { filter, wire } = this.bench;
    return html`<div class="bar beside-tabs" role="group" aria-label="What is shown of the wire">
      <select
        aria-label="Direction"
        @change=${(event: Event) => filter.set((event.target as HTMLSelectElement).value as WireDirection, filter.query)}
      >
        <option value="all">In and out</option>
        <option value="in">In</option>
        <option value="out">Out</option>
      </select>
      <input
        type="search"
        aria-label="Filter wire"
        placeholder="Filter: text, or hex as ff 7b"
        spellcheck="false"
        @input=${(event: Event) => filter.set(filter.direction, (event.target as HTMLInputElement).value)}
      />
      <button aria-pressed=${filter.isPaused} @click=${() => this.pause()}>Pause</button>
      <button ?disabled=${count === 0} aria-disabled=${this.isSaving} @click=${() => void this.save("jsonl")}>
        Export JSON
      </button>
      <button ?disabled=${count === 0} aria-disabled=${this.isSaving} @click=${() => void this.save("txt")}>
        Export text
      </button>
      <button ?disabled=${wire.first === wire.end} aria-label="Clear wire" @click=${() => this.clear()}>Clear</button>
      <span class=${filter.isPaused ? "paused" : "muted"}>
        ${filter.isPaused ? "Paused · " : ""}${countOf(count)} ${count === 1 ? "entry" : "entries"}
      </span>
    </div>`;
  }

  private empty(): TemplateResult {
    const { filter, wire } = this.bench;
    const isEmpty = wire.first === wire.end;
    if (filter.isPaused && !isEmpty) return html`<p class="empty">Paused. What comes meanwhile is kept.</p>`;
    return html`<p class="empty">
      ${isEmpty ? "Every chunk that comes in or goes out is shown here." : "Nothing matches the filter."}
    </p>`;
  }

  private detail(): TemplateResult | typeof nothing {
    const entry = this.chosen;
    if (entry === undefined || entry.direction === "mark") return nothing;
    const { bytes, direction, time } = entry;
    const cut = bytes.length > DUMP_BYTES ? `, the first ${countOf(DUMP_BYTES)} of them below` : "";
    return html`<section class="detail" aria-label="Chunk">
      <div class="bar">
        <p class="muted">${timeOf(time)} · ${direction} · ${countOf(bytes.length)} bytes${cut}</p>
        <button class="quiet" @click=${() => this.closeDetail()}>Close</button>
      </div>
      <pre tabindex="0" role="group" aria-label="Bytes of the chunk">${dumpOf(bytes.subarray(0, DUMP_BYTES))}</pre>
    </section>`;
  }

  private pause(): void {
    const { filter } = this.bench;
    if (filter.isPaused) filter.resume();
    else filter.pause();
  }

  /** The button goes: whoever uses the keyboard goes on in the list. */
  private closeDetail(): void {
    this.rows.focus();
    this.chosen = undefined;
  }

  private clear(): void {
    this.rows.focus();
    this.chosen = undefined;
    this.isAtEnd = true;
    this.bench.wire.clear();
  }

  private async save(format: ExportFormat): Promise<void> {
    const { filter } = this.bench;
    if (this.isSaving) return;
    this.isSaving = true;
    const name = `guestwire-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.${format}`;
    const type = format === "jsonl" ? "application/jsonl" : "text/plain";
    try {
      await saveFile(name, type, exportOf(filter.slice(0, filter.count), format));
    } finally {
      this.isSaving = false;
    }
  }

  private scrolled(): void {
    if (this.height === 0) return;
    const { scrollTop, scrollHeight, clientHeight } = this.rows;
    const isAtEnd = scrollTop + clientHeight > scrollHeight - ROW;
    // Only a person goes up; that there is more below, less room, or less to see, is no reason to stay behind, or to follow.
    if (scrollTop > this.lastTop && isAtEnd) this.isAtEnd = true;
    else if (scrollTop < this.lastTop && !isAtEnd) this.isAtEnd = false;
    this.lastTop = scrollTop;
    this.top = Math.floor(scrollTop / ROW);
  }

  private choose(index: number): void {
    this.chosen = this.bench.filter.slice(index, index + 1)[0];
  }

  /** Arrows move the choice; page keys and the mouse move the list. */
  private key(event: KeyboardEvent): void {
    if (event.key === "Escape") this.closeDetail();
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || this.last < 0) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(this.last, this.chosenIndex() + step));
    this.choose(index);
    // Before the list is drawn again, which is before it hears that it was scrolled.
    this.isAtEnd = index === this.last;
    const { rows } = this;
    const above = index * ROW;
    if (above < rows.scrollTop) rows.scrollTop = above;
    if (above + ROW > rows.scrollTop + rows.clientHeight) rows.scrollTop = above + ROW - rows.clientHeight;
  }

  /** Of the entry that is shown, or of one just outside of what is in sight. */
  private chosenIndex(): number {
    const { filter } = this.bench;
    const index = this.chosen === undefined ? -1 : filter.slice(0, filter.count).indexOf(this.chosen);
    return index >= 0 ? index : this.isAtEnd ? this.last + 1 : this.top - 1;
  }
}
