// JSON in which no digit is lost: numbers are kept as they are spelled, and compared by the value that the real agent
// holds.

/** A string with `s` in front, or a number's spelling with `n` in front. */
type Marked = `${"s" | "n"}${string}`;

/** Parses JSON; its strings, keys among them, and its numbers become Marked strings. Throws where it is none. */
export function parseExact(json: string): unknown {
  return JSON.parse(
    json.replace(/"((?:[^"\\]+|\\.)*)"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token, text?: string) =>
      text === undefined ? `"n${token}"` : `"s${text}"`,
    ),
  );
}

/** Whether two parsed values are the same: objects in any order of keys, integers by digit, floats by their double. */
export function sameValue(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one === "string" && typeof other === "string") return sameDouble(one as Marked, other as Marked);
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => sameValue(item, other[index]));
  }
  if (!isRecord(one) || !isRecord(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && sameValue(one[key], other[key]))
  );
}

/** Two spellings of one double, at least one of them not an integer's: those are the same only digit by digit. */
function sameDouble(one: Marked, other: Marked): boolean {
  if (!one.startsWith("n") || !other.startsWith("n")) return false;
  if (/^n-?\d+$/.test(one) && /^n-?\d+$/.test(other)) return false;
  return Object.is(Number(one.slice(1)), Number(other.slice(1)));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
