// Lists whose rows are buttons.

import { css } from "lit";

export const rows = css`
  li button {
    width: 100%;
    padding: 4px 12px;
    border: 0;
    border-radius: 0;
    background: none;
    direction: ltr;
    font: 12px/1.45 var(--mono);
    text-align: start;
  }
  li button:hover {
    background: var(--raised);
  }
  li button:focus-visible {
    outline-offset: -2px;
  }
`;
