// Where the views are, on a desk and on a phone. The element's own width counts, not the window's.

import { css } from "lit";

export const layout = css`
  :host {
    height: 100%;
    min-height: 560px;
    overflow: auto;
    border: 1px solid var(--border);
    border-radius: var(--radius);
    background: var(--background);
    container-type: inline-size;
  }
  .all {
    display: grid;
    grid-template: auto auto minmax(0, 1.15fr) minmax(0, 1fr) auto / minmax(0, 1fr);
    height: 100%;
    min-height: 560px;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px 16px;
    padding: 6px 12px;
    border-bottom: 1px solid var(--border);
    background: var(--surface);
  }
  .tabs {
    display: flex;
    gap: 2px;
  }
  .tabs button {
    border-color: transparent;
    background: none;
    color: var(--muted);
    font-weight: 600;
  }
  .tabs button:hover {
    color: var(--text);
  }
  .tabs button[aria-selected="true"] {
    background: var(--selected);
    color: var(--text);
  }
  @media (forced-colors: active) {
    .tabs button[aria-selected="true"] {
      border-color: Highlight;
      border-bottom-width: 3px;
    }
  }
  guestwire-console-connect {
    flex: 1;
    justify-content: flex-end;
  }
  .problem {
    display: flex;
    align-items: baseline;
    gap: 12px;
    padding: 8px 12px;
    border-bottom: 1px solid var(--border);
    border-inline-start: 4px solid var(--bad);
    background: var(--surface);
  }
  /* Without a problem it is there all the same: screen readers say what comes into it. */
  .problem:not(:has(p)) {
    padding: 0;
    border: 0;
  }
  .problem p {
    flex: 1;
    overflow-wrap: anywhere;
  }
  .problem code {
    color: var(--muted);
  }
  .work {
    display: grid;
    grid-row: 3;
    grid-template-columns: 270px minmax(0, 1fr) 230px;
    min-height: 0;
    background: var(--surface);
  }
  .work.agent {
    grid-template-columns: minmax(0, 1fr);
  }
  .call {
    display: grid;
    grid-template-rows: auto minmax(0, 1fr);
    min-width: 0;
    min-height: 0;
    overflow: auto;
    border-inline: 1px solid var(--border);
  }
  guestwire-console-form,
  guestwire-console-replies {
    min-width: 0;
  }
  .below {
    display: grid;
    grid-row: 4;
    grid-template: minmax(0, 1fr) / auto minmax(0, 1fr);
    min-height: 0;
    border-top: 1px solid var(--border);
    background: var(--surface);
  }
  /* On the line that the views begin with; these have both columns, and leave the first of them free there. */
  .below > .tabs {
    z-index: 1;
    grid-area: 1 / 1;
    align-self: start;
    padding-block: 6px;
    padding-inline-start: 10px;
  }
  .pane {
    display: grid;
    grid-area: 1 / 1 / 2 / 3;
    grid-template-columns: subgrid;
    min-width: 0;
    min-height: 0;
  }
  .pane > * {
    grid-column: 1 / -1;
    min-width: 0;
  }
  footer {
    grid-row: 5;
    border-top: 1px solid var(--border);
    background: var(--surface);
  }
  @container (max-width: 620px) {
    .all {
      display: block;
      height: auto;
    }
    header {
      padding-block: 8px;
    }
    guestwire-console-connect {
      flex-basis: 100%;
      justify-content: flex-start;
    }
    .work.console,
    .below {
      display: block;
    }
    .work.console > *,
    .pane {
      border-bottom: 1px solid var(--border);
    }
    .work .call {
      border-inline: 0;
    }
    .pane {
      grid-template-columns: minmax(0, 1fr);
      height: 420px;
    }
    .below > .tabs {
      padding: 6px 10px;
    }
    guestwire-console-commands {
      height: 260px;
    }
    guestwire-console-replies {
      max-height: 420px;
    }
    guestwire-console-history {
      max-height: 200px;
    }
  }
  @container (min-width: 621px) and (max-width: 960px) {
    .work.console {
      grid-template-columns: 230px minmax(0, 1fr);
      grid-template-rows: minmax(0, 1fr) minmax(0, 150px);
    }
    .work.console > .call {
      grid-row: 1 / 3;
      grid-column: 2;
      border-inline-end: 0;
    }
    .work.console > guestwire-console-history {
      border-top: 1px solid var(--border);
    }
  }
`;
