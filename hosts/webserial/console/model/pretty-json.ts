// JSON for people to read: of values of any depth, and only as much as is wanted.

/** Levels that are indented. What is deeper stands in one line: its blanks would soon be more than itself. */
const LEVELS = 20;

/** An object or array that is being written. */
interface Level {
  /** Undefined: an array. */
  readonly keys: readonly string[] | undefined;
  readonly items: readonly unknown[];
  /** How many are written. */
  count: number;
}

/** A value that came as JSON, bigints among it; cut soon after `most` characters. JSON.stringify has a depth where it throws. */
export function prettyJson(value: unknown, most = Infinity): string {
  const open: Level[] = [];
  let text = "";
  for (let item = value; ;) {
    const level = levelOf(item);
    if (level === undefined) text += typeof item === "bigint" ? String(item) : (JSON.stringify(item) ?? "");
    else if (level.items.length === 0) text += level.keys === undefined ? "[]" : "{}";
    else {
      text += level.keys === undefined ? "[" : "{";
      open.push(level);
    }
    let last = open.at(-1);
    while (last !== undefined && last.count === last.items.length) {
      open.pop();
      text += `${lineBreak(open.length, open.length + 1)}${last.keys === undefined ? "]" : "}"}`;
      last = open.at(-1);
    }
    if (last === undefined || text.length > most) return text;
    if (last.count > 0) text += ",";
    text += lineBreak(open.length, open.length);
    if (last.keys !== undefined) text += `${JSON.stringify(last.keys[last.count])}: `;
    item = last.items[last.count++];
  }
}

function levelOf(item: unknown): Level | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  if (Array.isArray(item)) return { keys: undefined, items: item, count: 0 };
  return { keys: Object.keys(item), items: Object.values(item), count: 0 };
}

/** Before an item, or a bracket that closes, of the given level. */
function lineBreak(indent: number, level: number): string {
  return level > LEVELS ? "" : `\n${"  ".repeat(indent)}`;
}
