// <guestwire-console>: puts the views together.

import { LitElement, type PropertyValues, type TemplateResult, html, nothing } from "lit";
import type { ConsoleMembers, TransportFactory } from "../api.ts";
import { Bench } from "../model/bench.ts";
import type { Role, RoleState } from "../model/role.ts";
import { base } from "./base.css.ts";
import type { ConnectBar } from "./connect-bar.ts";
import { layout } from "./layout.css.ts";
import { tabs } from "./tabs.ts";
import { theme } from "./theme.css.ts";

export class GuestwireConsole extends LitElement implements ConsoleMembers {
  static override properties = {
    // Set anew it is chosen anew, also when it is the same.
    bridge: { useDefault: true, hasChanged: () => true },
    theme: { useDefault: true, reflect: true },
    storageKey: { useDefault: true, attribute: "storage-key" },
    token: { attribute: false },
    transport: { attribute: false },
    tab: { useDefault: true },
    below: { state: true },
  };
  declare bridge: string;
  declare theme: "light" | "dark" | "";
  declare storageKey: string;
  declare token: string;
  declare transport: TransportFactory | undefined;
  declare tab: "console" | "agent";
  declare private below: "wire" | "log";
  private bench: Bench | undefined;

  static override styles = [theme, base, layout];

  constructor() {
    super();
    this.bridge = "";
    this.theme = "";
    this.storageKey = "guestwire-console";
    this.token = "";
    this.tab = "console";
    this.below = "wire";
  }

  /** Opens the channel that is chosen, as the button does; none where the element is in no page. */
  async connect(): Promise<void> {
    // Nothing is drawn before it is.
    if (!this.isConnected) return;
    await this.updateComplete;
    await this.bar?.updateComplete;
    if (this.bar !== null && this.isConnected) await this.made.start(this.model, this.bar.opener);
  }

  private get bar(): ConnectBar | null {
    return this.renderRoot.querySelector("guestwire-console-connect");
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("bridge") || changed.has("transport")) this.bar?.forgetChoice();
  }

  async disconnect(): Promise<void> {
    await this.bench?.stop();
  }

  /** An element that has left the page keeps no port and no plugin. Moved within it, it is back in a microtask. */
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    void Promise.resolve().then(() => (this.isConnected ? undefined : this.bench?.rest()));
  }

  private get model(): Role {
    const { client, agent } = this.made;
    return this.tab === "agent" ? agent : client;
  }

  /** Made when it is first needed: the attributes are known then. */
  private get made(): Bench {
    if (this.bench === undefined) {
      const bench = new Bench(`${this.storageKey}/history`, () => localStorage);
      this.bench = bench;
      this.follow("console", bench.client);
      this.follow("agent", bench.agent);
    }
    return this.bench;
  }

  /** Tells the page around of each new state. */
  private follow(role: "console" | "agent", model: Role): void {
    let last: RoleState = model.state;
    model.observe(() => {
      this.requestUpdate();
      if (model.state === last) return;
      last = model.state;
      const detail = { role, state: last, problem: model.problem?.text };
      this.dispatchEvent(new CustomEvent("guestwire-state", { detail, bubbles: true, composed: true }));
    });
  }

  protected override render(): TemplateResult {
    const bench = this.made;
    const isAgent = this.tab === "agent";
    const isLog = this.below === "log";
    // A panel that is not shown keeps what is chosen in it.
    return html`<div class="all">
      <header part="header">
        ${tabs(
          "Role",
          [
            ["console", "Console"],
            ["agent", "Agent"],
          ],
          isAgent ? "agent" : "console",
          (tab) => (this.tab = tab),
        )}
        <guestwire-console-connect
          .bench=${bench}
          .isAgent=${isAgent}
          .bridge=${this.bridge}
          .token=${this.token}
          .transport=${this.transport}
        ></guestwire-console-connect>
      </header>
      ${this.problem()}
      <div id="panel-console" class="work console" role="tabpanel" aria-labelledby="tab-console" ?hidden=${isAgent}>
        ${this.consoleViews(bench)}
      </div>
      <div id="panel-agent" class="work agent" role="tabpanel" aria-labelledby="tab-agent" ?hidden=${!isAgent}>
        <guestwire-console-agent part="agent" .bench=${bench}></guestwire-console-agent>
      </div>
      <div class="below" part="wire">
        ${tabs(
          "Below",
          [
            ["wire", "Wire"],
            ["log", "Log"],
          ],
          this.below,
          (below) => (this.below = below),
        )}
        <div id="panel-wire" class="pane" role="tabpanel" aria-labelledby="tab-wire" ?hidden=${isLog}>
          <guestwire-console-wire .bench=${bench}></guestwire-console-wire>
        </div>
        <div id="panel-log" class="pane" role="tabpanel" aria-labelledby="tab-log" ?hidden=${!isLog}>
          <guestwire-console-log .bench=${bench}></guestwire-console-log>
        </div>
      </div>
      <footer part="counters">
        <guestwire-console-counters .bench=${bench} .isAgent=${isAgent}></guestwire-console-counters>
      </footer>
    </div>`;
  }

  private problem(): TemplateResult {
    const { problem } = this.model;
    return html`<div role="alert" part="problem" class="problem">
      ${
        problem === undefined
          ? nothing
          : html`<p><strong>${problem.text}</strong> ${problem.advice}</p>
              ${problem.code === "" ? nothing : html`<code>${problem.code}</code>`}`
      }
    </div>`;
  }

  private consoleViews(bench: Bench): TemplateResult {
    return html`
      <guestwire-console-commands part="commands" .bench=${bench}></guestwire-console-commands>
      <div class="call" part="call">
        <guestwire-console-form .bench=${bench}></guestwire-console-form>
        <guestwire-console-replies .bench=${bench}></guestwire-console-replies>
      </div>
      <guestwire-console-history part="history" .bench=${bench}></guestwire-console-history>
    `;
  }
}
