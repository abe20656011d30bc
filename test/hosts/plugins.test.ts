// `guestwire agent --plugin` and `--watch`: where plugins are looked for, what is said of those that are none, and that an
// agent is started again when they change.

import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { CLI, Client, type Ending, Program, listens, moment, temporaryFolder } from "./rig.ts";

const NAMES = "guest-sync-delimited\nguest-sync\nguest-ping\nguest-info\n";

/** The source of a plugin with one command, which returns this. */
function plugin(name: string, result: unknown = {}): string {
  return `export default { name: "${name}", api: 1, commands: [{ name: "${name}-read", run: () => (${JSON.stringify(result)}) }] };\n`;
}

/** A folder with these files. */
function project(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder(t);
  for (const [name, text] of Object.entries(files)) put(folder, name, text);
  return folder;
}

function put(folder: string, name: string, text: string): void {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
}

/** The names of all commands, with these plugins, or what is said instead. */
function names(t: TestContext, cwd: string, ...plugins: string[]): Promise<Ending> {
  const options = plugins.flatMap((name) => ["--plugin", name]);
  return new Program(t, process.execPath, [CLI, "agent", "-b", "help", ...options], { cwd }).ended;
}

async function listed(t: TestContext, cwd: string, ...plugins: string[]): Promise<string> {
  const ending = await names(t, cwd, ...plugins);
  assert.deepEqual({ ...ending, stdout: "" }, { status: 0, signal: null, stdout: "", stderr: "" });
  assert.ok(ending.stdout.startsWith(NAMES));
  return ending.stdout.slice(NAMES.length);
}

async function refused(t: TestContext, cwd: string, name: string, line: RegExp): Promise<void> {
  const ending = await names(t, cwd, name);
  assert.match(ending.stderr, /^guestwire: [^\n]*\n$/);
  assert.match(ending.stderr, line);
  assert.deepEqual({ ...ending, stderr: "" }, { status: 1, signal: null, stdout: "", stderr: "" });
}

const MANIFEST = '{ "name": "packed", "type": "module", "exports": { ".": { "import": "./main.js" } } }\n';

test("plugins come from files and packages of the working directory, in order, and from guestwire", async (t) => {
  const cwd = project(t, {
    "one.mjs": plugin("one"),
    "list.mjs": `import one from "./one.mjs";\nexport default [{ ...one, name: "list", commands: [] }, one];\n`,
    "old.cjs": plugin("old").replace("export default", "module.exports ="),
    "compiled.cjs": `Object.defineProperty(exports, "__esModule", { value: true });\n${plugin("compiled").replace("export default", "exports.default =")}`,
    "node_modules/packed/package.json": MANIFEST,
    "node_modules/packed/main.js": plugin("packed"),
    "below/nothing.txt": "",
  });
  assert.equal(await listed(t, cwd, "./old.cjs", "packed", "./list.mjs"), "old-read\npacked-read\none-read\n");
  assert.equal(await listed(t, join(cwd, "below"), "../one.mjs", "packed"), "one-read\npacked-read\n");
  assert.equal(await listed(t, cwd, join(cwd, "one.mjs")), "one-read\n");
  assert.equal(await listed(t, cwd, "./compiled.cjs"), "compiled-read\n");
  assert.equal(await listed(t, cwd, "guestwire/introspect"), "guestwire-schema\n");
});

test("a plugin that is not there, or is no plugin", async (t) => {
  const cwd = project(t, {
    "one.mjs": plugin("one"),
    "empty.mjs": "export default [];\n",
    "named.mjs": "export const plugin = {};\n",
    "node_modules/shut/package.json": '{ "name": "shut", "exports": {} }\n',
  });
  await refused(t, cwd, "./two.mjs", /there is no plugin \.\/two\.mjs: \/.*\/two\.mjs is no file/);
  await refused(t, cwd, ".", /there is no plugin \.: \/.* is no file/);
  await refused(t, cwd, "two", /there is no package two; install it, or name a file: \.\/two/);
  await refused(t, cwd, "one.mjs", /there is no package one\.mjs; for the file use --plugin \.\/one\.mjs/);
  await refused(t, cwd, "shut", /plugin shut cannot be found: .*exports/);
  await refused(t, cwd, "", /name a plugin: --plugin \.\/FILE or --plugin PACKAGE/);
  for (const name of ["./empty.mjs", "./named.mjs", "fs"]) {
    await refused(t, cwd, name, /there is no plugin in .*: its default export must be what definePlugin returns/);
  }
});

test("a plugin that is named twice", async (t) => {
  const cwd = project(t, { "one.mjs": plugin("one"), "list.mjs": 'export { default } from "./one.mjs";\n' });
  for (const other of ["./one.mjs", "./list.mjs"]) {
    const { status, stderr } = await names(t, cwd, "./one.mjs", other);
    assert.equal(stderr, `guestwire: ./one.mjs and ${other} are one plugin: name it once\n`);
    assert.equal(status, 1);
  }
});

test("a plugin that cannot be loaded is told with its message and the place", async (t) => {
  const cwd = project(t, {
    "throws.mjs": 'const text = "two\\nlines";\nthrow new Error(text);\n',
    "throws-text.mjs": "throw Object.create(null);\n",
    "syntax.mjs": "export default { ;\n",
    "common.cjs": "let let;\n",
    "lacks.mjs": 'import "./other.mjs";\n',
    "waits.mjs": "await new Promise(() => {});\n",
  });
  await refused(t, cwd, "./throws.mjs", /plugin \.\/throws\.mjs cannot be loaded: two lines \(\/.*\/throws\.mjs:2\)\n/);
  await refused(t, cwd, "./throws-text.mjs", /cannot be loaded: it threw a value that has no text\n/);
  await refused(t, cwd, "./syntax.mjs", /plugin \.\/syntax\.mjs cannot be loaded: Unexpected token ';'\n/);
  await refused(t, cwd, "./common.cjs", /cannot be loaded: let is disallowed .*\(\/.*\/common\.cjs:1\)\n/);
  await refused(
    t,
    cwd,
    "./lacks.mjs",
    /cannot be loaded: Cannot find module '.*other\.mjs' imported from .*lacks\.mjs\n/,
  );
  await refused(t, cwd, "./waits.mjs", /cannot be loaded: it waits at its top level for what never comes\n/);
});

test("TypeScript is loaded where Node does that, and refused where not", async (t) => {
  const cwd = project(t, { "typed.ts": `const version: number = 1;\n${plugin("typed").replace("1", "version")}` });
  if ("typescript" in process.features && process.features.typescript !== false) {
    assert.equal(await listed(t, cwd, "./typed.ts"), "typed-read\n");
  } else {
    await refused(t, cwd, "./typed.ts", /typed\.ts cannot be loaded: Node [\d.]+ does not run TypeScript; compile it/);
  }
});

test("a plugin that the agent refuses", async (t) => {
  const cwd = project(t, {
    "api.mjs": plugin("api").replace("api: 1", "api: 2"),
    "ping.mjs": plugin("ping").replace("ping-read", "guest-ping"),
    "word.mjs": plugin("word").replace("run:", 'arguments: { id: "integer" }, run:'),
  });
  await refused(t, cwd, "./api.mjs", /plugin 'api': it is written for API 2; this agent has API 1\n/);
  await refused(t, cwd, "./ping.mjs", /plugin 'ping': there are two commands named 'guest-ping'\n/);
  await refused(t, cwd, "./word.mjs", /plugin 'word': command 'word-read': 'id' has the unknown type 'integer'\n/);
});

/** Starts an agent with options in a folder, on a socket there. */
function start(t: TestContext, cwd: string, ...options: string[]): { program: Program; path: string } {
  const args = [CLI, "agent", "-m", "unix-listen", "-p", "socket", ...options];
  return { program: new Program(t, process.execPath, args, { cwd }), path: join(cwd, "socket") };
}

async function ask(path: string, command: string): Promise<string> {
  const client = await Client.connect(path);
  const reply = await client.ask(`{"execute":"${command}"}\n`);
  client.reset();
  return reply;
}

/** Asks until the agent that has just been started answers so. */
async function answers(program: Program, path: string, command: string, wanted: string): Promise<void> {
  let got = "";
  while (got !== wanted) {
    assert.ok(program.isRunning, program.stderr);
    got = await ask(path, command).catch(() => "");
    await moment();
  }
}

test("an agent serves the commands of its plugins, and guest-info has them", async (t) => {
  const cwd = project(t, { "one.mjs": plugin("one", [1, "two"]) });
  const { program, path } = start(t, cwd, "--plugin", "./one.mjs", "--core", "js");
  await listens(program, path);
  assert.equal(await ask(path, "one-read"), '{"return": [1, "two"]}\n');
  assert.match(await ask(path, "guest-info"), /"supported_commands": \[\{"enabled": true, "name": "one-read",/);
  program.kill("SIGTERM");
  assert.deepEqual(await program.ended, { status: 0, signal: null, stdout: "", stderr: "" });
});

const AGAIN = "guestwire: a plugin has changed; the agent starts again\n";

test("--watch starts the agent again when a file that a plugin is made of changes", async (t) => {
  const cwd = project(t, {
    // What no file can be called is no file to watch.
    "one.mjs":
      '// require("./%s"), import("./%2f")\nimport { value } from "./parts/value.mjs";\n' +
      plugin("one").replace("({})", "value"),
    "parts/value.mjs": "export const value = 1;\n",
  });
  const { program, path } = start(t, cwd, "--plugin", "./one.mjs", "--watch");
  await answers(program, path, "one-read", '{"return": 1}\n');
  put(cwd, "parts/value.mjs", "export const value = 2;\n");
  await answers(program, path, "one-read", '{"return": 2}\n');
  // As editors save, and as compilers do that clean up before.
  put(cwd, "new.mjs", plugin("one", 3));
  renameSync(join(cwd, "new.mjs"), join(cwd, "one.mjs"));
  await answers(program, path, "one-read", '{"return": 3}\n');
  rmSync(join(cwd, "one.mjs"));
  await program.until(() => program.stderr.includes("ended with status 1"), "it said so");
  put(cwd, "one.mjs", plugin("one", 4));
  await answers(program, path, "one-read", '{"return": 4}\n');
  program.kill("SIGTERM");
  const { status, stderr } = await program.ended;
  assert.equal(status, 0);
  assert.deepEqual(stderr.split(AGAIN).slice(0, 3), ["", "", ""]);
});

test("--watch tells of a plugin that does not load, and the next change tries again", async (t) => {
  const cwd = project(t, { "one.mjs": "export default { ;\n" });
  const { program, path } = start(t, cwd, "--plugin", "./one.mjs", "--watch");
  const told = [
    "guestwire: plugin ./one.mjs cannot be loaded: Unexpected token ';'\n",
    "guestwire: the agent ended with status 1; it starts again when a plugin changes\n",
  ];
  await program.until(() => program.stderr === told.join(""), "it said so");
  put(cwd, "one.mjs", plugin("one", 1));
  await answers(program, path, "one-read", '{"return": 1}\n');
  put(cwd, "one.mjs", "export default { ;\n");
  await program.until(() => program.stderr.endsWith(told.join("")), "it said so again");
  program.kill("SIGINT");
  assert.deepEqual(await program.ended, {
    status: 1,
    signal: null,
    stdout: "",
    stderr: [...told, AGAIN, AGAIN, ...told].join(""),
  });
});

test("--watch ends an agent whose command holds up everybody", async (t) => {
  const cwd = project(t, { "one.mjs": plugin("one").replace("({})", "{ for (;;); }") });
  const { program, path } = start(t, cwd, "--plugin", "./one.mjs", "--watch");
  await listens(program, path);
  const client = await Client.connect(path);
  await client.send('{"execute":"one-read"}\n');
  put(cwd, "one.mjs", plugin("one", 1));
  await answers(program, path, "one-read", '{"return": 1}\n');
  client.reset();
  program.kill("SIGTERM");
  assert.equal((await program.ended).status, 0);
});

test("the agent of --watch ends when the process that watches is killed", async (t) => {
  const cwd = project(t, { "one.mjs": plugin("one", 1) });
  const { program, path } = start(t, cwd, "--plugin", "./one.mjs", "--watch");
  await answers(program, path, "one-read", '{"return": 1}\n');
  program.kill("SIGKILL");
  // It closes once the agent has let go of stderr.
  assert.deepEqual(await program.ended, { status: null, signal: "SIGKILL", stdout: "", stderr: "" });
  await assert.rejects(Client.connect(path), { code: "ENOENT" });
});

test("mistakes with --watch end it at once", async (t) => {
  const cwd = project(t, { "one.mjs": plugin("one") });
  const told = async (...options: string[]): Promise<string> => {
    const { status, stderr } = await new Program(t, process.execPath, [CLI, "agent", ...options], { cwd }).ended;
    assert.equal(status, 1);
    return stderr;
  };
  const LISTEN = ["-m", "unix-listen", "-p", "socket", "--watch"];
  assert.match(await told(...LISTEN), /^guestwire: say which plugin to watch: --plugin \.\/FILE\n$/);
  assert.match(await told(...LISTEN, "--plugin", "two"), /^guestwire: there is no package two; .*\n$/);
  assert.match(await told("-m", "unix-listen", "--watch", "--plugin", "./one.mjs"), /^guestwire: .*-p PATH\n$/);
});
