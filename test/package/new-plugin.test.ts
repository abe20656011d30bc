// What `guestwire new-plugin` writes: a package that builds, passes its own tests at once, and is loaded by name, all with
// the package as somebody gets it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { VERSION } from "guestwire";
import { ROOT, install, link, npm, run, tool } from "./packed.ts";

const NAMES = "guest-sync-delimited\nguest-sync\nguest-ping\nguest-info\n";

let project = "";
let cli = "";

before(async () => {
  project = realpathSync(mkdtempSync(join(tmpdir(), "guestwire-new-plugin-")));
  await install(project);
  for (const name of ["typescript", "@types/node", ".bin"]) link(name, project);
  cli = join(project, "node_modules/guestwire/dist/cli.js");
});

after(() => rmSync(project, { recursive: true, force: true }));

/** Runs the command line in the project. */
function guestwire(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd: project, encoding: "utf8" });
  return { status, stdout, stderr };
}

/** Makes a plugin; returns what is printed. */
function make(...args: string[]): string {
  const { stdout, ...ending } = guestwire("new-plugin", ...args);
  assert.deepEqual(ending, { status: 0, stderr: "" });
  return stdout;
}

function refused(line: RegExp, ...args: string[]): void {
  const { stderr, ...ending } = guestwire("new-plugin", ...args);
  assert.deepEqual(ending, { status: 1, stdout: "" });
  assert.match(stderr, /^guestwire: [^\n]*\n$/);
  assert.match(stderr, line);
}

function files(folder: string): string[] {
  const found = readdirSync(join(project, folder), { recursive: true, withFileTypes: true });
  return found
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name).slice(project.length + 1));
}

const WRITTEN = [".gitignore", "README.md", "package.json", "src/index.ts", "test/plugin.test.ts", "tsconfig.json"];

test("a new plugin builds, passes its tests, and is loaded by its file and by its name", async () => {
  const folder = "guestwire-plugin-clock";
  const said = make("clock");
  assert.match(
    said,
    /^guestwire-plugin-clock is there\. What to do next:\n\n {2}cd guestwire-plugin-clock\n {2}npm install\n/,
  );
  assert.match(said, /call agent\.sock clock-hello/);
  assert.deepEqual(
    files(folder).toSorted(),
    WRITTEN.map((name) => join(folder, name)),
  );
  for (const name of files(folder))
    assert.doesNotMatch(readFileSync(join(project, name), "utf8"), /__|guest-clock/, name);

  const cwd = join(project, folder);
  // How Node's test runner prints its summary depends on Node's version.
  assert.match(await npm(["test"], { cwd, cache: join(project, "cache") }), / pass 2\b/);

  const own = "clock-hello\nclock-wait\n";
  assert.equal(guestwire("agent", "-b", "help", "--plugin", `./${folder}/dist/src/index.js`).stdout, NAMES + own);
  mkdirSync(join(project, "user/node_modules"), { recursive: true });
  await run("cp", ["-r", cwd, "user/node_modules/guestwire-plugin-clock"], { cwd: project });
  const options = { cwd: join(project, "user") };
  const listed = await run(process.execPath, [cli, "agent", "-b", "help", "--plugin", folder], options);
  assert.equal(listed, NAMES + own);
  assert.match(await run(tool("publint"), ["run", "--strict", "--pack", "false", cwd], { cwd }), /All good!/);
});

test("what it wants is this version, and what this version is built with", () => {
  make("wanting");
  const wanted = JSON.parse(readFileSync(join(project, "guestwire-plugin-wanting/package.json"), "utf8")) as {
    peerDependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  assert.deepEqual(wanted.peerDependencies, { guestwire: `>=${VERSION}` });
  const ours = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as typeof wanted;
  for (const [name, range] of Object.entries(wanted.devDependencies)) {
    assert.equal(range.split(".")[0], `^${ours.devDependencies[name]?.split(".")[0]}`, name);
  }
});

test("the folder may be chosen, and be there if it is empty; a package's whole name will do", () => {
  mkdirSync(join(project, "with space/there"), { recursive: true });
  assert.match(make("guestwire-plugin-a-1", "--dir", "with space/there"), /^ {2}cd 'with space\/there'$/m);
  assert.ok(files("with space").includes("with space/there/src/index.ts"));
  assert.match(readFileSync(join(project, "with space/there/package.json"), "utf8"), /"name": "guestwire-plugin-a-1"/);
});

test("names that will not do", () => {
  for (const name of ["", "Clock", "1clock", "clock_read", "clock-", "@me/clock", "../clock", "a".repeat(65)]) {
    refused(/is no name for a plugin: small letters, digits and single '-'.*such as clock/, name);
  }
  for (const name of ["guest", "guest-agent", "guestwire", "guestwire-plugin-guest"]) refused(/are QEMU's/, name);
  refused(/missing required argument 'name'; see 'guestwire new-plugin --help'/);
});

test("--help prints a page with examples", () => {
  const page = make("--help");
  assert.match(page, /^Usage: guestwire new-plugin NAME [^]*^ +--dir [^]*^Examples:\n {2}guestwire new-plugin /m);
  for (const line of page.split("\n")) assert.ok(line.length <= 80, line);
});

test("folders that will not do", () => {
  mkdirSync(join(project, "full"));
  writeFileSync(join(project, "full/file"), "");
  refused(/full is not empty; name another folder with --dir/, "clock", "--dir", "full");
  refused(/full\/file is not a folder; name another one with --dir/, "clock", "--dir", "full/file");
  refused(/full\/file\/below is not a folder/, "clock", "--dir", "full/file/below");
  refused(/say where the plugin is to be: --dir FOLDER/, "clock", "--dir", "");
  refused(/cannot be written \(ENAMETOOLONG\)/, "clock", "--dir", "long".repeat(100));
  assert.deepEqual(readdirSync(join(project, "full")), ["file"]);
});
