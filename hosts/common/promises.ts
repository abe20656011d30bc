// What other people's code returns: a value, or a promise of one.

/** Whether it is a promise, of whatever make. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  const mayBe = (typeof value === "object" && value !== null) || typeof value === "function";
  return mayBe && typeof (value as { then?: unknown }).then === "function";
}

/** Runs what nobody waits for; `failed` is told what it throws, or what its promise rejects with. */
export function attempt(run: () => unknown, failed: (error: unknown) => void): void {
  try {
    const result = run();
    if (isPromise(result)) void Promise.resolve(result).then(undefined, failed);
  } catch (error) {
    failed(error);
  }
}
