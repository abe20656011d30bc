// The members of a JSON object as they are spelled: 1.0 is not 1, and no number is rounded.

import { stringEnd } from "../../../common/json.ts";

/** The text of each value by its name. `text` is valid JSON, and an object. Undefined where a name is there twice. */
export function memberTexts(text: string): Map<string, string> | undefined {
  const members = new Map<string, string>();
  let depth = 0;
  let start = 0;
  let name: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char === '"') i = stringEnd(text, i) - 1;
    else if (char === "{" || char === "[") {
      if (depth++ === 0) start = i + 1;
    } else if (char === ":" && depth === 1) {
      name = JSON.parse(text.slice(start, i)) as string;
      start = i + 1;
    } else if (char === "," ? depth === 1 : (char === "}" || char === "]") && --depth === 0) {
      if (name === undefined) break;
      if (members.has(name)) return undefined;
      members.set(name, text.slice(start, i).trim());
      start = i + 1;
    }
  }
  return members;
}
