// The calls that were made, to make one again.

import { type TemplateResult, css, html, nothing } from "lit";
import type { HistoryEntry } from "../model/history.ts";
import { base } from "./base.css.ts";
import { rows } from "./rows.css.ts";
import { View } from "./view.ts";
import { watch } from "./watch.ts";

export class HistoryList extends View {
  static override styles = [
    base,
    rows,
    css`
      :host {
        display: grid;
        grid-template: auto minmax(0, 1fr) / minmax(0, 1fr);
        min-height: 0;
      }
      li button {
        display: block;
      }
      span {
        display: block;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
    `,
  ];

  constructor() {
    super();
    watch(this, () => [this.bench.history]);
  }

  protected override render(): TemplateResult {
    const { history } = this.bench;
    const isEmpty = history.entries.length === 0;
    return html`
      <div class="bar">
        <h2>History</h2>
        ${isEmpty ? nothing : html`<button class="quiet" aria-label="Clear history" @click=${() => this.clear()}>Clear</button>`}
      </div>
      <div class="scroll" tabindex="-1" role="group" aria-label="Calls that were made">
        ${
          isEmpty
            ? html`<p class="empty">Calls that you make are kept here, also when the page is loaded again.</p>`
            : html`<ul aria-label="History">
                ${history.entries.map((entry) => this.item(entry))}
              </ul>`
        }
      </div>
    `;
  }

  /** The button goes: whoever uses the keyboard stays where the list was. */
  private clear(): void {
    this.renderRoot.querySelector<HTMLElement>(".scroll")?.focus();
    this.bench.history.clear();
  }

  private item(entry: HistoryEntry): TemplateResult {
    return html`<li>
      <button
        title=${new Date(entry.time).toLocaleString()}
        @click=${() => this.bench.draft.begin(entry.command, entry.text)}
      >
        <span>${entry.command}</span>
        ${entry.text === "" ? nothing : html`<span class="muted">${entry.text.replaceAll(/\s+/g, " ")}</span>`}
      </button>
    </li>`;
  }
}
