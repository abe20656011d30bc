// The command line: what it prints, how it ends, and what it says about mistakes.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { completeLimits, LIMIT_NAMES } from "../../hosts/common/limits.ts";
import { CLI, type Ending, Program, ROOT, Client, listens, run, startAgent, temporaryFolder } from "./rig.ts";

const VERSION = (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }).version;
const LISTEN = ["agent", "-m", "unix-listen"];

function printed(ending: Ending): string {
  assert.deepEqual({ ...ending, stdout: "" }, { status: 0, signal: null, stdout: "", stderr: "" });
  return ending.stdout;
}

/** One line on stderr that matches, status 1, and nothing else. */
function refused(ending: Ending, line: RegExp): void {
  assert.match(ending.stderr, /^guestwire: [^\n]*\n$/);
  assert.match(ending.stderr, line);
  assert.deepEqual({ ...ending, stderr: "" }, { status: 1, signal: null, stdout: "", stderr: "" });
}

test("--version prints the version of the package", async (t) => {
  assert.equal(printed(await run(t, "--version")), `${VERSION}\n`);
});

test("--help prints a page with the commands and examples", async (t) => {
  const page = printed(await run(t, "--help"));
  assert.match(page, /^Usage: guestwire /);
  assert.match(page, /^ {2}agent /m);
  assert.match(page, /^ {2}help \[command\] /m);
  assert.match(page, /^Examples:\n {2}guestwire agent -m unix-listen -p /m);
  for (const name of ["call", "shell", "wait"]) {
    assert.match(page, new RegExp(`^ {2}${name} `, "m"));
    assert.match(page, new RegExp(`^ {2}guestwire ${name} `, "m"));
  }
  assert.equal(printed(await run(t, "help")), page);
});

test("agent --help prints a page with all options and examples", async (t) => {
  const page = printed(await run(t, "agent", "--help"));
  assert.match(page, /^Usage: guestwire agent \[-m METHOD\] \[-p PATH\] \[options\]\n/);
  assert.equal(printed(await run(t, "help", "agent")), page);
  for (const option of [
    "-c, --config",
    "-m, --method",
    "-p, --path",
    "-r, --retry-path",
    "--baud",
    "--fd",
    "-t, --statedir",
    "-d, --daemonize",
    "-f, --pidfile",
    "-F, --fsfreeze-hook",
    "-D, --dump-conf",
    "-l, --logfile",
    "-v, --verbose",
    "-V, --version",
    "-b, --block-rpcs",
    "-a, --allow-rpcs",
    "--core",
    "--limit",
    "--plugin",
    "--watch",
    "-h, --help",
  ]) {
    assert.match(page, new RegExp(`^ +${option} `, "m"));
  }
  for (const line of page.split("\n")) assert.ok(line.length <= 80, line);
  assert.match(page, /^Examples:\n {2}guestwire agent /m);
});

test("call, shell and wait --help print pages with options, exit codes and examples", async (t) => {
  for (const [name, options] of [
    ["call", ["--raw", "--timeout", "-h, --help"]],
    ["shell", ["--timeout", "-h, --help"]],
    ["wait", ["--timeout", "-h, --help"]],
  ] as const) {
    const page = printed(await run(t, name, "--help"));
    assert.match(page, new RegExp(`^Usage: guestwire ${name} TARGET`));
    assert.equal(printed(await run(t, "help", name)), page);
    for (const option of options) assert.match(page, new RegExp(`^ +${option} `, "m"));
    for (const line of page.split("\n")) assert.ok(line.length <= 80, line);
    assert.match(page, /^Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}3 .*\n\nExamples:\n {2}guestwire /m);
  }
});

test("agent --help has each limit with its default, its range and what it bounds", async (t) => {
  const page = printed(await run(t, "agent", "--help"));
  const defaults = completeLimits();
  for (const name of LIMIT_NAMES) {
    const [, value, least, most] = new RegExp(`^ {2}${name} +(\\d+) +(\\d+) +(\\d+) {2}\\w.*$`, "m").exec(page) ?? [];
    assert.equal(Number(value), defaults[name], name);
    for (const edge of [Number(least), Number(most)]) assert.equal(completeLimits({ [name]: edge })[name], edge);
    assert.throws(() => completeLimits({ [name]: Number(least) - 1 }));
    assert.throws(() => completeLimits({ [name]: Number(most) + 1 }));
  }
});

test("agent -V prints one line with the version", async (t) => {
  for (const option of ["-V", "--version"]) {
    assert.equal(printed(await run(t, "agent", option)), `Guestwire Guest Agent ${VERSION}\n`);
  }
});

test("a list of 'help' or '?' prints the names of all commands in the order of registration", async (t) => {
  const names = "guest-sync-delimited\nguest-sync\nguest-ping\nguest-info\n";
  assert.equal(printed(await run(t, "agent", "-b", "help")), names);
  assert.equal(printed(await run(t, "agent", "-b", "?")), names);
  assert.equal(printed(await run(t, "agent", "--allow-rpcs=help", "-b", "guest-ping")), names);
});

test("a reader that has had enough of the help page is no error", async () => {
  const script = `"$0" "$1" agent --help | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const said = execFileSync("bash", ["-c", script, process.execPath, CLI], { encoding: "utf8" });
  assert.match(said, /^Usage: [^\n]*\n0\n$/);
});

test("output that cannot be written is an error, words about it that cannot are none", async () => {
  const bash = (script: string): string =>
    execFileSync("bash", ["-c", script, process.execPath, CLI], { encoding: "utf8" });
  const full = '"$0" "$1" --help 2>&1 >/dev/full; echo $?';
  assert.equal(bash(full), "guestwire: the output cannot be written (ENOSPC)\n1\n");
  assert.equal(bash('"$0" "$1" --frob 2>/dev/full; echo $?'), "1\n");
});

test("mistakes on the command line", async (t) => {
  refused(await run(t), /say what to do; see 'guestwire --help'/);
  refused(await run(t, "serve"), /there is no command 'serve'; see 'guestwire --help'/);
  refused(await run(t, "serve", "me"), /there is no command 'serve'/);
  refused(await run(t, "help", "foo"), /there is no command 'foo'; see 'guestwire --help'/);
  refused(await run(t, "help", "--frob"), /unknown option '--frob'; see 'guestwire help --help'/);
  refused(await run(t, "--frob"), /unknown option '--frob'; see 'guestwire --help'/);
});

test("an engine that there is not", async (t) => {
  refused(await run(t, ...LISTEN, "-p", "s", "--core", "asm"), /'asm' is invalid. Allowed choices are js, wasm/);
});

test("limits out of range, unknown or not of the form NAME=VALUE", async (t) => {
  const limited = (limit: string): Promise<Ending> => run(t, ...LISTEN, "-p", "socket", "--limit", limit);
  refused(await limited("depth=1"), /limit depth must be an integer from 64 to \d+/);
  refused(await limited("breadth=100"), /unknown limit 'breadth'; there are .*depth/);
  for (const limit of ["depth", "depth=", "depth=many", "depth=-1", "depth=1e3", "=1"]) {
    refused(await limited(limit), /--limit takes NAME=VALUE with a whole number/);
  }
});

test("a socket that cannot be made", async (t) => {
  const folder = temporaryFolder(t);
  const at = async (name: string): Promise<Ending> => run(t, ...LISTEN, "-p", join(folder, name));
  writeFileSync(join(folder, "file"), "precious");
  mkdirSync(join(folder, "folder"));
  symlinkSync("nowhere", join(folder, "link"));
  refused(await at("file"), /file is a regular file, not a socket; remove it or choose another path/);
  assert.equal(readFileSync(join(folder, "file"), "utf8"), "precious");
  refused(await at("folder"), /folder is a folder, not a socket/);
  refused(await at("link"), /link is a symbolic link, not a socket/);
  refused(await at("missing/socket"), /there is no folder .*missing; create it or choose another path/);
  refused(await at("file/socket"), /file is not a folder; choose another path/);
  const long = join(folder, "x".repeat(107 - folder.length));
  refused(await run(t, ...LISTEN, "-p", long), /at most 107 bytes, this one has 108; use a shorter one/);
  assert.equal(existsSync(long), false);
  refused(await run(t, ...LISTEN, "-p", ""), /needs a path/);
});

test("a path of 107 bytes is fine", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "é".repeat(20) + "x".repeat(107 - folder.length - 41));
  assert.equal(Buffer.byteLength(path), 107);
  const agent = new Program(t, process.execPath, [CLI, ...LISTEN, "-p", path, "-v"]);
  await agent.until(() => agent.stderr.includes("listening"), "it listens");
  assert.equal(statSync(path).isSocket(), true);
  agent.kill("SIGTERM");
  assert.equal((await agent.ended).status, 0);
  assert.equal(existsSync(path), false);
});

test("no permission", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "closed", "socket");
  mkdirSync(join(folder, "closed"));
  chmodSync(folder, 0o711);
  chmodSync(join(folder, "closed"), 0o500);
  if (process.getuid?.() === 0) {
    // Root may write everywhere but into the system's own file systems.
    refused(await run(t, ...LISTEN, "-p", "/sys/guestwire.sock"), /no permission|read-only/);
    return;
  }
  refused(
    await run(t, ...LISTEN, "-p", path),
    /no permission for the socket .*; run as another user or choose another path/,
  );
});

test("somebody listens there already", async (t) => {
  const { path, program } = await startAgent(t);
  refused(await run(t, ...LISTEN, "-p", path), /somebody listens on .*; stop that program or choose another path/);
  const client = await Client.connect(path);
  assert.equal(await client.ask('{"execute":"guest-ping"}'), '{"return": {}}\n');
  client.reset();
  program.kill("SIGTERM");
  assert.equal((await program.ended).status, 0);
});

test("the state folder must be there", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "file"), "");
  const path = join(folder, "socket");
  symlinkSync("loop", join(folder, "loop"));
  const at = (state: string): Promise<Ending> => run(t, ...LISTEN, "-p", path, "-t", state);
  refused(await at(join(folder, "missing")), /no state folder .*missing; create it or name another with -t/);
  refused(await at(join(folder, "file")), /state folder .*file is not a folder; name another with -t/);
  refused(await at(join(folder, "file/x")), /file\/x leads through .* not a folder; name another with -t/);
  refused(await at(join(folder, "loop")), /loop is a loop of symbolic links; mend them or name another with -t/);
  refused(await at(join(folder, "x".repeat(256))), /state folder is too long; name another with -t/);
  refused(await at(""), /say which folder is for state: -t DIR/);
  assert.equal(existsSync(path), false);
  const { program } = await startAgent(t, "-t", folder);
  program.kill("SIGTERM");
  assert.equal((await program.ended).status, 0);
});

test("a log file that cannot be opened", async (t) => {
  const folder = temporaryFolder(t);
  const logging = (name: string): Promise<Ending> =>
    run(t, ...LISTEN, "-p", join(folder, "socket"), "-l", join(folder, name));
  refused(await run(t, ...LISTEN, "-p", join(folder, "socket"), "-l", ""), /say which file the log goes to: -l FILE/);
  refused(await logging("."), /log file .* is a folder; name a file with -l/);
  refused(await logging("missing/log"), /folder of the log file .* is not there; create it or name another/);
  writeFileSync(join(folder, "file"), "");
  refused(await logging("file/log"), /log file .* cannot be opened \(ENOTDIR\); name another with -l/);
  execFileSync("mkfifo", [join(folder, "pipe")]);
  refused(await logging("pipe"), /log file .* cannot be opened \(ENXIO\)/);
  assert.equal(existsSync(join(folder, "socket")), false);
});

test("the long forms of the options", async (t: TestContext) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "socket");
  const args = [
    "agent",
    "--method=unix-listen",
    "--path",
    path,
    "--statedir",
    folder,
    "--logfile",
    join(folder, "log"),
  ];
  const more = [
    "--verbose",
    "--block-rpcs=guest-ping",
    "--allow-rpcs=guest-ping,guest-info",
    "--core=wasm",
    "--limit=depth=64",
  ];
  const agent = new Program(t, process.execPath, [CLI, ...args, ...more]);
  await listens(agent, path);
  const client = await Client.connect(path);
  assert.match(await client.ask('{"execute":"guest-ping"}'), /guest-ping has been disabled/);
  assert.match(await client.ask('{"execute":"guest-sync"}'), /guest-sync has been disabled/);
  assert.match(await client.ask('{"execute":"guest-info"}'), /^\{"return"/);
  assert.match(await client.ask("[".repeat(65)), /nesting depth limit/);
  client.reset();
  agent.kill("SIGTERM");
  assert.equal((await agent.ended).status, 0);
  assert.match(readFileSync(join(folder, "log"), "utf8"), /info: core wasm-simd\n.*info: listening on .*\n/);
});
