// The agent as one file: copied alone into a folder, and started without an environment, it does what the package's
// command line does.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { rollup } from "rollup";
import { Client, type Ending, ENGINE_NAMES, Program, ROOT, listens, temporaryFolder } from "../hosts/rig.ts";

const FILE = join(ROOT, "dist/guestwire-agent.mjs");
const PLUGIN = `export default { name: "beside", api: 1, commands: [{ name: "beside-read", run: () => "here" }] };\n`;

/** What is in it besides our own, with the files that have the terms. */
const BUNDLED = {
  commander: "LICENSE",
  "import-meta-resolve": "license",
  "reflect-metadata": "LICENSE",
  tslib: "LICENSE.txt",
  tsyringe: "LICENSE",
};

/** A guest that has Node and the one file: the folders for it, and for who starts it. */
class Guest {
  readonly file: string;
  readonly cwd: string;
  private readonly t: TestContext;

  constructor(t: TestContext) {
    const folder = temporaryFolder(t);
    this.t = t;
    this.file = join(folder, "guestwire-agent.mjs");
    this.cwd = join(folder, "elsewhere");
    copyFileSync(FILE, this.file);
    mkdirSync(this.cwd);
  }

  /** Starts it with no environment at all, not even HOME and PATH. */
  start(...args: string[]): Program {
    return new Program(this.t, process.execPath, [this.file, ...args], { cwd: this.cwd, env: {} });
  }

  run(...args: string[]): Promise<Ending> {
    return this.start(...args).ended;
  }
}

test("the one file imports nothing but what Node has", async () => {
  const found = new Set<string>();
  const bundle = await rollup({
    input: FILE,
    external(name) {
      if (name !== FILE) found.add(name);
      return name !== FILE;
    },
  });
  await bundle.close();
  assert.ok(found.has("node:fs"), "so imports are found");
  for (const name of found) assert.ok(name.startsWith("node:") && isBuiltin(name), `it imports ${name}`);
});

test("the one file has the licences of all that is in it", () => {
  const [, notices = ""] = /^#!\/usr\/bin\/env node\n\/\*\n([^]*?)\*\/\n/.exec(readFileSync(FILE, "utf8")) ?? [];
  const named = [...notices.matchAll(/^-{80}\n(\S+) \S+ \(\S+\)$/gm)].map(([, name]) => name);
  assert.deepEqual(named.toSorted(), Object.keys(BUNDLED));
  const licences = Object.entries(BUNDLED).map(([name, file]) => join("node_modules", name, file));
  for (const file of ["LICENSE", ...licences]) {
    const terms = readFileSync(join(ROOT, file), "utf8").replaceAll("\r\n", "\n");
    assert.ok(notices.includes(terms.trim()), `${file} is missing`);
  }
  assert.match(
    notices,
    /^reflect-metadata [^]*^Copyright \(c\) Microsoft[^]*^END OF TERMS/im,
    "its licence names nobody",
  );
});

for (const core of ENGINE_NAMES) {
  test(`${core}: alone in a folder it serves, with a plugin, and ends on SIGTERM`, async (t) => {
    const guest = new Guest(t);
    writeFileSync(join(guest.cwd, "beside.mjs"), PLUGIN);
    const options = ["-m", "unix-listen", "-p", "socket", "--core", core, "--plugin", "./beside.mjs"];
    const program = guest.start("agent", ...options);
    const path = join(guest.cwd, "socket");
    await listens(program, path);
    const client = await Client.connect(path);
    assert.equal(await client.ask('{"execute":"guest-ping"}'), '{"return": {}}\n');
    assert.equal(await client.ask('{"execute":"beside-read"}'), '{"return": "here"}\n');
    client.reset();
    const called = await guest.run("call", "socket", "beside-read");
    assert.deepEqual(called, { status: 0, signal: null, stdout: '"here"\n', stderr: "" });
    assert.equal((await guest.run("wait", "socket", "--timeout", "20")).status, 0);
    program.kill("SIGTERM");
    assert.deepEqual(await program.ended, { status: 0, signal: null, stdout: "", stderr: "" });
  });
}

test("without --core it takes the engine with SIMD, or the js engine where there is no WebAssembly", async (t) => {
  const guest = new Guest(t);
  for (const [flags, name] of [
    [[], "wasm-simd"],
    [["--jitless"], "js"],
  ] as const) {
    const args = [...flags, guest.file, "agent", "-m", "unix-listen", "-p", name, "-v"];
    const program = new Program(t, process.execPath, args, { cwd: guest.cwd, env: {} });
    await listens(program, join(guest.cwd, name));
    await program.until(() => program.stderr.includes(`core ${name}\n`), `it says that its core is ${name}`);
  }
});

test("what needs the package says so in one line", async (t) => {
  const guest = new Guest(t);
  for (const [args, line] of [
    [["new-plugin", "clock"], /needs the whole package: npx guestwire new-plugin/],
    [["console"], /needs the whole package: npx guestwire console/],
    [["agent", "-b", "help", "--plugin", "guestwire/introspect"], /there is no package guestwire\/introspect/],
  ] as const) {
    const { status, stdout, stderr } = await guest.run(...args);
    assert.match(stderr, line);
    assert.match(stderr, /^guestwire: [^\n]+\n$/);
    assert.deepEqual([status, stdout], [1, ""]);
  }
});
