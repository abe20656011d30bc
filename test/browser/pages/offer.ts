// Functions of a page that tests call by their names.

// oxlint-disable-next-line typescript/no-explicit-any
type Functions = Readonly<Record<string, (...args: any[]) => unknown>>;

/** Lets tests call them. */
export function offer(functions: Functions): void {
  Object.assign(globalThis, { call: (name: string, ...args: unknown[]) => functions[name]?.(...args) });
}
