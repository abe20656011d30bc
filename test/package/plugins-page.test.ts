// docs/plugins.md does what it says, for somebody who has installed the package: its files are written, its shell lines typed.

import assert from "node:assert/strict";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type TestContext, after, before, test } from "node:test";
import { type Ending, Program, listens, temporaryFolder } from "../hosts/rig.ts";
import { ROOT, install, link, npm, run, tool } from "./packed.ts";

// In a terminal Node's test runner asks for colours; here texts are compared.
delete process.env["FORCE_COLOR"];

const PAGE = readFileSync(join(ROOT, "docs/plugins.md"), "utf8");

/** The files that the page shows, by their names, which are before the blocks. */
const FILES = new Map(
  [...PAGE.matchAll(/^`([\w/.-]+)`:\n\n```\w+\n([^]*?)```$/gm)].map(([, name = "", text = ""]) => [name, text]),
);
/** What it has one type into a shell. */
const LINES = [...PAGE.matchAll(/^ {4}(\S.*)$/gm)]
  .filter(({ index }) => (PAGE.slice(0, index).split("```").length - 1) % 2 === 0)
  .map(([, line = ""]) => line);
/** What needs a registry; the tests put in place what it would do. */
const ONLINE = ["npm install guestwire", "npm install", "npm install zod", "npm publish"];

/** Files and lines that a test has used. */
const used = new Set<string>();

let project = "";
let cli = "";
/** The package that `guestwire new-plugin` writes, with the page's files. */
let own = "";

before(async () => {
  project = realpathSync(mkdtempSync(join(tmpdir(), "guestwire-plugins-page-")));
  await install(project);
  for (const name of ["typescript", "@types/node", "zod", ".bin"]) link(name, project);
  cli = join(project, "node_modules/guestwire/dist/cli.js");
  own = join(project, "guestwire-plugin-clock");
});

after(() => rmSync(project, { recursive: true, force: true }));

function put(name: string, text: string): void {
  mkdirSync(dirname(join(project, name)), { recursive: true });
  writeFileSync(join(project, name), text);
}

/** Writes a file of the page into the project, or a folder of it. */
function copy(name: string, folder = ""): void {
  const text = FILES.get(name);
  assert.ok(text !== undefined, `the page has no ${name}`);
  used.add(name);
  put(join(folder, name), text);
}

/** The arguments of the command line in a shell line of the page, which begins so. */
function lineOf(beginning: string): string[] {
  const found = LINES.find((each) => each.startsWith(beginning) && !used.has(each));
  assert.ok(found, `the page has no line '${beginning}'`);
  used.add(found);
  return words(found).slice(2);
}

/** A shell line's words. */
function words(text: string): string[] {
  return [...text.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

function start(t: TestContext, args: readonly string[], cwd = project): Program {
  return new Program(t, process.execPath, [cli, ...args], { cwd });
}

/** Runs the command line to its end. */
function typed(t: TestContext, args: readonly string[], cwd = project): Promise<Ending> {
  return start(t, args, cwd).ended;
}

/** What the command line prints, where all is well. */
async function printed(t: TestContext, args: readonly string[], cwd = project): Promise<string> {
  const { stdout, ...ending } = await typed(t, args, cwd);
  assert.deepEqual(ending, { status: 0, signal: null, stderr: "" });
  return stdout;
}

async function stop(program: Program): Promise<Ending> {
  program.kill("SIGTERM");
  const ending = await program.ended;
  assert.deepEqual([ending.status, ending.signal], [0, null], ending.stderr);
  return ending;
}

/** Runs npm in the package. */
function npmOwn(...args: string[]): Promise<string> {
  return npm(args, { cwd: own, cache: join(project, "cache") });
}

/** An agent that is watched goes on where a plugin does not load: then the test ends here. */
const LIMITED = { timeout: 60_000 };

test("one file in plain JavaScript, on the command line", LIMITED, async (t) => {
  copy("clock.mjs");
  const agent = start(t, lineOf("npx guestwire agent"));
  await listens(agent, join(project, "agent.sock"));
  assert.match(await printed(t, lineOf("npx guestwire call")), /^\d{10}\n$/);
  assert.match(await printed(t, lineOf("npx guestwire call")), /^\d{19}\n$/);
  const refused = await typed(t, lineOf("npx guestwire call"));
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /Parameter 'unit' does not accept value 'h'/);
  await stop(agent);
});

test("programs that take it", async (t) => {
  for (const name of ["program.mjs", "live.mjs"]) copy(name);
  const program = new Program(t, process.execPath, ["program.mjs"], { cwd: project });
  await listens(program, join(project, "program.sock"));
  assert.match(await printed(t, ["call", "program.sock", "clock-read"]), /^\d{10}\n$/);
  const { stdout, stderr } = await stop(program);
  assert.match(stdout, /name: 'clock', api: 1, commands: \[ 'clock-read' \]/);
  assert.equal(stderr, "");
  const live = await run(process.execPath, ["live.mjs"], { cwd: project });
  assert.match(live, /'clock-read',[^}]*enabled: false,\s+reason: 'the clock is being wound'/);
  assert.match(live, /'clock-stop',[^}]*enabled: true/);
});

test("a plugin that freezes, whose file system thaws with the agent's end", async (t) => {
  copy("freeze.mjs");
  const asked = join(project, "asked");
  put("bin/fsfreeze", `#!/bin/sh\necho "$@" >> ${asked}\n`);
  chmodSync(join(project, "bin/fsfreeze"), 0o755);
  const options = ["-m", "unix-listen", "-p", "data.sock", "-t", project, "--plugin", "./freeze.mjs"];
  const env = { ...process.env, PATH: `${join(project, "bin")}${delimiter}${process.env["PATH"]}` };
  const agent = new Program(t, process.execPath, [cli, "agent", ...options], { cwd: project, env });
  await listens(agent, join(project, "data.sock"));
  const call = (name: string): Promise<string> => printed(t, ["call", "data.sock", name]);
  await call("data-freeze");
  assert.match(await call("data-status"), /^"?frozen"?\n$/);
  await call("data-thaw");
  assert.match(await call("data-status"), /^"?thawed"?\n$/);
  await call("data-freeze");
  await stop(agent);
  const said = ["--freeze", "--unfreeze", "--freeze", "--unfreeze"];
  assert.equal(readFileSync(asked, "utf8"), said.map((word) => `${word} /data\n`).join(""));
  assert.ok(!existsSync(join(project, "qga.state.isfrozen")));
});

test("a package in TypeScript, whose libraries are checked, and whose tests pass", async (t) => {
  await printed(t, lineOf("npx guestwire new-plugin"));
  const written = readdirSync(own, { recursive: true, encoding: "utf8" });
  const [, said = ""] = /writes the folder ([^]*?)\. In it:/.exec(PAGE) ?? [];
  for (const [, name = ""] of said.matchAll(/`([\w/.]+\.?\w+)`/g)) assert.ok(written.includes(name), name);
  for (const name of FILES.keys()) if (/^(src|test)\//.test(name)) copy(name, "guestwire-plugin-clock");
  assert.doesNotMatch(readFileSync(join(own, "tsconfig.json"), "utf8"), /skipLibCheck/);
  used.add("npm test");
  // How Node's test runner prints its summary depends on Node's version.
  assert.match(await npmOwn("test"), / pass 2\b/);
});

test("it runs as npm start has it", LIMITED, async (t) => {
  // npm's own process would hide the agent's.
  const { scripts } = JSON.parse(readFileSync(join(own, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  used.add("npm start");
  assert.equal(scripts["prestart"], "npm run build");
  const [program, ...args] = words(scripts["start"] ?? "");
  assert.equal(program, "guestwire");
  const agent = start(t, args, own);
  await listens(agent, join(own, "agent.sock"));
  assert.equal(await printed(t, ["call", "agent.sock", "clock-wait", '{"ms":1}'], own), "{}\n");
  await stop(agent);
});

test("what is published is the built plugin, which is loaded by its name, and whose types a client knows", async (t) => {
  rmSync(join(own, "dist"), { recursive: true });
  const tarball = (await npmOwn("pack", "--silent")).trim();
  await run("tar", ["-xzf", tarball], { cwd: own });
  const published = join(own, "package");
  const files = readdirSync(published, { recursive: true, encoding: "utf8" });
  for (const name of ["package.json", "README.md", "dist/src/index.js", "dist/src/index.d.ts"]) {
    assert.ok(files.includes(name), name);
  }
  assert.ok(!files.some((name) => name.includes("test")));

  renameSync(published, join(project, "node_modules/guestwire-plugin-clock"));
  const agent = start(t, ["agent", "-m", "unix-listen", "-p", "agent.sock", "--plugin", "guestwire-plugin-clock"]);
  await listens(agent, join(project, "agent.sock"));
  copy("client.ts");
  put("package.json", '{ "type": "module" }\n');
  const options = ["--target", "es2022", "--module", "nodenext", "--strict", "--skipLibCheck", "false"];
  const compile = (name: string): Promise<string> =>
    run(tool("tsc"), [name, ...options, "--types", "node"], { cwd: project });
  await compile("client.ts");
  assert.match(await run(process.execPath, ["client.js"], { cwd: project }), /^it is \d{19}\n$/);
  put("wrong.ts", FILES.get("client.ts")!.replace('"ns"', '"h"'));
  await assert.rejects(compile("wrong.ts"), /wrong\.ts\(6,\d+\): error TS2322/);
  await stop(agent);
});

/** A call of a command, and what becomes of it: the type of its result, or the text of the error. */
type Call = readonly [command: string, args: object, answer: string];

/** Of the file in JavaScript. */
const CALLS: readonly Call[] = [
  ["clock-read", {}, "number"],
  ["clock-read", { unit: "h" }, "Parameter 'unit' does not accept value 'h'"],
];
/** Of the package. The last one's error is the command's own, whose class is a copy in the bundle. */
const OWN_CALLS: readonly Call[] = [
  ["clock-read", {}, "object"],
  ["clock-find", { city: "BERLIN" }, "object"],
  ["clock-wait", { ms: 1 }, "object"],
  ["clock-lap", {}, "number"],
  ["clock-uptime", {}, "number"],
  ["clock-read", { offset: {} }, "Parameter 'offset.hours' is missing"],
  ["clock-read", { zone: "UTC" }, "Parameter 'zone' is unexpected"],
  ["clock-read", { offset: { hours: "1" } }, "Invalid parameter type for 'offset.hours', expected: integer"],
  ["clock-read", { offset: { hours: 128 } }, "Parameter 'offset.hours' expects int8_t"],
  ["clock-find", { city: "" }, "Parameter 'city': Too small: expected string to have >=1 characters"],
  ["clock-read", { offset: { hours: 100 } }, "There is no such zone"],
];

test("the errors are those of the page", () => {
  for (const [, , answer] of [...CALLS, ...OWN_CALLS]) {
    if (answer.includes(" ")) assert.ok(PAGE.includes(`\`${answer}\``) || PAGE.includes(`"${answer}"`), answer);
  }
});

/** Makes calls of a plugin on each engine. Prints the answers, with what was logged as a warning. */
const ASK = `import { createAgent } from "guestwire";
import { connect } from "guestwire/client";
import { js } from "guestwire/core";
import { transportPair } from "guestwire/testing";
import { wasm } from "guestwire/wasm";

const [file, calls] = process.argv.slice(2);
const { default: plugin } = await import(file);
const found = [];
for (const core of [js, wasm]) {
  const log = (level, _, text) => level === "warning" && found.push(text);
  const agent = createAgent({ core, plugins: [plugin], logger: { log } });
  const pair = transportPair();
  agent.serve(pair.agent);
  const client = await connect(pair.client);
  for (const [command, args] of JSON.parse(calls)) {
    const answer = client.executeUntyped(command, args);
    found.push(await answer.then((value) => typeof value, ({ message }) => message));
  }
  await client.close();
  await agent.close();
}
console.log(JSON.stringify(found));
`;

/** Words of the agent, its core, its engines and its services. */
const FOREIGN = ["tsyringe", "reflect-metadata", "guestwire-standard", "QMP input", "AGFzbQEAAAA", "GW_ERR"];

function foreignIn(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return FOREIGN.filter((word) => text.includes(word));
}

/** That a bundle has nothing of the agent in it, and works anywhere, on the command line and on both engines. */
async function works(t: TestContext, bundle: string, calls: readonly Call[]): Promise<void> {
  assert.deepEqual(foreignIn(bundle), []);
  // Not even the kind of its modules is told by this folder, and there are no packages.
  const bare = temporaryFolder(t);
  const file = join(bare, "clock.mjs");
  copyFileSync(bundle, file);
  writeFileSync(join(bare, "package.json"), '{ "type": "commonjs" }\n');

  const agent = start(t, ["agent", "-m", "unix-listen", "-p", join(bare, "agent.sock"), "--plugin", file]);
  await listens(agent, join(bare, "agent.sock"));
  assert.match(await printed(t, ["call", join(bare, "agent.sock"), "clock-read"]), /\d{10}/);
  await stop(agent);
  put("ask.mjs", ASK);
  const asked = await run(process.execPath, ["ask.mjs", file, JSON.stringify(calls)], { cwd: project });
  const answers = calls.map(([, , answer]) => answer);
  assert.deepEqual(JSON.parse(asked), [...answers, ...answers]);
}

test("the bundle of the page, which has nothing of the agent", async (t) => {
  const args = lineOf("npx esbuild");
  await run(tool("esbuild"), [...args, "--log-level=error"], { cwd: own });
  await works(t, join(own, "clock.mjs"), OWN_CALLS);
});

const BUNDLERS = {
  esbuild: (output: string) => [
    "--bundle",
    "--platform=node",
    "--format=esm",
    "--log-level=error",
    `--outfile=${output}`,
  ],
  rollup: (output: string) => ["-f", "es", "--silent", "-p", "@rollup/plugin-node-resolve", "-o", output],
};

for (const [name, options] of Object.entries(BUNDLERS)) {
  test(`bundled with ${name}, from JavaScript and from what tsc has built`, async (t) => {
    const inputs = [
      [join(project, "clock.mjs"), CALLS],
      [join(own, "dist/src/index.js"), OWN_CALLS],
    ] as const;
    const output = join(project, `${name}.mjs`);
    for (const [input, calls] of inputs) {
      await run(tool(name), [input, ...options(output)], { cwd: project });
      await works(t, output, calls);
    }
  });
}

test("what is foreign would be found", async () => {
  put("agent.mjs", 'export * from "guestwire";\nexport * from "guestwire/wasm";\n');
  const output = join(project, "bundled-agent.mjs");
  await run(tool("esbuild"), ["agent.mjs", ...BUNDLERS.esbuild(output)], { cwd: project });
  assert.deepEqual(foreignIn(output), FOREIGN);
});

test("guestwire/plugin adds as little to a bundle as the page says", async () => {
  const [, most] = /adds less than (\d+) bytes/.exec(PAGE) ?? [];
  put("all.mjs", 'export * from "guestwire/plugin";\n');
  const options = ["--bundle", "--minify", "--format=esm", "--log-level=error"];
  const bytes = (await run(tool("esbuild"), ["all.mjs", ...options], { cwd: project })).length;
  assert.ok(bytes > 0 && bytes < Number(most), `${bytes}`);
});

test("nothing on the page was left out", () => {
  const all = [...FILES.keys(), ...LINES.filter((each) => !ONLINE.includes(each))];
  assert.deepEqual(
    all.filter((each) => !used.has(each)),
    [],
  );
  assert.equal(FILES.size, PAGE.match(/^```\w+$/gm)?.length, "a block has no file's name before it");
});
