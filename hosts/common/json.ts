// JSON in which integers are exact. Where none is beyond 2^53 - 1, the native functions do it alone.

/** Every integer beyond 2^53 - 1 has as many digits. */
const LONG = /\d{16}/;
/** Such an integer outside strings, with what is before it. Longer ones are beyond any double. */
const INTEGER = /(^|[[,:\s])(-?\d{16,309})(?![\d.eE])/g;

/** A number outside strings that is spelled with a fraction or an exponent, with what is before it. */
const FLOAT = /(^|[[,:\s])(-?\d+(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+))/g;

/** An array or an object. */
type Tree = Record<string | number, unknown>;

/**
 * JSON.parse, but integers beyond 2^53 - 1 are bigints. One of more than 309 digits is Infinity, as it is there: to read
 * them takes more than linear time. Throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!LONG.test(text)) return value;
  // The text is valid. It is parsed again with its integers as strings, which gives two trees of the same shape.
  const root = { value };
  const open: [Tree, Tree][] = [[root, { value: JSON.parse(quoteNumbers(text, INTEGER)) as unknown }]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [tree, twin] = pair;
    for (const key of Array.isArray(tree) ? tree.keys() : Object.keys(tree)) {
      const item = tree[key];
      const digits = twin[key];
      if (typeof item === "object" && item !== null) open.push([item as Tree, digits as Tree]);
      else if (typeof digits === "string" && typeof item === "number" && !Number.isSafeInteger(item)) {
        tree[key] = BigInt(digits);
      }
    }
  }
  return root.value;
}

/**
 * JSON.parse, but numbers that are spelled as floats are strings: QAPI does not take `1.0` for an integer. Where there is
 * none this is `value`, which is what the text was parsed to.
 */
export function parseSpelling(text: string, value: unknown): unknown {
  return /\d[.eE]/.test(text) ? JSON.parse(quoteNumbers(text, FLOAT)) : value;
}

/** Valid JSON with those of its numbers as strings. */
function quoteNumbers(text: string, numbers: RegExp): string {
  let quoted = "";
  let done = 0;
  for (let from = 0; ;) {
    const quote = text.indexOf('"', from);
    const open = quote < 0 ? text.length : quote;
    // Between strings that follow each other there is no number.
    if (open - from > 3) {
      quoted += text.slice(done, from) + text.slice(from, open).replace(numbers, '$1"$2"');
      done = open;
    }
    if (quote < 0) return quoted + text.slice(done);
    from = stringEnd(text, open);
  }
}

/** Where the string that opens at `open` ends. A regular expression would run out of stack on a long one. */
export function stringEnd(text: string, open: number): number {
  for (let quote = text.indexOf('"', open + 1); ; quote = text.indexOf('"', quote + 1)) {
    let escape = quote;
    while (text[escape - 1] === "\\") escape--;
    if ((quote - escape) % 2 === 0) return quote + 1;
  }
}

/** Stands for a bigint until the value is text. JSON.stringify writes it as it is. */
const MARK = "\x7f";
/** The mark as a value, with what is before it. As a key it has a colon behind it, in a string a backslash before it. */
const MARKED = /(^|[[,:\s])"\x7f"(?!:)/g;

/**
 * JSON.stringify, but bigints are written as integers, whatever BigInt.prototype.toJSON there is. `space`: by how much each
 * level is indented; 0: all in one line.
 */
export function formatJson(value: unknown, space = 0): string | undefined {
  if (!("toJSON" in BigInt.prototype)) {
    try {
      return JSON.stringify(value, null, space);
    } catch (error) {
      // So it says that there is a bigint, among others.
      if (!(error instanceof TypeError)) throw error;
    }
  }
  const literals: string[] = [];
  const text = JSON.stringify(
    value,
    function (this: Tree, key, item: unknown) {
      // The item is what toJSON returned, which may be no bigint any more.
      const bigint = typeof item === "bigint" ? item : this[key];
      if (typeof bigint === "bigint") {
        literals.push(String(bigint));
        return MARK;
      }
      const written = isString(item) ? String(item) : item;
      if (written === MARK) literals.push(`"${MARK}"`);
      return written;
    },
    space,
  ) as string | undefined;
  let next = 0;
  return text?.replace(MARKED, (_, before: string) => before + literals[next++]);
}

/** Whether it is written as a string: a String object is, too, of whatever realm. It has a length of its own. */
function isString(item: unknown): boolean {
  if (typeof item !== "object" || item === null) return typeof item === "string";
  if (Array.isArray(item) || !Object.hasOwn(item, "length")) return false;
  try {
    String.prototype.valueOf.call(item);
    return true;
  } catch {
    return false;
  }
}
