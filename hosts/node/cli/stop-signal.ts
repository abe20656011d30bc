// The signals that end the agent.

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** Settles with the first of SIGTERM and SIGINT. Further ones change nothing: a terminal and npm both send Ctrl-C. */
export function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.on(signal, () => resolve(signal));
  });
}
