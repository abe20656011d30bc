// One build of all JavaScript entries: what they share goes into chunks, so that there is one of each class.

import { readFileSync } from "node:fs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import commonjs from "@rollup/plugin-commonjs";
import license from "rollup-plugin-license";

/** An import of a .wasm file becomes its bytes in base64. */
const inlineWasm = {
  name: "inline-wasm",
  resolveId: (id) => (id.endsWith(".wasm") ? `${import.meta.dirname}/dist/${id.split("/").pop()}` : null),
  load: (id) =>
    id.endsWith(".wasm") ? `export default ${JSON.stringify(readFileSync(id).toString("base64"))};` : null,
};

/** An import of a .jsonl file becomes its lines as a list: a chunk of its own, where it is imported when it is needed. */
const inlineLines = {
  name: "inline-lines",
  resolveId: (id) =>
    id.endsWith(".jsonl") ? `${import.meta.dirname}/hosts/common/testing/${id.split("/").pop()}` : null,
  load: (id) =>
    id.endsWith(".jsonl")
      ? `export default [\n${readFileSync(id, "utf8").trimEnd().replaceAll("\n", ",\n")}\n];`
      : null,
};

/** The one file that is imported for its effect keeps its place; package.json says so to other bundlers. */
const REFLECT = /\/hosts\/common\/reflect\.js$/;
const keepReflect = {
  name: "keep-reflect",
  transform: (_code, id) => (REFLECT.test(id) ? { moduleSideEffects: "no-treeshake" } : null),
};

export default {
  input: {
    index: "build/esm/hosts/common/index.js",
    core: "build/esm/hosts/common/core-entry.js",
    wasm: "build/esm/hosts/common/wasm.js",
    plugin: "build/esm/hosts/common/plugin-entry.js",
    testing: "build/esm/hosts/common/testing/index.js",
    introspect: "build/esm/plugins/introspect/index.js",
    client: "build/esm/hosts/common/client/index.js",
    node: "build/esm/hosts/node/index.js",
    cli: "build/esm/hosts/node/cli/main.js",
    "first-contact": "build/esm/hosts/node/first-contact.js",
  },
  output: {
    dir: "dist",
    format: "es",
    chunkFileNames: "chunks/[name]-[hash].js",
    manualChunks: (id) => (REFLECT.test(id) ? "reflect" : null),
    hoistTransitiveImports: false,
  },
  external: [/^node:/, "tsyringe", "reflect-metadata"],
  plugins: [
    inlineWasm,
    inlineLines,
    keepReflect,
    nodeResolve({ exportConditions: ["node"] }),
    commonjs(),
    license({
      thirdParty: { allow: "(MIT OR ISC OR Apache-2.0 OR BSD-2-Clause OR BSD-3-Clause)", output: "dist/LICENSES.txt" },
    }),
  ],
  treeshake: { moduleSideEffects: (id) => id === "reflect-metadata" },
};
