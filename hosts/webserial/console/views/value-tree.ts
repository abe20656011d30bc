// A JSON value as a tree that opens and closes; what is closed costs nothing.

import { LitElement, type PropertyValues, type TemplateResult, css, html, nothing } from "lit";
import { base } from "./base.css.ts";

/** Items that are drawn at once, and characters of a string. */
const PAGE = 200;
const LONG = 2000;
/** Branches that begin open: the first, those of a few entries, and small ones down to a depth; none below the last depth. */
const FEW = 4;
const SMALL = 40;
const SMALL_DEPTH = 2;
const OPEN_DEPTH = 20;
/** Entries of branches that begin open, in one drawing. */
const OPEN_ENTRIES = 1000;
/** What is deeper is not drawn: a browser crashes over elements in elements some hundreds deep. */
const MOST_DEPTH = 100;

export class ValueTree extends LitElement {
  static override properties = { value: { attribute: false } };
  declare value: unknown;
  /** Whether branches are open, by path; how much is shown of long ones. */
  private readonly open = new Map<string, boolean>();
  private readonly shown = new Map<string, number>();
  /** Entries that may still begin open in this drawing. */
  private left = 0;

  static override styles = [
    base,
    css`
      :host {
        direction: ltr;
        font: 12px/1.6 var(--mono);
      }
      details > :not(summary) {
        margin-inline-start: 7px;
        padding-inline-start: 12px;
        border-inline-start: 1px solid var(--border);
      }
      summary {
        cursor: pointer;
      }
      summary::marker {
        color: var(--muted);
      }
      .leaf {
        overflow-wrap: anywhere;
        white-space: pre-wrap;
      }
      li > .leaf {
        padding-inline-start: 13px;
        text-indent: -13px;
      }
      .key {
        color: var(--text);
      }
      .mark {
        color: var(--muted);
      }
      .string {
        color: var(--good);
      }
      .number {
        color: var(--accent);
      }
      .word {
        color: var(--sentinel);
      }
      button {
        min-height: 0;
        padding: 0 4px;
        font: 11px var(--font);
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("value")) return;
    this.open.clear();
    this.shown.clear();
  }

  protected override render(): TemplateResult {
    this.left = OPEN_ENTRIES;
    return this.node(undefined, this.value, "", 0);
  }

  private node(key: string | undefined, value: unknown, path: string, depth: number): TemplateResult {
    const name = key === undefined ? nothing : html`<span class="key">${key}</span><span class="mark">: </span>`;
    if (typeof value !== "object" || value === null) {
      return html`<div class="leaf" tabindex=${isLong(value) ? -1 : nothing}>${name}${this.leaf(value, path)}</div>`;
    }
    const entries: readonly [string, unknown][] = Object.entries(value);
    const size = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
    if (entries.length === 0)
      return html`<div class="leaf">${name}<span class="mark">${size.replace("0", "")}</span></div>`;
    if (depth === MOST_DEPTH) {
      return html`<div class="leaf">
        ${name}<span class="mark">${size} deeper than the tree goes; JSON has it</span>
      </div>`;
    }
    const isOpen = this.isOpen(path, entries.length, depth);
    return html`<details
      ?open=${isOpen}
      @toggle=${(event: Event) => this.toggle(path, isOpen, (event.currentTarget as HTMLDetailsElement).open)}
    >
      <summary>${name}<span class="mark">${size}</span></summary>
      ${isOpen ? this.branch(entries, path, depth) : nothing}
    </details>`;
  }

  /** What is decided once stays, whatever else opens and closes. */
  private isOpen(path: string, count: number, depth: number): boolean {
    const known = this.open.get(path);
    if (known !== undefined) return known;
    const isSmall = count < FEW || (count < SMALL && depth < SMALL_DEPTH);
    const isOpen = depth === 0 || (isSmall && depth < OPEN_DEPTH && count <= this.left);
    if (isOpen) this.left -= Math.min(count, PAGE);
    this.open.set(path, isOpen);
    return isOpen;
  }

  private branch(entries: readonly [string, unknown][], path: string, depth: number): TemplateResult {
    const most = this.shown.get(path) ?? PAGE;
    return html`<ul tabindex=${entries.length > PAGE ? -1 : nothing}>
      ${entries
        .slice(0, most)
        .map(([key, item], index) => html`<li>${this.node(key, item, `${path}/${index}`, depth + 1)}</li>`)}
      ${entries.length > most ? html`<li>${this.more(path, most + 5 * PAGE, `${entries.length - most} more`)}</li>` : nothing}
    </ul>`;
  }

  private leaf(value: unknown, path: string): TemplateResult {
    if (typeof value !== "string") {
      const kind = typeof value === "number" || typeof value === "bigint" ? "number" : "word";
      return html`<span class=${kind}>${String(value)}</span>`;
    }
    const most = this.shown.get(path) ?? LONG;
    const text = value.length > most ? `${JSON.stringify(value.slice(0, most)).slice(0, -1)}…` : JSON.stringify(value);
    return html`<span class="string">${text}</span>${
        value.length > most ? this.more(path, Infinity, `all ${value.length} characters`) : nothing
      }`;
  }

  private more(path: string, most: number, what: string): TemplateResult {
    return html`<button
      class="quiet"
      @click=${(event: Event) => {
        // The button goes: whoever uses the keyboard stays at what it was in.
        (event.currentTarget as HTMLElement).closest<HTMLElement>("[tabindex]")?.focus();
        this.shown.set(path, most);
        this.requestUpdate();
      }}
    >
      Show ${what}
    </button>`;
  }

  private toggle(path: string, isOpen: boolean, open: boolean): void {
    if (isOpen === open) return;
    this.open.set(path, open);
    this.requestUpdate();
  }
}

function isLong(value: unknown): boolean {
  return typeof value === "string" && value.length > LONG;
}
