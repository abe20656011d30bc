// The numbers of guestwire.h, from core/codes.ts. `node scripts/header.mjs` writes them into hosts/wasm/c/guestwire.h.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(import.meta.dirname, "..");
const HEADER = join(root, "hosts/wasm/c/guestwire.h");

/** What crosses the boundary to an embedder; the rest of codes.ts stays between the core and its commands. */
const PUBLIC = /^(ABI|WINDOW_BYTES|(CLASS|LEVEL|DOMAIN|FLAG|LIMIT|STATUS|COUNT)_\w+)$/;
const BEGIN = "/* --- Made from core/codes.ts by scripts/header.mjs. --- */\n";
const END = "/* --- End of what is made. --- */\n";

/** The header as it should be: what stands in it, with its numbers made anew. */
export function headerText() {
  const [head = "", rest] = readFileSync(HEADER, "utf8").split(BEGIN);
  const tail = rest?.split(END)[1];
  if (tail === undefined) throw new Error(`${HEADER} has lost the marks between which the numbers stand`);
  return head + BEGIN + numbers() + END + tail;
}

/** What a comment says of files and pages that a reader of the header does not have. */
const INSIDE = [/ \(PROTOCOL [\d.]+\)/, / of wasm\.ts/, /; limits\.ts [^.]*/];

function forEmbedder(comment) {
  return INSIDE.reduce((text, inside) => text.replace(inside, ""), comment);
}

function numbers() {
  let text = "";
  let heading = "";
  let comment = "";
  for (const line of readFileSync(join(root, "core/codes.ts"), "utf8").split("\n")) {
    const [, name, value] = /^export const (\w+): i32 = (-?\d+);$/.exec(line) ?? [];
    if (line.startsWith("// --- ")) heading = `\n/* ${forEmbedder(line.slice("// --- ".length))} */\n`;
    else if (line.startsWith("/** ")) comment = `${forEmbedder(line)}\n`;
    else if (name !== undefined && PUBLIC.test(name)) {
      text += `${heading}${comment}#define GW_${name} ${value}\n`;
      heading = comment = "";
    } else comment = "";
  }
  return `${text}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(HEADER, headerText());
