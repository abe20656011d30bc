// The documentation tells the truth where that can be checked.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LIMIT_NAMES } from "guestwire";
import { completeLimits } from "../hosts/common/limits.ts";

const ROOT = join(import.meta.dirname, "..");

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** A test's title where it is declared: as it stands, or behind the engine's name. */
const TITLE = /^ *(?:test|onEachBuild)\(\s*(?:"([^"\\]+)"|`\$\{core\}: ([^`$\\]+)`),/gm;

function titles(): Set<string> {
  const files = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" });
  const sources = files.filter((file) => file.endsWith(".test.ts")).map((file) => read(join("test", file)));
  return new Set(sources.flatMap((text) => [...text.matchAll(TITLE)].map((match) => match[1] ?? match[2] ?? "")));
}

test("each difference from the real agent names a test that there is", () => {
  const tests = titles();
  const table = read("docs/wire.md").split("| qemu-ga | Guestwire |")[1] ?? "";
  const rows = table.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| ---"));
  assert.ok(rows.length >= 12);
  for (const row of rows) {
    const named = [...(row.split("|").at(-2) ?? "").matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? "");
    assert.ok(named.length > 0, `no test is named: ${row}`);
    for (const name of named) assert.ok(tests.has(name), `there is no test "${name}"`);
  }
});

test("the README has every limit with its default", () => {
  const readme = read("README.md").replaceAll(",", "");
  const limits = completeLimits();
  for (const name of LIMIT_NAMES) {
    const row = readme.split("\n").find((line) => line.startsWith("| ") && line.includes(`\`${name}\``));
    assert.ok(row, `${name} is missing`);
    assert.match(row, new RegExp(`\\b${limits[name]}\\b`), name);
  }
});
