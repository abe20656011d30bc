// What an embedder of agent.wasm reads: docs/wasm.md and guestwire.h say what the module and the core have.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CORE_LIMITS, completeLimits } from "../hosts/common/limits.ts";
import { headerText } from "../scripts/header.mjs";

const ROOT = join(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const PAGE = read("docs/wasm.md");
/** The numbers of core/codes.ts that an embedder meets. */
const CODES = [
  ...read("core/codes.ts").matchAll(
    /^export const ((?:CLASS|LEVEL|DOMAIN|FLAG|LIMIT|STATUS|COUNT)_\w+): i32 = (\d+);$/gm,
  ),
];
const NAMES = CODES.map(([, name = ""]) => name);

test("guestwire.h has the numbers of core/codes.ts: node scripts/header.mjs writes them", () => {
  const header = read("hosts/wasm/c/guestwire.h");
  assert.equal(header, headerText());
  assert.equal(header, read("dist/guestwire.h"));
  assert.ok(CODES.length > 20);
  for (const [, name, value] of CODES) assert.match(header, new RegExp(`^#define GW_${name} ${value}$`, "m"));
});

test("docs/wasm.md has every function of agent.wasm, and no other", () => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(join(ROOT, "dist/agent.wasm"))));
  const functions = Object.keys(exports).filter((name) => typeof exports[name] === "function");
  const rows = PAGE.split("\n").filter((line) => line.startsWith("| `gw_"));
  const described = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(gw_\w+)\(([^)]*)\)`/g)]);
  assert.deepEqual(described.map(([, name]) => name).toSorted(), functions.toSorted());
  for (const [, name = "", parameters = ""] of described) {
    const count = parameters === "" ? 0 : parameters.split(",").length;
    assert.equal((exports[name] as (...args: number[]) => number).length, count, name);
  }
  for (const [name] of PAGE.matchAll(/\bgw_\w+/g)) assert.ok(functions.includes(name), name);
});

test("docs/wasm.md has every status bit, and every limit with its default and range", () => {
  const rows = PAGE.replaceAll(",", "").split("\n");
  const row = (name: string): string => rows.find((line) => line.startsWith(`| \`${name}\``)) ?? "";
  for (const name of NAMES.filter((code) => code.startsWith("STATUS_"))) assert.ok(row(name), name);
  const defaults = completeLimits();
  for (const name of Object.keys(CORE_LIMITS) as (keyof typeof CORE_LIMITS)[]) {
    const [, , value, range] = row(`LIMIT_${name.replaceAll(/[A-Z]/g, "_$&").toUpperCase()}`).split("|");
    assert.equal(Number(value), defaults[name], name);
    const [, least, most] = /(\d+) to (\d+)/.exec(range ?? "") ?? [];
    for (const edge of [Number(least), Number(most)]) assert.equal(completeLimits({ [name]: edge })[name], edge);
    assert.throws(() => completeLimits({ [name]: Number(least) - 1 }));
    assert.throws(() => completeLimits({ [name]: Number(most) + 1 }));
  }
});
