// Whom the agents on a socket are held against.

import type { Rival } from "./figures.ts";

/** All against QEMU's own agent, which stands alone. */
export function againstReal(agents: readonly { readonly subject: string }[], least?: number): Record<string, Rival> {
  const rival: Rival = { subject: "qemu-ga", ...(least === undefined ? {} : { least }) };
  return Object.fromEntries(
    agents.filter(({ subject }) => subject !== rival.subject).map(({ subject }) => [subject, rival]),
  );
}
