// Whom the agents on a socket are held against.

import type { Rival } from "./figures.ts";

/** All against QEMU's own agent, which stands alone. `leastOf` says how many times as good as it each has to be. */
export function againstReal(
  agents: readonly { readonly subject: string }[],
  leastOf: (subject: string) => number | undefined = () => undefined,
): Record<string, Rival> {
  const real = "qemu-ga";
  const rivalOf = (subject: string): Rival => {
    const least = leastOf(subject);
    return least === undefined ? { subject: real } : { subject: real, least };
  };
  return Object.fromEntries(
    agents.filter(({ subject }) => subject !== real).map(({ subject }) => [subject, rivalOf(subject)]),
  );
}
