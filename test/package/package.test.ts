// What is shipped: sizes, the module's imports and exports, versions.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { VERSION } from "guestwire";
import { sizes } from "../../scripts/sizes.mjs";
import { EXPORTS } from "../exports.ts";

const ROOT = join(import.meta.dirname, "../..");
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  version: string;
  dependencies: Record<string, string>;
  exports: Record<string, string | { types: string; default: string }>;
  scripts: Record<string, string>;
};

/**
 * Bytes, and gzipped bytes, that each may have: what it has now and a little more, so that growth is seen. The design wants
 * agent.wasm at 14 KB, 6.5 KB gzipped; the README says how far that is.
 */
const MOST: Record<string, readonly [number, number]> = {
  "agent.wasm": [16_400, 8_400],
  "agent-simd.wasm": [20_400, 9_080],
  "agent-wasi.wasm": [16_500, 8_450],
  "core (ESM, minified)": [25_600, 9_400],
  "guestwire-agent.mjs": [330_000, 110_000],
  "console/page.js": [204_000, 66_000],
};

test("sizes stay what they are", async () => {
  const found = await sizes();
  assert.deepEqual(found.map(({ name }) => name).toSorted(), Object.keys(MOST).toSorted());
  for (const { name, bytes, gzip } of found) {
    const [most, mostGzip] = MOST[name] ?? [0, 0];
    assert.ok(bytes <= most, `${name} has ${bytes} bytes, ${most} are allowed`);
    assert.ok(gzip <= mostGzip, `${name} has ${gzip} bytes gzipped, ${mostGzip} are allowed`);
  }
});

test("the sizes in the README are these", async () => {
  const lines = readFileSync(join(ROOT, "README.md"), "utf8").split("\n");
  for (const { name, bytes, gzip } of await sizes()) {
    const row = lines.find((line) => line.startsWith(`| ${name}`)) ?? "";
    const said = row.split("|").slice(2, 4).map(Number);
    for (const [i, size] of [bytes / 1000, gzip / 1000].entries()) {
      // The gzipped ones are the platform's zlib's; what is above 100 KB, the agent and the console, grows with each version.
      const room = bytes > 100_000 ? size / 20 : 0.15;
      assert.ok(Math.abs(size - (said[i] ?? NaN)) < room, `${name}: ${said[i]} KB, but ${size}`);
    }
  }
});

test("agent.wasm imports nothing and exports its interface", () => {
  for (const file of ["dist/agent.wasm", "dist/agent-simd.wasm", "build/agent-debug.wasm"]) {
    const module = new WebAssembly.Module(readFileSync(join(ROOT, file)));
    assert.deepEqual(WebAssembly.Module.imports(module), []);
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    assert.deepEqual(names.toSorted(), EXPORTS);
  }
});

test("the version is the package's", () => {
  assert.equal(VERSION, manifest.version);
});

test("the run-time dependencies are two, and nothing runs at installation", () => {
  assert.deepEqual(Object.keys(manifest.dependencies).toSorted(), ["reflect-metadata", "tsyringe"]);
  assert.deepEqual(
    Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name)),
    [],
  );
});

test("every file of the exports map is there", () => {
  const require = createRequire(import.meta.url);
  const plain = Object.entries(manifest.exports).filter(([, target]) => typeof target === "string");
  // A pattern of the map, by one file that it stands for.
  const names = plain.map(([name]) => `guestwire${name.slice(1).replace("*", "core/wasm.ts")}`);
  for (const file of ["agent.wasm", "agent-simd.wasm", "agent-wasi.wasm", "portable/core/wasm.ts"]) {
    const name = `guestwire/${file}`;
    assert.ok(names.includes(name), `${name} is not exported`);
  }
  const inDist = (name: string): string => join(ROOT, name.replace("guestwire/", "dist/"));
  for (const name of names) {
    const file = require.resolve(name);
    assert.equal(file, name === "guestwire/package.json" ? join(ROOT, "package.json") : inDist(name));
    assert.equal(fileURLToPath(import.meta.resolve(name)), file);
    assert.ok(readFileSync(file).length > 0, `${name} is empty`);
  }
});

test("every entry of the exports map is there, for import and for require", async () => {
  const require = createRequire(import.meta.url);
  for (const [name, target] of Object.entries(manifest.exports)) {
    if (typeof target === "string") continue;
    const entry = `guestwire${name.slice(1)}`;
    readFileSync(join(ROOT, target.types));
    const imported = (await import(entry)) as Record<string, unknown>;
    const required = require(entry) as Record<string, unknown>;
    assert.ok(Object.keys(imported).length > 0, `${entry} exports nothing`);
    assert.deepEqual(
      Object.keys(imported).toSorted(),
      Object.keys(required)
        .filter((key) => key !== "__esModule")
        .toSorted(),
    );
  }
});

test("every error code is in the documentation, and no other", () => {
  const declared = readFileSync(join(ROOT, "hosts/common/errors.ts"), "utf8").match(/"GW_ERR_[A-Z_]+"/g) ?? [];
  const documented = readFileSync(join(ROOT, "docs/errors.md"), "utf8").match(/^\| `GW_ERR_[A-Z_]+`/gm) ?? [];
  const names = (found: string[]): string[] => found.map((text) => text.replaceAll(/[^A-Z_]/g, "")).toSorted();
  assert.ok(declared.length > 0);
  assert.deepEqual(names(documented), names(declared));
});
