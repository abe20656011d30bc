// Tabs, as people who use the keyboard know them: the arrows go from one to the next, Home and End to the first and the last.

import { type TemplateResult, html } from "lit";

/** The tab of a panel `panel-ID` has the id `tab-ID`. */
export function tabs<Id extends string>(
  label: string,
  items: readonly (readonly [id: Id, text: string])[],
  chosen: Id,
  choose: (id: Id) => void,
): TemplateResult {
  const key = (event: KeyboardEvent): void => {
    const list = event.currentTarget as HTMLElement;
    const at = items.findIndex(([id]) => id === chosen);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    const next = to === undefined ? undefined : items.at(to % items.length);
    if (next === undefined) return;
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
          aria-controls="panel-${id}"
          tabindex=${id === chosen ? 0 : -1}
          @click=${() => choose(id)}
        >
          ${text}
        </button>`,
    )}
  </div>`;
}
