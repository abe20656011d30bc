// The agent's commands, those that are disabled as well, to choose one from.

import { type TemplateResult, css, html } from "lit";
import { base } from "./base.css.ts";
import { rows } from "./rows.css.ts";
import { View } from "./view.ts";
import { watch } from "./watch.ts";

export class CommandList extends View {
  static override properties = { query: { state: true } };
  declare private query: string;

  static override styles = [
    base,
    rows,
    css`
      :host {
        display: grid;
        grid-template: auto auto minmax(0, 1fr) / minmax(0, 1fr);
        min-height: 0;
      }
      .search {
        padding: 8px 10px;
      }
      li button {
        display: flex;
        align-items: baseline;
        gap: 8px;
      }
      li button[aria-current="true"] {
        background: var(--selected);
        box-shadow: inset 3px 0 var(--accent);
      }
      @media (forced-colors: active) {
        li button[aria-current="true"] {
          border-inline-start: 6px solid Highlight;
        }
      }
      @media (pointer: coarse) {
        li button {
          min-height: 36px;
        }
      }
      .name {
        flex: 1;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .off .name {
        color: var(--muted);
        text-decoration: line-through;
      }
      .note {
        color: var(--muted);
        font: 11px var(--font);
      }
    `,
  ];

  constructor() {
    super();
    this.query = "";
    watch(this, () => [this.bench.client, this.bench.draft]);
  }

  protected override render(): TemplateResult {
    const { commands } = this.bench.client;
    const query = this.query.trim().toLowerCase();
    const found = commands.filter(({ name }) => name.toLowerCase().includes(query));
    const total = query === "" ? `${commands.length}` : `${found.length} of ${commands.length}`;
    return html`
      <div class="bar">
        <h2>Commands</h2>
        <span class="muted" aria-live="polite">${commands.length === 0 ? "" : total}</span>
      </div>
      <div class="search">
        <input
          type="search"
          aria-label="Filter commands"
          placeholder="Filter, or a command's name"
          .value=${this.query}
          @input=${(event: Event) => (this.query = (event.target as HTMLInputElement).value)}
          @keydown=${(event: KeyboardEvent) => this.enter(event, found[0]?.name)}
        />
      </div>
      <div class="scroll">
        ${
          found.length > 0
            ? html`<ul aria-label="Commands">
                ${found.map((command) => this.item(command))}
              </ul>`
            : this.empty(commands.length)
        }
      </div>
    `;
  }

  private item(command: { name: string; enabled: boolean; "success-response": boolean }): TemplateResult {
    const { name, enabled } = command;
    const note = enabled ? (command["success-response"] ? "" : "no reply") : "disabled";
    return html`<li class=${enabled ? "" : "off"}>
      <button aria-current=${this.bench.draft.command === name} @click=${() => this.bench.draft.begin(name)}>
        <span class="name">${name}</span>${note === "" ? "" : html`<span class="note">${note}</span>`}
      </button>
    </li>`;
  }

  private empty(count: number): TemplateResult {
    const name = this.query.trim();
    if (name !== "") {
      return html`<p class="empty">
        No command has this name.
        <button class="quiet" @click=${() => this.bench.draft.begin(name)}>Call ${name} all the same</button>
      </p>`;
    }
    if (this.bench.client.state === "idle")
      return html`<p class="empty">Connect, and the agent's commands are here.</p>`;
    if (this.bench.client.state !== "ready") return html`<p class="empty">Waiting for the agent …</p>`;
    return html`<p class="empty">${count === 0 ? "The agent lists no commands; type a name above." : ""}</p>`;
  }

  private enter(event: KeyboardEvent, first: string | undefined): void {
    const name = first ?? this.query.trim();
    if (event.key === "Enter" && name !== "") this.bench.draft.begin(name);
  }
}
