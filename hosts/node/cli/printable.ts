// Texts that come from elsewhere: they must not look like lines of their own, nor steer a terminal.

import { formatJson } from "../../common/json.ts";

/** The text with its control characters as `\uXXXX`. */
export function inOneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A value as JSON in one line, or in lines indented by two. */
export function jsonText(value: unknown, pretty: boolean): string {
  const lines = formatJson(value, pretty ? 2 : 0)?.split("\n") ?? [];
  return lines.map(inOneLine).join("\n");
}

/** A word for a shell. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
