// The call that is being put together: its arguments, in a form where the agent says what it takes, or as JSON.

import { type TemplateResult, css, html, nothing } from "lit";
import type { Field, Mistake } from "../model/fields.ts";
import { base } from "./base.css.ts";
import { View } from "./view.ts";
import { watch } from "./watch.ts";

export class CommandForm extends View {
  static override properties = { tried: { state: true } };
  /** The person wanted to run it: what is wrong is shown from now on. */
  declare private tried: boolean;
  private shown = 0;

  static override styles = [
    base,
    css`
      form {
        display: grid;
        gap: 7px;
        padding: 10px 12px 12px;
        border-bottom: 1px solid var(--border);
      }
      .title {
        flex: 1;
        overflow-wrap: anywhere;
        direction: ltr;
        font: 600 13px var(--mono);
        text-align: match-parent;
      }
      .field {
        display: grid;
        grid-template-columns: minmax(80px, 130px) minmax(0, 1fr) minmax(0, 110px);
        align-items: start;
        gap: 2px 10px;
      }
      .field > label {
        padding-top: 4px;
        overflow-wrap: anywhere;
        font: 500 12px/1.6 var(--mono);
      }
      .field > .under {
        padding-top: 5px;
        font-size: 12px;
      }
      .json {
        display: grid;
        gap: 4px;
      }
      .run {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
      }
      textarea,
      .field input {
        direction: ltr;
        font: 12px/1.5 var(--mono);
      }
      @container (max-width: 620px) {
        .field {
          grid-template-columns: minmax(0, 1fr);
        }
        .field > .under {
          padding-top: 0;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.tried = false;
    watch(this, () => [this.bench.client, this.bench.draft]);
  }

  protected override render(): TemplateResult {
    const { draft } = this.bench;
    if (draft.number !== this.shown) {
      this.shown = draft.number;
      this.tried = false;
    }
    if (draft.command === "") return this.empty();
    const checked = draft.check();
    const mistake = "args" in checked ? undefined : checked;
    const isJson = draft.mode === "json";
    return html`
      <div class="bar">
        <h2 class="title">${draft.command}</h2>
        ${draft.members === undefined ? nothing : this.modes(isJson)}
      </div>
      <form
        novalidate
        @submit=${(event: Event) => this.submit(event)}
        @keydown=${(event: KeyboardEvent) => this.key(event)}
      >
        ${this.warning()} ${isJson ? this.jsonField(mistake) : this.formFields(mistake)}
        <div class="run">
          <button class="primary" ?disabled=${!this.canRun}>Run</button>
          ${this.why(mistake)}
        </div>
      </form>
    `;
  }

  private get canRun(): boolean {
    const { state } = this.bench.client;
    return state === "ready" || state === "syncing" || state === "lost";
  }

  private empty(): TemplateResult {
    return html`<div class="bar"><h2>Call</h2></div>
      <p class="empty">Choose a command, or a call from the history.</p>`;
  }

  private warning(): TemplateResult | typeof nothing {
    const { client, draft } = this.bench;
    const command = client.commands.find(({ name }) => name === draft.command);
    if (command !== undefined && !command.enabled) {
      return html`<p class="muted">The agent has disabled this command; it will answer with an error.</p>`;
    }
    return command !== undefined && !command["success-response"]
      ? html`<p class="muted">It draws no reply when it succeeds; a while of silence is taken for success.</p>`
      : nothing;
  }

  private modes(isJson: boolean): TemplateResult {
    // A mistake that is in the way is shown from then on.
    const choose = (mode: "form" | "json"): void => {
      if (!this.bench.draft.switchTo(mode)) this.tried = true;
    };
    return html`<div role="group" aria-label="How to give arguments">
      <button type="button" aria-pressed=${!isJson} @click=${() => choose("form")}>Form</button>
      <button type="button" aria-pressed=${isJson} @click=${() => choose("json")}>JSON</button>
    </div>`;
  }

  private jsonField(mistake: Mistake | undefined): TemplateResult {
    const { draft } = this.bench;
    const isWrong = mistake !== undefined;
    return html`<div class="json">
      <label for="json">Arguments</label>
      <textarea
        id="json"
        rows=${Math.min(12, Math.max(2, draft.json.split("\n").length))}
        spellcheck="false"
        autocomplete="off"
        placeholder="None, or a JSON object"
        aria-describedby="why"
        aria-invalid=${isWrong}
        .value=${draft.json}
        @input=${(event: Event) => draft.write((event.target as HTMLTextAreaElement).value)}
      ></textarea>
    </div>`;
  }

  private formFields(mistake: Mistake | undefined): TemplateResult | TemplateResult[] {
    const { fields } = this.bench.draft;
    if (fields.length === 0) return html`<p class="muted">It takes no arguments.</p>`;
    return fields.map((field) => this.formField(field, this.tried && mistake?.field === field.name));
  }

  private formField(field: Field, isWrong: boolean): TemplateResult {
    const id = `field-${field.name}`;
    return html`<div class="field">
      <label for=${id}>${field.name}</label>
      ${this.control(field, id, isWrong)}
      <p class="under muted" id="${id}-type">${field.type}${field.isRequired ? "" : ", optional"}</p>
    </div>`;
  }

  private control(field: Field, id: string, isWrong: boolean): TemplateResult {
    const { draft } = this.bench;
    const value = draft.typed.get(field.name) ?? "";
    const take = (event: Event): void => draft.type(field.name, (event.target as HTMLInputElement).value);
    const described = isWrong ? `why ${id}-type` : `${id}-type`;
    if (field.kind === "choice") {
      return html`<select
        id=${id}
        aria-describedby=${described}
        aria-required=${field.isRequired}
        aria-invalid=${isWrong}
        @change=${take}
      >
        <option value="" .selected=${value === ""}>${field.isRequired ? "Choose …" : "not given"}</option>
        ${field.choices.map((choice) => html`<option value=${choice} .selected=${choice === value}>${choice}</option>`)}
      </select>`;
    }
    if (field.kind === "json") {
      return html`<textarea
        id=${id}
        rows="2"
        spellcheck="false"
        autocomplete="off"
        placeholder=${field.type === "object" ? "{ … }" : field.type.startsWith("list") ? "[ … ]" : "JSON"}
        aria-describedby=${described}
        aria-required=${field.isRequired}
        aria-invalid=${isWrong}
        .value=${value}
        @input=${take}
      ></textarea>`;
    }
    return html`<input
      id=${id}
      inputmode=${field.kind === "number" ? "decimal" : "text"}
      spellcheck="false"
      autocomplete="off"
      aria-describedby=${described}
      aria-required=${field.isRequired}
      aria-invalid=${isWrong}
      .value=${value}
      @input=${take}
    />`;
  }

  /** Why it does not run, or how it does. The element stays, so that a screen reader says what comes into it. */
  private why(mistake: Mistake | undefined): TemplateResult {
    const isEarly = this.bench.draft.mode === "form" && !this.tried;
    const text = mistake === undefined || isEarly ? "" : mistake.text;
    const hint = this.canRun ? "" : "Connect first.";
    return html`<span id="why" role="status" class=${text === "" ? "muted" : "mistake"}
      >${text === "" ? hint : text}</span
    >`;
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.submit(event);
  }

  private submit(event: Event): void {
    event.preventDefault();
    this.tried = true;
    if (this.canRun) void this.bench.run();
  }
}
