// Tabs, as people who use the keyboard know them: the arrows go from one to the next.

import { type TemplateResult, html } from "lit";

/** The tab of a panel `panel-ID` has the id `tab-ID`. */
export function tabs<Id extends string>(
  label: string,
  items: readonly (readonly [id: Id, text: string])[],
  chosen: Id,
  choose: (id: Id) => void,
): TemplateResult {
  const key = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const list = event.currentTarget as HTMLElement;
    const at = items.findIndex(([id]) => id === chosen);
    const next = items[(at + step + items.length) % items.length];
    if (step === 0 || next === undefined) return;
    event.preventDefault();
    choose(next[0]);
    list.querySelector<HTMLElement>(`#tab-${next[0]}`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label=${label} @keydown=${key}>
    ${items.map(
      ([id, text]) =>
        html`<button
          id="tab-${id}"
          role="tab"
          aria-selected=${id === chosen}
          aria-controls=${`panel-${chosen}`}
          tabindex=${id === chosen ? 0 : -1}
          @click=${() => choose(id)}
        >
          ${text}
        </button>`,
    )}
  </div>`;
}
