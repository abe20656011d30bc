// The agent in the page: its commands with their switches, and plugins from this page's own origin.

import { type TemplateResult, css, html, nothing } from "lit";
import { base } from "./base.css.ts";
import { loadModule } from "./modules.ts";
import { View } from "./view.ts";
import { watch } from "./watch.ts";

export class AgentPanel extends View {
  static override properties = { isLoading: { state: true } };
  declare private isLoading: boolean;

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        min-height: 0;
      }
      section {
        display: grid;
        grid-template-rows: auto minmax(0, 1fr);
        min-height: 0;
      }
      section + section {
        border-inline-start: 1px solid var(--border);
      }
      .item {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 3px 12px;
        font-weight: 400;
      }
      .item code {
        flex: 1;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      input[type="checkbox"] {
        width: 15px;
        min-height: 15px;
        accent-color: var(--accent);
      }
      form {
        display: grid;
        gap: 6px;
        padding: 10px 12px;
      }
      .load {
        display: flex;
        gap: 8px;
      }
      .body p {
        padding: 0 12px 8px;
      }
      @container (max-width: 620px) {
        :host {
          grid-template-columns: minmax(0, 1fr);
        }
        section + section {
          border-inline-start: 0;
          border-top: 1px solid var(--border);
        }
      }
    `,
  ];

  constructor() {
    super();
    this.isLoading = false;
    watch(this, () => [this.bench.agent]);
  }

  protected override render(): TemplateResult {
    return html`${this.commands()} ${this.plugins()}`;
  }

  private commands(): TemplateResult {
    const { agent } = this.bench;
    return html`<section aria-labelledby="commands">
      <div class="bar">
        <h2 id="commands">Commands of this page's agent</h2>
        <span class="muted">${agent.commands.length}</span>
      </div>
      <ul class="scroll" aria-label="Commands of the agent">
        ${agent.commands.map(
          ({ name, enabled, plugin }) =>
            html`<li>
              <label class="item">
                <input
                  type="checkbox"
                  .checked=${enabled}
                  @change=${(event: Event) => agent.enable(name, (event.target as HTMLInputElement).checked)}
                />
                <code>${name}</code>
                <span class="muted">${plugin}</span>
              </label>
            </li>`,
        )}
      </ul>
    </section>`;
  }

  private plugins(): TemplateResult {
    const { agent } = this.bench;
    return html`<section aria-labelledby="plugins">
      <div class="bar"><h2 id="plugins">Plugins</h2></div>
      <div class="body scroll" tabindex="-1">
        <form @submit=${(event: Event) => void this.load(event)}>
          <label for="address">Address of a module on this site</label>
          <div class="load">
            <input
              id="address"
              name="address"
              placeholder="./plugin.js"
              spellcheck="false"
              autocomplete="off"
              aria-describedby="mistake"
            />
            <button aria-disabled=${this.isLoading}>Load</button>
          </div>
          <span id="mistake" class="mistake" role="status">${agent.pluginProblem?.text}</span>
        </form>
        ${agent.plugins.length === 0 ? html`<p class="muted">None is loaded. A plugin is code: it can do what this page can.</p>` : nothing}
        <ul aria-label="Plugins">
          ${agent.plugins.map(
            (name) =>
              html`<li class="item">
                <code>${name}</code>
                <button aria-label="Remove ${name}" @click=${() => this.removePlugin(name)}>Remove</button>
              </li>`,
          )}
        </ul>
      </div>
    </section>`;
  }

  /** The button goes: whoever uses the keyboard stays among the plugins. */
  private removePlugin(name: string): void {
    this.renderRoot.querySelector<HTMLElement>(".body")?.focus();
    void this.bench.agent.removePlugin(name);
  }

  private async load(event: Event): Promise<void> {
    event.preventDefault();
    const input = this.renderRoot.querySelector("input[name=address]") as HTMLInputElement;
    const address = input.value.trim();
    if (address === "" || this.isLoading) return;
    this.isLoading = true;
    if (await this.bench.agent.addPlugin(() => loadModule(address))) input.value = "";
    this.isLoading = false;
  }
}
