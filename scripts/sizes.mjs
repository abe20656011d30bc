// The sizes that people ask for first: of agent.wasm, of the core in JavaScript, of the one file for guests, of the console.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rollup } from "rollup";
import { minify } from "terser";

const root = join(import.meta.dirname, "..");

function gzipped(bytes) {
  return gzipSync(bytes, { level: 9 }).length;
}

/** Bytes of the core and the four commands in JavaScript, minified. */
async function coreBundle() {
  const entry = "\0core";
  const bundle = await rollup({
    input: entry,
    plugins: [
      {
        name: "core-entry",
        resolveId: (id) => (id === entry ? id : null),
        load: (id) =>
          id === entry
            ? ["core/index.js", "plugins/standard/guest-sync.js", "plugins/standard/guest-sync-delimited.js"]
                .concat(["plugins/standard/guest-ping.js", "plugins/standard/guest-info.js"])
                .map((file) => `export * from ${JSON.stringify(join(root, "build/esm", file))};`)
                .join("\n")
            : null,
      },
    ],
  });
  const { output } = await bundle.generate({ format: "es" });
  const { code } = await minify(output[0].code, { module: true, mangle: { properties: false } });
  return Buffer.from(code);
}

/** Name, bytes and gzipped bytes of each. */
export async function sizes() {
  const files = [
    ["agent.wasm", readFileSync(join(root, "dist/agent.wasm"))],
    ["agent-simd.wasm", readFileSync(join(root, "dist/agent-simd.wasm"))],
    ["agent-wasi.wasm", readFileSync(join(root, "dist/agent-wasi.wasm"))],
    ["core (ESM, minified)", await coreBundle()],
    ["guestwire-agent.mjs", readFileSync(join(root, "dist/guestwire-agent.mjs"))],
    ["console/page.js", readFileSync(join(root, "dist/console/page.js"))],
  ];
  return files.map(([name, bytes]) => ({ name, bytes: bytes.length, gzip: gzipped(bytes) }));
}

export async function printSizes() {
  for (const { name, bytes, gzip } of await sizes()) {
    console.log(`${name.padEnd(22)} ${String(bytes).padStart(7)} bytes ${String(gzip).padStart(7)} gzipped`);
  }
}
