// How much has gone over the channel, and what the role that has it has counted.

import { type TemplateResult, css, html } from "lit";
import { countOf } from "../model/wire-text.ts";
import { base } from "./base.css.ts";
import { View } from "./view.ts";
import { watch } from "./watch.ts";

export class Counters extends View {
  static override properties = { isAgent: { attribute: false } };
  declare isAgent: boolean;

  static override styles = [
    base,
    css`
      dl {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 18px;
        padding: 6px 12px;
        color: var(--muted);
        font-size: 12px;
      }
      div {
        display: flex;
        gap: 6px;
      }
      dd {
        color: var(--text);
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  constructor() {
    super();
    this.isAgent = false;
    watch(this, () => [this.bench.wire, this.bench.client, this.bench.agent], true);
  }

  protected override render(): TemplateResult {
    const { wire } = this.bench;
    const counts: readonly (readonly [string, number])[] = [
      ["Bytes in", wire.bytesIn],
      ["Bytes out", wire.bytesOut],
      ...(this.isAgent ? this.ofAgent() : this.ofClient()),
    ];
    return html`<dl>
      ${counts.map(
        ([name, count]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${countOf(count)}</dd>
          </div>`,
      )}
    </dl>`;
  }

  private ofClient(): (readonly [string, number])[] {
    const { stats } = this.bench.client;
    return [
      ["Requests", stats?.calls ?? 0],
      ["Resynchronisations", stats?.resyncs ?? 0],
      ["Bytes discarded", stats?.bytesDiscarded ?? 0],
      ["Late replies", stats?.lateReplies ?? 0],
    ];
  }

  private ofAgent(): (readonly [string, number])[] {
    const { stats } = this.bench.agent;
    return [
      ["Sessions", stats.sessionsTotal],
      ["Resynchronisations", stats.resyncs],
      ["Errors not answered", stats.suppressedErrors],
    ];
  }
}
