// Builds everything into dist/. With --if-needed only where a source is newer than the last build.

import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { printSizes } from "./sizes.mjs";

const root = join(import.meta.dirname, "..");
const STAMP = join(root, "dist/.built");
const SOURCES = ["core", "plugins", "hosts", "scripts", "asconfig.json", "package.json", "rollup.config.mjs"];
/** Whose typings are nobody's business: no entry leads to them. */
const INTERNAL = [
  "plugins/standard",
  "hosts/node/cli",
  "hosts/node/first-contact.d.ts",
  "hosts/webserial/console/model",
  "hosts/webserial/console/views",
  "hosts/webserial/page",
].map((path) => join("build/esm", path));
/** A constant of the core that is a text, with its literal. */
const CONSTANT = /: Bytes =\s+ascii\(("[^"\\]*"|`[^`\\$]*`)\)/g;

process.chdir(root);
if (process.argv.includes("--if-needed") && isFresh()) process.exit(0);

rmSync("build", { recursive: true, force: true });
rmSync("dist", { recursive: true, force: true });
mkdirSync("dist");
await step("WebAssembly and TypeScript", async () => {
  stagePortable("build/portable");
  await Promise.all([
    compile("agent.ts", "small").then(() => optimize("dist/agent.wasm", "-Oz")),
    compile("agent.ts", "simd").then(() => optimize("dist/agent-simd.wasm", "-O4", "--enable-simd")),
    compile("agent-wasi.ts", "wasi").then(() => optimize("dist/agent-wasi.wasm", "-Oz")),
    compile("agent.ts", "debug"),
    run("tsc", ["-b"]),
  ]);
});
await step("bundles", async () => {
  await run("rollup", ["-c", "--silent"]);
  stagePortable("dist/portable");
  stageTypes();
  cpSync("hosts/wasm/c/guestwire.h", "dist/guestwire.h");
  for (const file of ["index.html", "page.css", "icon.svg"]) {
    cpSync(join("hosts/webserial/page", file), join("dist/console", file));
  }
});
await printSizes();
writeFileSync(STAMP, "");

/**
 * The portable sources as asc takes them: the WebAssembly side of the seam in the place of the JavaScript one, and texts
 * as data, one byte a character.
 */
function stagePortable(to) {
  for (const folder of ["core", "core/wasm", "plugins/standard", "hosts/wasm"]) {
    const target = join(to, folder === "core/wasm" ? "core" : folder);
    mkdirSync(target, { recursive: true });
    for (const file of readdirSync(folder)) {
      if (!file.endsWith(".ts") || file === "register.ts") continue;
      writeFileSync(join(target, file), literalsToData(readFileSync(join(folder, file), "utf8"), join(folder, file)));
    }
  }
}

/**
 * A constant that is `ascii` of a literal becomes static data, with the literal before it for those who read. Throws where
 * one is left, which would be built at each start.
 */
function literalsToData(source, file) {
  const staged = source.replaceAll(CONSTANT, (_, literal) => {
    const bytes = Buffer.from(`${literal.slice(1, -1)}\0`, "latin1");
    const comment = literal.replaceAll("*/", "* /");
    return `: Bytes = /* ${comment} */ changetype<Bytes>(memory.data<u8>([${bytes.join(", ")}], 1))`;
  });
  if (/: Bytes =\s+ascii\(/.test(staged)) {
    throw new Error(`${file} has a constant that is not turned into data: no quotes, backslashes or $ in its literal`);
  }
  return staged;
}

/** Compiles an entry of hosts/wasm for a target of asconfig.json. */
function compile(entry, target) {
  return run("asc", [`build/portable/hosts/wasm/${entry}`, "--target", target]);
}

/** What asc leaves: its own pipeline knows neither -Oz nor -O4. */
function optimize(file, ...options) {
  const features = ["bulk-memory", "sign-ext", "mutable-globals", "nontrapping-float-to-int"];
  const enable = features.map((feature) => `--enable-${feature}`);
  return run("wasm-opt", [file, "-o", file, "--converge", "--zero-filled-memory", ...enable, ...options]);
}

/** The typings of the public face. Those of the core stay here: they speak of i32. */
function stageTypes() {
  for (const folder of ["plugins", "hosts"]) {
    cpSync(join("build/esm", folder), join("dist/types", folder), {
      recursive: true,
      filter: (path) => !INTERNAL.includes(path) && (statSync(path).isDirectory() || path.endsWith(".d.ts")),
    });
  }
}

async function step(name, work) {
  const start = performance.now();
  process.stdout.write(`building ${name} …`);
  try {
    await work();
  } catch (error) {
    process.stdout.write(" failed\n");
    process.stderr.write(`${error.stdout ?? ""}${error.stderr ?? error.stack}\n`);
    process.exit(1);
  }
  process.stdout.write(` ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
}

function run(command, args) {
  return promisify(execFile)(join("node_modules/.bin", command), args);
}

function isFresh() {
  if (!existsSync(STAMP)) return false;
  const built = statSync(STAMP).mtimeMs;
  return SOURCES.every((path) => newest(path) <= built);
}

/** The time of the newest file. A folder's own changes with whatever is built in it. */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  // What is built in a source folder, as the C host is, is no source.
  const names = readdirSync(path).filter((name) => name !== "build");
  return Math.max(...names.map((name) => newest(join(path, name))));
}
