// Functions of a page, or of a worker, that tests call by their names.

// oxlint-disable-next-line typescript/no-explicit-any
export type Functions = Readonly<Record<string, (...args: any[]) => unknown>>;

/** Calls one. What it throws has its code in its message: no more than that reaches a test. */
export async function answer(functions: Functions, name: string, args: readonly unknown[]): Promise<unknown> {
  try {
    return await functions[name]?.(...args);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    throw typeof code === "string" ? new Error(`${code}: ${message}`, { cause: error }) : error;
  }
}

/** Lets tests call them. */
export function offer(functions: Functions): void {
  globalThis.call = (name, ...args) => answer(functions, name, args);
}
