// The colours and the type. Each is a custom property that the embedding page can set on the element; what it leaves out
// follows the scheme, light or dark.

import { css } from "lit";

export const theme = css`
  :host {
    color-scheme: light dark;
    --background: var(--guestwire-background, light-dark(#f4f6f8, #0e1217));
    --surface: var(--guestwire-surface, light-dark(#ffffff, #161b22));
    --raised: var(--guestwire-raised, light-dark(#eef1f4, #1f2630));
    --border: var(--guestwire-border, light-dark(#d8dee5, #2b333e));
    --edge: var(--guestwire-edge, light-dark(#848e9a, #66717f));
    --text: var(--guestwire-text, light-dark(#1b2129, #e4e9ef));
    --muted: var(--guestwire-muted, light-dark(#566170, #9ba6b3));
    --accent: var(--guestwire-accent, light-dark(#0b62b8, #6db3f7));
    --on-accent: var(--guestwire-on-accent, light-dark(#ffffff, #0b1623));
    --selected: var(--guestwire-selected, light-dark(#e2eefa, #1b3048));
    --good: var(--guestwire-good, light-dark(#17703a, #62c98a));
    --warning: var(--guestwire-warning, light-dark(#8a5300, #e5b155));
    --bad: var(--guestwire-bad, light-dark(#b3261e, #ff938a));
    --incoming: var(--guestwire-incoming, light-dark(#17703a, #62c98a));
    --outgoing: var(--guestwire-outgoing, light-dark(#0b62b8, #6db3f7));
    --sentinel: var(--guestwire-sentinel, light-dark(#8a2a86, #e69be3));
    --font: var(--guestwire-font, system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif);
    --mono: var(--guestwire-mono, ui-monospace, "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace);
    --radius: var(--guestwire-radius, 5px);
  }
  :host([theme="light"]) {
    color-scheme: light;
  }
  :host([theme="dark"]) {
    color-scheme: dark;
  }
`;
