// What the views have in common: controls, headings, empty states.

import { css } from "lit";

export const base = css`
  :host {
    display: block;
    color: var(--text);
    font: 13px/1.45 var(--font);
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h2,
  h3,
  p,
  ul,
  ol,
  pre,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  h2 {
    font-size: 13px;
    font-weight: 600;
  }
  /* Code, and bytes, run from left to right in every page. */
  code,
  pre,
  .mono {
    direction: ltr;
    unicode-bidi: isolate;
    font-family: var(--mono);
    font-size: 12px;
  }
  button,
  input,
  select,
  textarea {
    min-height: 28px;
    margin: 0;
    padding: 3px 9px;
    border: 1px solid var(--edge);
    border-radius: var(--radius);
    background: var(--surface);
    color: var(--text);
    font: inherit;
  }
  input,
  textarea {
    width: 100%;
  }
  textarea {
    display: block;
    padding-block: 5px;
    resize: vertical;
  }
  input::placeholder,
  textarea::placeholder {
    color: var(--muted);
    opacity: 1;
  }
  [aria-invalid="true"] {
    border-color: var(--bad);
  }
  button {
    border-color: var(--border);
    background: var(--raised);
    font-weight: 500;
    white-space: nowrap;
    cursor: pointer;
  }
  button:hover:not(:disabled) {
    border-color: var(--edge);
  }
  button:disabled {
    color: var(--muted);
    cursor: default;
  }
  button.primary {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--on-accent);
  }
  button.primary:hover:not(:disabled) {
    border-color: var(--accent);
    filter: brightness(1.08);
  }
  button.primary:disabled {
    border-color: var(--border);
    background: var(--raised);
    color: var(--muted);
  }
  button.quiet {
    border-color: transparent;
    background: none;
    color: var(--accent);
  }
  button.quiet:disabled {
    color: var(--muted);
  }
  button[aria-pressed="true"] {
    border-color: var(--accent);
    background: var(--selected);
  }
  /* Without colours of ours, what is pressed or wrong has another border; outlines are for focus. */
  @media (forced-colors: active) {
    [aria-invalid="true"],
    button[aria-pressed="true"] {
      border-color: Highlight;
      border-bottom-width: 3px;
    }
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }
  label {
    font-weight: 500;
  }
  .muted {
    color: var(--muted);
  }
  .empty {
    padding: 14px 12px;
    color: var(--muted);
  }
  .mistake {
    color: var(--bad);
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px 8px;
    min-height: 40px;
    padding: 5px 12px;
    border-bottom: 1px solid var(--border);
  }
  /* The tabs of layout.css.ts stand in the first column of the same line. */
  .bar.beside-tabs {
    grid-column: 2;
    border-bottom: 0;
  }
  .bar.beside-tabs + * {
    border-top: 1px solid var(--border);
  }
  @container (max-width: 620px) {
    .bar.beside-tabs {
      grid-column: 1;
    }
  }
  .bar > h2 {
    flex: 1;
  }
  .scroll {
    overflow: auto;
    scrollbar-width: thin;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (pointer: coarse) {
    button,
    input,
    select {
      min-height: 36px;
    }
  }
`;
