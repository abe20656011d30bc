// How calls ended: the newest in full, those before it to look at again.

import { type TemplateResult, css, html, nothing } from "lit";
import { prettyJson } from "../model/pretty-json.ts";
import type { Outcome, Run } from "../model/run.ts";
import { base } from "./base.css.ts";
import { copyText } from "./files.ts";
import { View } from "./view.ts";
import { watch } from "./watch.ts";

/** The characters of JSON that are drawn as one text. */
const MOST_TEXT = 200_000;

export class Replies extends View {
  static override properties = { chosen: { state: true }, asText: { state: true }, said: { state: true } };
  /** The run that is shown; undefined: the newest. */
  declare private chosen: number | undefined;
  declare private asText: boolean;
  declare private said: string;
  private newest: number | undefined;

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template: auto minmax(0, 1fr) / minmax(0, 1fr);
        min-height: 0;
      }
      .body {
        padding: 10px 12px;
      }
      .outcome {
        font-weight: 600;
      }
      .good {
        color: var(--good);
      }
      .bad {
        color: var(--bad);
      }
      .waiting {
        color: var(--warning);
      }
      .body p + * {
        margin-top: 5px;
      }
      pre {
        overflow-wrap: anywhere;
        white-space: pre-wrap;
      }
      .which {
        max-width: 260px;
      }
    `,
  ];

  constructor() {
    super();
    this.asText = false;
    this.said = "";
    watch(this, () => [this.bench.client]);
  }

  protected override render(): TemplateResult {
    const { runs } = this.bench.client;
    if (runs[0]?.number !== this.newest) {
      this.newest = runs[0]?.number;
      this.chosen = undefined;
      this.said = "";
    }
    const run = runs.find(({ number }) => number === this.chosen) ?? runs[0];
    return html`
      <div class="bar">
        <h2>Reply</h2>
        ${runs.length > 1 && run !== undefined ? this.choice(runs, run) : nothing}
        ${run?.outcome?.type === "value" ? this.tools(run.outcome.value) : nothing}
        ${
          run !== undefined && run.outcome === undefined
            ? html`<button @click=${() => this.giveUp(run)}>Give up</button>`
            : nothing
        }
      </div>
      <div class="body scroll" tabindex="0" role="group" aria-label="Reply">
        <p role="status">${run === undefined ? nothing : summary(run)}</p>
        ${run === undefined ? html`<p class="muted">Replies are shown here.</p>` : this.detail(run)}
      </div>
    `;
  }

  private choice(runs: readonly Run[], run: Run): TemplateResult {
    return html`<select
      class="which"
      aria-label="Which reply"
      @change=${(event: Event) => this.choose(Number((event.target as HTMLSelectElement).value))}
    >
      ${runs.map(
        ({ number, command, text }) =>
          html`<option value=${number} .selected=${number === run.number}>
            ${number + 1} · ${command} ${text.slice(0, 40)}
          </option>`,
      )}
    </select>`;
  }

  private tools(value: unknown): TemplateResult {
    return html`
      <div role="group" aria-label="How the reply is shown">
        <button aria-pressed=${!this.asText} @click=${() => (this.asText = false)}>Tree</button>
        <button aria-pressed=${this.asText} @click=${() => (this.asText = true)}>JSON</button>
      </div>
      <button @click=${() => void this.copy(value)}>Copy</button>
      <span class="muted" role="status">${this.said}</span>
    `;
  }

  private detail(run: Run): TemplateResult | typeof nothing {
    const { outcome } = run;
    if (outcome === undefined || outcome.type === "aborted") return nothing;
    if (outcome.type === "value") {
      if (!this.asText) return html`<guestwire-console-value .value=${outcome.value}></guestwire-console-value>`;
      const text = prettyJson(outcome.value, MOST_TEXT);
      return html`<pre>${text.slice(0, MOST_TEXT)}${text.length > MOST_TEXT ? "\n… (Copy has it all)" : ""}</pre>`;
    }
    if (outcome.type === "refused") return html`<p>${outcome.text}</p>`;
    return html`<p>${outcome.text}</p>
      <p class="muted">${outcome.hasRun}</p>`;
  }

  private choose(number: number): void {
    this.chosen = number;
    this.said = "";
  }

  /** The button goes: whoever uses the keyboard goes on in the reply. */
  private giveUp({ number }: Run): void {
    this.renderRoot.querySelector<HTMLElement>(".body")?.focus();
    this.bench.client.abort(number);
  }

  private async copy(value: unknown): Promise<void> {
    this.said = (await copyText(prettyJson(value))) ? "Copied" : "Not allowed";
  }
}

/** What a glance is to see: how it ended, and how long that took. */
function summary(run: Run): TemplateResult {
  const [text, tone] = verdict(run.outcome);
  const ms = run.ms === undefined ? "" : ` · ${run.ms < 10 ? run.ms.toFixed(1) : Math.round(run.ms)} ms`;
  return html`<span class="outcome ${tone}">${text}</span
    ><span class="muted"> · <code>${run.command}</code>${ms}</span>`;
}

function verdict(outcome: Outcome | undefined): readonly [text: string, tone: string] {
  if (outcome === undefined) return ["Waiting for the answer …", "waiting"];
  if (outcome.type === "value") return ["Returned", "good"];
  if (outcome.type === "refused") return [outcome.errorClass, "bad"];
  return outcome.type === "aborted" ? ["Given up", "waiting"] : [outcome.code === "" ? "Failed" : outcome.code, "bad"];
}
