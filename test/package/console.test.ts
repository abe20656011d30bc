// The console as somebody gets it: its typings, what bundlers make of it, and that a server can import it.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, install, run as runIn, tool } from "./packed.ts";

let project = "";

function run(file: string, args: readonly string[]): Promise<string> {
  return runIn(file, args, { cwd: project });
}

function put(name: string, text: string): void {
  mkdirSync(join(project, name, ".."), { recursive: true });
  writeFileSync(join(project, name), text);
}

before(async () => {
  project = realpathSync(mkdtempSync(join(tmpdir(), "guestwire-console-")));
  await install(project);
  put("package.json", '{ "name": "consumer", "private": true, "type": "module" }\n');
  put("page.js", 'import "guestwire/console";\n');
});

after(() => rmSync(project, { recursive: true, force: true }));

const ANYWHERE = `import { type ConsoleElement, type ConsoleStateDetail, GuestwireConsole, type Transport } from "guestwire/console";

export function make(transport: Transport): ConsoleElement {
  const element = new GuestwireConsole();
  element.transport = () => transport;
  element.theme = "dark";
  return element;
}
export async function run(element: ConsoleElement): Promise<string | undefined> {
  await element.connect();
  // @ts-expect-error
  element.theme = "blue";
  const detail: ConsoleStateDetail = { role: "console", state: "ready", problem: undefined };
  return detail.problem;
}
`;
const IN_PAGES = `export function inPage(): void {
  const element = document.querySelector("guestwire-console");
  if (element === null) return;
  element.bridge = "ws://localhost:8080/";
  element.hidden = false;
  element.transport = (signal: AbortSignal) => Promise.reject(signal.reason);
  document.body.append(element);
}
`;

/** By where it is compiled: the libraries and what is compiled. */
const PLACES: Record<string, readonly [lib: readonly string[], source: string]> = {
  pages: [["es2022", "dom"], ANYWHERE + IN_PAGES],
  "the language alone": [["es2022"], ANYWHERE],
};

for (const [place, [lib, source]] of Object.entries(PLACES)) {
  test(`the typings hold for ${place}`, async () => {
    for (const [module, moduleResolution] of [
      ["nodenext", "nodenext"],
      ["esnext", "bundler"],
    ]) {
      const folder = `types/${lib.join("-")}-${moduleResolution}`;
      put(`${folder}/consumer.ts`, source);
      const compilerOptions = {
        target: "es2022",
        module,
        moduleResolution,
        lib,
        types: [],
        strict: true,
        noEmit: true,
      };
      put(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
      assert.equal(await run(tool("tsc"), ["-p", folder]), "");
    }
  });
}

test("a bundle of one import defines the element, and has no WebAssembly and nothing of Node", async () => {
  await run(tool("esbuild"), ["page.js", "--bundle", "--minify", "--format=esm", "--outfile=esbuild.js"]);
  put("index.html", '<!doctype html><script type="module" src="./page.js"></script>\n');
  await run(tool("vite"), ["build", "--logLevel", "warn", "--outDir", "vite"]);
  const assets = readdirSync(join(project, "vite/assets")).map((name) => `vite/assets/${name}`);
  for (const file of ["esbuild.js", ...assets]) {
    const code = readFileSync(join(project, file), "utf8");
    assert.match(code, /customElements\.define\(/, file);
    assert.match(code, /guestwire-console-wire/, file);
    assert.doesNotMatch(code, /AGFzbQEAAAA|node:|\beval\(|new Function\b/, file);
  }
});

test("where there is no document it can be imported and required", async () => {
  const source =
    'const names = Object.keys(NAMES);\nif (names.join() !== "GuestwireConsole") throw new Error(names);\n';
  put("server.mjs", `import * as all from "guestwire/console";\n${source.replace("NAMES", "all")}`);
  put("server.cjs", source.replace("NAMES", 'require("guestwire/console")'));
  for (const file of ["server.mjs", "server.cjs"]) assert.equal(await run(process.execPath, [file]), "");
});

test("the page and what it loads are files beside it; nothing is inline", () => {
  const folder = join(project, "node_modules/guestwire/dist/console");
  const html = readFileSync(join(folder, "index.html"), "utf8");
  const names = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, name = ""]) => name);
  assert.deepEqual(names.toSorted(), ["icon.svg", "page.css", "page.js"]);
  for (const name of names) assert.ok(readFileSync(join(folder, name)).length > 0, name);
  assert.doesNotMatch(html, /<style|style=|\son\w+=|<script(?![^>]*src=)/);
  const page = readFileSync(join(folder, "page.js"), "utf8");
  assert.doesNotMatch(page, /\bfrom\s*"|\bimport\s*"|\beval\(|new Function\b|sourceMappingURL/);
  // What a template would set in vain under a strict Content-Security-Policy.
  assert.doesNotMatch(page, /<[^>`]*\sstyle=/);
});

test("the licences of what is bundled are there", () => {
  for (const file of ["dist/LICENSES.txt", "dist/console/LICENSES.txt"]) {
    const text = readFileSync(join(ROOT, file), "utf8");
    for (const name of ["lit-html", "lit-element", "@lit/reactive-element"]) {
      assert.match(text, new RegExp(`^Name: ${name}$`, "m"), `${file}: ${name}`);
    }
    assert.match(text, /BSD-3-Clause/);
  }
  const page = readFileSync(join(ROOT, "dist/console/LICENSES.txt"), "utf8");
  for (const name of ["tsyringe", "reflect-metadata"]) assert.match(page, new RegExp(`^Name: ${name}$`, "m"));
});
