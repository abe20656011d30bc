// What client, agent and console have to say.

import { type PropertyValues, type TemplateResult, css, html } from "lit";
import { base } from "./base.css.ts";
import { timeOf } from "../model/wire-text.ts";
import { View } from "./view.ts";
import { watch } from "./watch.ts";

export class LogPane extends View {
  private isAtEnd = true;

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template: auto minmax(0, 1fr) / subgrid;
        min-height: 0;
      }
      .grow {
        flex: 1;
      }
      .scroll {
        grid-column: 1 / -1;
      }
      li {
        display: grid;
        grid-template-columns: 92px 64px minmax(0, 1fr);
        gap: 8px;
        padding: 1px 12px;
        direction: ltr;
        font: 12px/1.6 var(--mono);
      }
      .message {
        overflow-wrap: anywhere;
        white-space: pre-wrap;
      }
      .error,
      .critical {
        color: var(--bad);
      }
      .warning {
        color: var(--warning);
      }
      .info,
      .debug,
      .message-level {
        color: var(--muted);
      }
      @container (max-width: 620px) {
        li {
          grid-template-columns: auto 1fr;
          row-gap: 0;
          padding-block: 3px;
        }
        .message {
          grid-column: 1 / -1;
        }
      }
    `,
  ];

  constructor() {
    super();
    watch(this, () => [this.bench.book], true);
  }

  protected override render(): TemplateResult {
    const { book } = this.bench;
    return html`
      <div class="bar beside-tabs">
        <span class="muted grow">${book.records.length === 1 ? "1 record" : `${book.records.length} records`}</span>
        <button ?disabled=${book.records.length === 0} aria-label="Clear log" @click=${() => this.clear()}>
          Clear
        </button>
      </div>
      <div
        class="scroll"
        role="log"
        aria-label="Log"
        aria-live="off"
        tabindex="0"
        @scroll=${(event: Event) => this.scrolled(event)}
      >
        ${book.records.length === 0 ? html`<p class="empty">Nothing has been logged.</p>` : ""}
        <ol>
          ${book.records.map(
            ({ time, level, message }) =>
              html`<li>
                <span class="muted">${timeOf(time)}</span>
                <span class=${level === "message" ? "message-level" : level}>${level}</span>
                <span class="message">${message}</span>
              </li>`,
          )}
        </ol>
      </div>
    `;
  }

  /** The button is of no use then: whoever uses the keyboard goes on in the list. */
  private clear(): void {
    this.renderRoot.querySelector<HTMLElement>(".scroll")?.focus();
    this.bench.book.clear();
  }

  private scrolled({ currentTarget }: Event): void {
    const { scrollTop, scrollHeight, clientHeight } = currentTarget as HTMLElement;
    this.isAtEnd = scrollTop + clientHeight >= scrollHeight - 8;
  }

  /** Follows the newest, unless the person has scrolled away from it. */
  protected override updated(_: PropertyValues): void {
    const pane = this.renderRoot.querySelector(".scroll");
    if (this.isAtEnd && pane !== null) pane.scrollTop = pane.scrollHeight;
  }
}
