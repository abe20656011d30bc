// Three builds. The package's entries: what they share goes into chunks, so that there is one of each class. The command line
// as one file, for guests that have Node and nothing else. The console's page.

import { existsSync, readFileSync } from "node:fs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import commonjs from "@rollup/plugin-commonjs";
import license from "rollup-plugin-license";
import { minify } from "terser";

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

const { version: VERSION } = JSON.parse(readFileSync("package.json", "utf8"));

/**
 * Lit's build for Node runs in browsers as well, and can be imported where there is no document. It brings a document of its
 * own for servers that draw pages; here elements are drawn in browsers only.
 */
const noDocument = {
  name: "no-document",
  resolveId: (id) => (id === "@lit-labs/ssr-dom-shim" ? "\0no-document" : null),
  load: (id) =>
    id === "\0no-document"
      ? "export const HTMLElement = class {};\nexport const customElements = { get() {}, define() {} };"
      : null,
};

const common = [
  inlineWasm,
  inlineLines,
  keepReflect,
  noDocument,
  nodeResolve({ exportConditions: ["node"] }),
  commonjs(),
];

/** Licences of what may be bundled. The build fails over another one. */
const allow = {
  test: "(MIT OR ISC OR Apache-2.0 OR BSD-2-Clause OR BSD-3-Clause OR 0BSD)",
  failOnUnlicensed: true,
  failOnViolation: true,
};

const entries = {
  input: {
    index: "build/esm/hosts/common/index.js",
    core: "build/esm/hosts/common/core-entry.js",
    wasm: "build/esm/hosts/common/wasm.js",
    plugin: "build/esm/hosts/common/plugin-entry.js",
    testing: "build/esm/hosts/common/testing/index.js",
    introspect: "build/esm/plugins/introspect/index.js",
    client: "build/esm/hosts/common/client/index.js",
    node: "build/esm/hosts/node/index.js",
    webserial: "build/esm/hosts/webserial/index.js",
    websocket: "build/esm/hosts/common/websocket.js",
    console: "build/esm/hosts/webserial/console/index.js",
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
  external: [/^node:/, "tsyringe", "reflect-metadata/lite"],
  plugins: [...common, license({ thirdParty: { allow, output: "dist/LICENSES.txt" } })],
  treeshake: { moduleSideEffects: (id) => id === "reflect-metadata/lite" },
};

let notices = "";

/** Minifies the file, and puts the licences of all that is in it before the code. */
const finish = {
  name: "finish",
  async generateBundle(_options, bundle) {
    const own = readFileSync("LICENSE", "utf8");
    const preamble = `/*\nguestwire ${VERSION}, with what it is made of, minified\n\n${own}\n${notices}*/`;
    // Node prints the line that something was thrown from, were that ever to happen.
    const format = { comments: false, preamble, max_line_len: 160 };
    for (const chunk of Object.values(bundle)) {
      chunk.code = (await minify(chunk.code, { module: true, format })).code;
    }
  },
};

/** The console serves files that lie beside the code, so it is left out, with the server of WebSockets that it needs. */
const RUN_CONSOLE = "build/esm/hosts/node/cli/run-console.js";
const noConsole = {
  name: "no-console",
  load: (id) =>
    id.endsWith(RUN_CONSOLE)
      ? `import { Mistake } from "./mistake.js";
export function runConsole() {
  throw new Mistake("console needs the whole package: npx guestwire console");
}`
      : null,
};

const oneFile = {
  input: "build/esm/hosts/node/cli/main.js",
  output: { file: "dist/guestwire-agent.mjs", format: "es", inlineDynamicImports: true },
  external: [/^node:/],
  plugins: [
    noConsole,
    ...common,
    license({ thirdParty: { allow, output: (dependencies) => (notices = dependencies.map(notice).join("\n")) } }),
    finish,
  ],
  treeshake: { moduleSideEffects: (id) => id.includes("/node_modules/reflect-metadata/") },
};

function notice({ name, version, license: terms, licenseText }) {
  // Where the licence is one that names nobody, this does.
  const copyright = `node_modules/${name}/CopyrightNotice.txt`;
  const texts = [existsSync(copyright) ? readFileSync(copyright, "utf8") : "", licenseText];
  const text = texts.map((one) => one.replaceAll(/^\/\*.*|\*+\/|\r/gm, "").trim()).join("\n\n");
  return `${"-".repeat(80)}\n${name} ${version} (${terms})\n\n${text.trim()}\n`;
}

/** The console's page, which is served as it is: all in one file. */
const page = {
  input: { page: "build/esm/hosts/webserial/page/page.js" },
  output: { dir: "dist/console", format: "es" },
  plugins: [
    keepReflect,
    nodeResolve({ browser: true }),
    commonjs(),
    license({ thirdParty: { allow, output: "dist/console/LICENSES.txt" } }),
    { name: "minify", renderChunk: (code) => minify(code, { module: true }) },
  ],
  treeshake: { moduleSideEffects: (id) => id.includes("/node_modules/reflect-metadata/") },
};

export default [entries, oneFile, page];
