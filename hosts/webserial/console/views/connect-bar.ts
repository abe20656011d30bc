// Where the channel comes from, what its state is, and the buttons that open and close it.

import { type PropertyValues, type TemplateResult, css, html, nothing } from "lit";
import type { TransportFactory } from "../api.ts";
import type { Opener, Role, RoleState } from "../model/role.ts";
import { base } from "./base.css.ts";
import { type ChannelKind, SPEEDS, hasSerial, serialOpener, websocketOpener } from "./channels.ts";
import { View } from "./view.ts";
import { watch } from "./watch.ts";

/** States in words, for the client and for the agent. */
const WORDS: Record<RoleState, readonly [client: string, agent: string]> = {
  idle: ["Not connected", "Stopped"],
  connecting: ["Connecting …", "Opening …"],
  syncing: ["Synchronising …", "Serving"],
  ready: ["Ready", "Serving"],
  lost: ["Channel lost", "Channel lost"],
  closing: ["Disconnecting …", "Stopping …"],
};

const TONES: Record<RoleState, string> = {
  idle: "off",
  connecting: "busy",
  syncing: "busy",
  ready: "good",
  lost: "bad",
  closing: "busy",
};

const KINDS: Record<ChannelKind, string> = {
  given: "This page's channel",
  serial: "Serial port",
  websocket: "WebSocket",
};

export class ConnectBar extends View {
  static override properties = {
    isAgent: { attribute: false },
    bridge: { attribute: false },
    token: { attribute: false },
    transport: { attribute: false },
    picked: { state: true },
    speed: { state: true },
    address: { state: true },
  };
  declare isAgent: boolean;
  declare bridge: string;
  declare token: string;
  declare transport: TransportFactory | undefined;
  declare private picked: ChannelKind | undefined;
  declare private speed: number;
  /** What was typed in place of the bridge's address. */
  declare private address: string | undefined;

  private hadFocus = false;

  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 8px;
      }
      .state {
        display: inline-flex;
        align-items: center;
        gap: 7px;
        margin-inline-end: 6px;
        font-weight: 600;
        white-space: nowrap;
      }
      .state::before {
        width: 9px;
        height: 9px;
        border: 2px solid var(--dot);
        border-radius: 50%;
        background: var(--dot);
        content: "";
      }
      .off {
        --dot: var(--edge);
      }
      .off::before {
        background: none;
      }
      .busy {
        --dot: var(--warning);
      }
      .good {
        --dot: var(--good);
      }
      .bad {
        --dot: var(--bad);
      }
      @media (forced-colors: active) {
        .good::before {
          background: CanvasText;
        }
      }
      .version {
        font-weight: 400;
      }
      input {
        width: 230px;
      }
      @container (max-width: 620px) {
        .state {
          flex: 1 0 100%;
        }
        input {
          flex: 1;
          width: auto;
        }
        .grow {
          flex: 1;
        }
      }
      @media (prefers-reduced-motion: no-preference) {
        .busy::before {
          animation: pulse 1.2s ease-in-out infinite alternate;
        }
        @keyframes pulse {
          to {
            opacity: 0.35;
          }
        }
      }
    `,
  ];

  constructor() {
    super();
    this.isAgent = false;
    this.bridge = "";
    this.token = "";
    this.speed = 115_200;
    watch(this, () => [this.bench.client, this.bench.agent]);
  }

  /** The button that was pressed goes, and another one comes: whoever uses the keyboard stays where they were. */
  protected override willUpdate(_: PropertyValues): void {
    this.hadFocus ||= (this.renderRoot as ShadowRoot | undefined)?.activeElement instanceof HTMLButtonElement;
  }

  protected override updated(_: PropertyValues): void {
    if (!this.hadFocus) return;
    const button = this.renderRoot.querySelector<HTMLElement>("button:not(:disabled)");
    if (button === null) return;
    if (document.activeElement === document.body) button.focus();
    this.hadFocus = false;
  }

  private get model(): Role {
    return this.isAgent ? this.bench.agent : this.bench.client;
  }

  private get kind(): ChannelKind {
    if (this.picked !== undefined) return this.picked;
    if (this.transport !== undefined) return "given";
    return this.bridge !== "" || !hasSerial() ? "websocket" : "serial";
  }

  private refused(): void {
    this.dispatchEvent(new CustomEvent("guestwire-refused", { bubbles: true, composed: true }));
  }

  /** What a person has chosen or typed gives way to what the page around sets. */
  forgetChoice(): void {
    this.picked = undefined;
    this.address = undefined;
  }

  private get url(): string {
    return this.address ?? this.bridge;
  }

  /** What the person has chosen, or what the page around has set. */
  get opener(): Opener {
    const { transport } = this;
    if (this.kind === "given" && transport !== undefined) return async (signal) => transport(signal);
    if (this.kind === "serial") return serialOpener(this.speed);
    const { url } = this;
    // The token is the bridge's: no other server is told.
    return url === this.bridge
      ? websocketOpener(url, this.token, () => this.refused())
      : websocketOpener(url, "", () => {});
  }

  protected override render(): TemplateResult {
    const { model, isAgent } = this;
    const other = isAgent ? this.bench.client : this.bench.agent;
    const words = WORDS[model.state][isAgent ? 1 : 0];
    const version = isAgent ? "" : this.bench.client.version;
    return html`
      <span class="state ${TONES[model.state]}" role="status">
        <span>${words}${version === "" ? nothing : html`<span class="version muted"> · agent ${version}</span>`}</span>
      </span>
      ${this.controls(model, other)}
    `;
  }

  private controls(model: Role, other: Role): TemplateResult {
    if (model.state !== "idle") return this.running(model);
    return other.state === "idle" ? this.choice() : this.occupied();
  }

  private occupied(): TemplateResult {
    const [text, button] = this.isAgent
      ? ["The console has the channel.", "Disconnect it"]
      : ["The agent has the channel.", "Stop it"];
    return html`<span class="muted">${text}</span><button @click=${() => void this.bench.stop()}>${button}</button>`;
  }

  private running(model: Role): TemplateResult {
    const isClosing = model.state === "closing";
    const stop = model.state === "connecting" ? "Cancel" : this.isAgent ? "Stop" : "Disconnect";
    const canSync = !this.isAgent && (model.state === "ready" || model.state === "lost");
    return html`
      ${
        this.isAgent || model.state === "connecting"
          ? nothing
          : html`<button ?disabled=${!canSync} @click=${() => void this.bench.client.sync()}>Resynchronise</button>`
      }
      <button @click=${(event: MouseEvent) => this.stop(isClosing, event)}>${isClosing ? "Close now" : stop}</button>
    `;
  }

  /** The second click of a double click is no hurry. */
  private stop(isClosing: boolean, { detail }: MouseEvent): void {
    if (!isClosing) void this.bench.stop();
    else if (detail < 2) this.bench.hurry();
  }

  private choice(): TemplateResult {
    const { kind } = this;
    const kinds = (Object.keys(KINDS) as ChannelKind[]).filter(
      (one) => one !== "given" || this.transport !== undefined,
    );
    const start = this.isAgent ? "Serve" : "Connect";
    return html`
      <select
        class="grow"
        aria-label="Channel"
        @change=${(event: Event) => (this.picked = (event.target as HTMLSelectElement).value as ChannelKind)}
      >
        ${kinds.map((one) => html`<option value=${one} .selected=${one === kind}>${KINDS[one]}</option>`)}
      </select>
      ${kind === "serial" ? this.serialFields() : kind === "websocket" ? this.websocketFields() : nothing}
      <button
        class="primary"
        ?disabled=${(kind === "serial" && !hasSerial()) || (kind === "websocket" && this.url === "")}
        @click=${() => void this.bench.start(this.model, this.opener)}
      >
        ${start}${kind === "serial" ? " …" : ""}
      </button>
    `;
  }

  private serialFields(): TemplateResult {
    if (!hasSerial()) {
      return html`<span class="mistake"
        >This browser has no serial ports, or the page is not on https or localhost.</span
      >`;
    }
    return html`<select
      aria-label="Speed"
      @change=${(event: Event) => (this.speed = Number((event.target as HTMLSelectElement).value))}
    >
      ${SPEEDS.map((speed) => html`<option value=${speed} .selected=${speed === this.speed}>${speed} baud</option>`)}
    </select>`;
  }

  private websocketFields(): TemplateResult {
    return html`<input
      type="url"
      aria-label="Address of the WebSocket"
      placeholder="ws://localhost:8080/"
      spellcheck="false"
      .value=${this.url}
      @input=${(event: Event) => (this.address = (event.target as HTMLInputElement).value.trim())}
    />`;
  }
}
