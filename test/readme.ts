// Code of the README, for tests that run it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The one code block of the README that has this word. */
export function readmeBlock(word: string): string {
  const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  const blocks = readme.match(/(?<=^```js\n)[^`]+(?=^```$)/gm) ?? [];
  const [block, ...more] = blocks.filter((text) => text.includes(word));
  assert.ok(block !== undefined && more.length === 0, `one code block of the README should have ${word}`);
  return block;
}
