// What ends the agent.

export const STOP_SIGNALS = ["SIGTERM", "SIGINT"] as const;

/**
 * Settles with the first of SIGTERM and SIGINT. Further ones change nothing: a terminal and npm both send Ctrl-C. To the
 * agent of `--watch`, or a daemon that does not serve yet, it is as a SIGTERM that its parent goes, or has gone before.
 */
export function stopSignal(): Promise<(typeof STOP_SIGNALS)[number]> {
  return new Promise((resolve) => {
    for (const signal of STOP_SIGNALS) process.on(signal, () => resolve(signal));
    process.once("disconnect", () => resolve("SIGTERM"));
    // Undefined where there never was a channel.
    if (process.connected === false) resolve("SIGTERM");
    process.channel?.unref();
  });
}
