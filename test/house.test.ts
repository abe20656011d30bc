// The house: which floor may import which. An import goes down, never up or sideways.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";

const ROOT = join(import.meta.dirname, "..");

/** A floor, by its folder, and the folders that it may import from besides its own. The first match counts. */
const FLOORS: readonly (readonly [folder: string, below: readonly string[], packages: readonly string[]])[] = [
  ["core", [], []],
  ["plugins/standard", ["core", "plugins/api.ts", "plugins/schema.ts"], []],
  ["plugins", ["core"], ["tsyringe"]],
  [
    "hosts/common",
    ["core", "plugins", "dist/agent.wasm", "dist/agent-simd.wasm"],
    ["tsyringe", "reflect-metadata/lite"],
  ],
  ["hosts/node", ["hosts/common", "plugins/api.ts"], ["commander", "import-meta-resolve", "ws"]],
  ["hosts/webserial/page", ["hosts/webserial/console"], []],
  // The models do without Lit: they are tested without a document.
  ["hosts/webserial/console/model", ["hosts/common", "plugins/api.ts", "plugins/schema.ts"], []],
  ["hosts/webserial/console", ["hosts/common", "plugins/api.ts", "hosts/webserial/index.ts"], ["lit"]],
  ["hosts/webserial", ["hosts/common", "plugins/api.ts"], []],
  ["hosts/wasm", ["core", "plugins/standard"], []],
];

/** Projects of embedders and of plugins' authors: they stand in front of the house, and see the package. */
const OUTSIDE = ["hosts/wasm/examples", "plugins/template"];

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file))
    .filter((file) => file.endsWith(".ts") && !OUTSIDE.some((other) => inside(file, other)));
}

function imports(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(/(?:\bfrom|\bimport\s*\(?)\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
}

const inside = (file: string, folder: string): boolean => file === folder || file.startsWith(`${folder}/`);

test("imports only go down the floors", () => {
  let seen = 0;
  for (const file of ["core", "plugins", "hosts"].flatMap(sources)) {
    const floor = FLOORS.find(([folder]) => inside(file, folder));
    assert.ok(floor, `${file} is on no floor`);
    const [folder, below, packages] = floor;
    for (const name of imports(file)) {
      seen++;
      if (name.startsWith(".")) {
        const target = relative(ROOT, join(ROOT, dirname(file), name));
        // The twins of the seam stand in for their neighbours above.
        const allowed = inside(target, folder) || below.some((other) => inside(target, other));
        assert.ok(allowed, `${file} imports ${target}, which is not below it`);
      } else {
        const node = folder === "hosts/node" && name.startsWith("node:");
        assert.ok(node || packages.includes(name), `${file} imports ${name}`);
      }
    }
  }
  assert.ok(seen > 200, `only ${seen} imports were found`);
});

test("within the core no import goes back up the byte's way", () => {
  // Every file depends only on files that do not depend on it: no cycles.
  const edges = new Map(
    sources("core")
      .filter((file) => dirname(file) === "core")
      .map((file) => [file, imports(file).map((name) => join(dirname(file), name))]),
  );
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    assert.ok(!path.includes(file), `a cycle: ${[...path, file].join(" -> ")}`);
    if (done.has(file)) return;
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of edges.keys()) visit(file, []);
  assert.equal(done.size, edges.size);
});

test("nothing in the core knows a command's name", () => {
  for (const file of sources("core")) {
    const code = readFileSync(join(ROOT, file), "utf8").replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, "");
    assert.doesNotMatch(code, /guest-/, `${file} names a command`);
  }
});
