// What has to be undone however the benchmark ends: processes and folders.

const pending = new Set<() => void>();

process.on("exit", () => {
  for (const undo of [...pending].toReversed()) undo();
});
for (const [signal, status] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.once(signal, () => process.exit(status));
}

/** Runs `undo` when the benchmark ends, unless what this returns was called before. It must not throw. */
export function atEnd(undo: () => void): () => void {
  pending.add(undo);
  return () => pending.delete(undo);
}
