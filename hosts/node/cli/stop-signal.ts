// What ends the agent.

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/**
 * Settles with the first of SIGTERM and SIGINT. Further ones change nothing: a terminal and npm both send Ctrl-C. To the
 * agent of `--watch`, whose parent has gone, it is as a SIGTERM.
 */
export function stopSignal(): Promise<(typeof SIGNALS)[number]> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.on(signal, () => resolve(signal));
    process.once("disconnect", () => resolve("SIGTERM"));
    process.channel?.unref();
  });
}
