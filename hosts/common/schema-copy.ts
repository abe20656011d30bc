// Declarations that nobody changes once they are checked.

/**
 * The same declaration, frozen: its lists and plain objects are copied, each once however often it is there. All else is as
 * it is.
 */
export function frozenCopy<T>(declared: T): T {
  return copyOf(declared, new Map()) as T;
}

function copyOf(value: unknown, copies: Map<object, object>): unknown {
  if (!Array.isArray(value) && !isPlainObject(value)) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  const copy = Array.isArray(value) ? [] : {};
  copies.set(value, copy);
  // Not by assignment: a member may be called __proto__.
  for (const [key, item] of Object.entries(value)) {
    Object.defineProperty(copy, key, { value: copyOf(item, copies), enumerable: true });
  }
  return Object.freeze(copy);
}

/** Whether it is an object as braces make them, in whatever realm: no list, no Map, nothing of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
