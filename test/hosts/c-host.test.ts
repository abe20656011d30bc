// The C host as a program: its command line, its socket's file, its log, how it takes a trap, how it is built.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { before, test } from "node:test";
import { C_FOLDER, buildCHost, make, skipCHost } from "../c-host.ts";
import { MB, PING, PONG, runCHost, startCHost } from "./c-rig.ts";
import { Client, Program, ROOT, listens, temporaryFolder } from "./rig.ts";

const VERSION = (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }).version;

let agent = "";
if (!skipCHost) {
  before(() => {
    agent = buildCHost();
  });
}

/** A call that the C host's own command answers with an error. */
const FAILS = '{"execute":"uptime-read","arguments":{"unit":"h"}}';

/** One line on stderr that matches, this status, and nothing else. */
function refused(args: string[], status: number, line: RegExp): void {
  const ending = runCHost(agent, "", ...args);
  assert.match(ending.stderr, /^guestwire-agent: [^\n]*\n$/);
  assert.match(ending.stderr, line);
  assert.deepEqual({ ...ending, stderr: "" }, { status, stdout: "", stderr: "" });
}

test("C host: --help and --version", { skip: skipCHost }, () => {
  for (const option of ["-h", "--help"]) {
    const page = runCHost(agent, "", option);
    assert.deepEqual([page.status, page.stderr], [0, ""]);
    assert.match(page.stdout, /^Usage: guestwire-agent /);
    for (const name of ["--listen", "--device", "--stdio", "--limit", "--verbose", "--version", "--help"]) {
      assert.match(page.stdout, new RegExp(`^ .*${name} `, "m"));
    }
  }
  for (const option of ["-V", "--version"]) {
    assert.deepEqual(runCHost(agent, "", option), {
      status: 0,
      stdout: `Guestwire Guest Agent ${VERSION}\n`,
      stderr: "",
    });
  }
});

test("C host: mistakes on the command line", { skip: skipCHost }, () => {
  refused(["--frob"], 2, /there is no option --frob; see 'guestwire-agent --help'/);
  refused(["-x"], 2, /there is no option -x/);
  refused(["word"], 2, /there is no use for word/);
  refused(["--listen"], 2, /a value is missing behind --listen/);
  refused(["--listen", ""], 2, /name a path/);
  refused(["--listen", "a", "--stdio"], 2, /only one of --listen, --device and --stdio/);
  for (const limit of ["depth", "depth=", "depth=x", "depth=63", "depth=-1", "depth=99999999999999999999", "deep=64"]) {
    refused(["--limit", limit], 2, new RegExp(`no limit, or out of its range: ${limit};`));
  }
});

test("C host: what is in the way of a socket", { skip: skipCHost }, async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "file");
  writeFileSync(file, "mine");
  refused(["--listen", file], 1, /file is a regular file, not a socket; remove it or choose another path/);
  assert.equal(readFileSync(file, "utf8"), "mine");
  refused(["--listen", folder], 1, /is a folder, not a socket/);
  refused(["--listen", join(folder, "missing/socket")], 1, /cannot be made \(No such file or directory\)/);
  refused(["--listen", join(folder, "x".repeat(108))], 1, /at most 107 bytes/);
  const { path } = await startCHost(t, agent);
  refused(["--listen", path], 1, /somebody listens on .* already/);
  const client = await Client.connect(path);
  assert.equal(await client.ask(PING), PONG);
  client.reset();
});

test("C host: what is in the way of a device", { skip: skipCHost }, (t) => {
  const folder = temporaryFolder(t);
  refused(["--device", join(folder, "none")], 1, /cannot be opened: No such file or directory/);
  refused(["--device", folder], 1, /is no character device/);
});

test("C host: a socket that was left behind is replaced, and its own goes with it", { skip: skipCHost }, async (t) => {
  const { path, program } = await startCHost(t, agent);
  program.kill("SIGKILL");
  await program.ended;
  assert.ok(existsSync(path));
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const next = new Program(t, agent, ["--listen", path, "-v"]);
    await listens(next, path);
    next.kill(signal);
    const { status, stdout, stderr } = await next.ended;
    assert.deepEqual([status, stdout], [0, ""]);
    assert.match(stderr, new RegExp(`^\\d+\\.\\d{6}: info: listening on .*\n.*info: stopping on ${signal}\n$`));
    assert.ok(!existsSync(path));
  }
});

test("C host: a socket that somebody else made at its path stays", { skip: skipCHost }, async (t) => {
  const { path, program } = await startCHost(t, agent);
  spawnSync("rm", [path]);
  const other = createServer().listen(path);
  t.after(() => other.close());
  program.kill("SIGTERM");
  assert.equal((await program.ended).status, 0);
  assert.ok(existsSync(path));
});

test("C host: what is logged, and where", { skip: skipCHost }, async (t) => {
  const quiet = runCHost(agent, `${PING}%`);
  assert.equal(quiet.stderr, "");
  const { path, program } = await startCHost(t, agent, ["-v"]);
  const client = await Client.connect(path);
  await client.ask(PING);
  client.reset();
  program.kill("SIGTERM");
  const { stderr } = await program.ended;
  for (const line of stderr.trimEnd().split("\n")) assert.match(line, /^\d+\.\d{6}: \w+: /);
  // It is for the system's log.
  assert.doesNotMatch(stderr, /guest-ping/);
});

test(
  "C host: sessions and messages in numbers take no memory, and a large one gives it back",
  { skip: skipCHost },
  async (t) => {
    const { path, program } = await startCHost(t, agent);
    const rounds = async (): Promise<void> => {
      for (let i = 0; i < 1000; i++) {
        const client = await Client.connect(path);
        assert.equal(await client.ask(PING), PONG);
        if (i % 2 === 0) await client.send('{"execute":');
        client.reset();
      }
    };
    await rounds();
    const start = program.resident();
    await rounds();
    assert.ok(program.resident() - start < 0.2 * MB);
    const client = await Client.connect(path);
    const id = "x".repeat(30 * MB);
    assert.ok((await client.ask(`{"execute":"guest-ping","id":"${id}"}`)) === `{"return": {}, "id": "${id}"}\n`);
    assert.ok(program.resident() - start > 30 * MB);
    client.reset();
    await program.until(() => program.resident() - start < 2 * MB, "its memory is given back");
    const next = await Client.connect(path);
    assert.equal(await next.ask(PING), PONG);
    next.reset();
  },
);

test(
  "C host: an instance that gets no memory costs its sessions, and the agent goes on",
  { skip: skipCHost },
  async (t) => {
    const { path, program } = await startCHost(t, agent, [], ["prlimit", "--data=8000000"]);
    for (let round = 1; round <= 2; round++) {
      const other = await Client.connect(path);
      assert.equal(await other.ask(PING), PONG);
      const large = await Client.connect(path);
      void large.send(`{"execute":"guest-ping","id":"${"x".repeat(30 * MB)}"}`);
      assert.equal(await large.rest(), "");
      assert.equal(await other.rest(), "");
      const next = await Client.connect(path);
      assert.equal(await next.ask(PING), PONG);
      assert.equal(
        program.stderr.match(/critical: agent\.wasm trapped, its sessions are lost: [^\n]*\n/g)?.length,
        round,
      );
      for (const client of [other, large, next]) client.reset();
    }
  },
);

test("C host: a fault of the module costs its sessions, and the agent goes on", { skip: skipCHost }, async (t) => {
  const folder = temporaryFolder(t);
  cpSync(join(ROOT, "dist/portable"), join(folder, "portable"), { recursive: true });
  // Its gw_fail writes where there is no memory: a command of the host's that fails traps.
  const entry = join(folder, "portable/hosts/wasm/agent.ts");
  const faulty = `
export function gw_fail(_session: usize, _number: i32, _errorClass: i32, _length: i32): i32 {
  store<u8>(0xfff00000, 1);
  return 0;
}
`;
  writeFileSync(entry, readFileSync(entry, "utf8").replaceAll("  gw_fail,\n", "") + faulty);
  const module = join(folder, "faulty.wasm");
  const asc = join(ROOT, "node_modules/.bin/asc");
  execFileSync(asc, [entry, "--runtime=stub", "--use=abort=", "-O2", `--outFile=${module}`], { stdio: "pipe" });
  make(`BUILD=${folder}`, `WASM=${module}`);
  const { path, program } = await startCHost(t, join(folder, "guestwire-agent"));
  for (let round = 1; round <= 2; round++) {
    const other = await Client.connect(path);
    assert.equal(await other.ask(PING), PONG);
    const client = await Client.connect(path);
    await client.send(FAILS);
    assert.equal(await client.rest(), "");
    assert.equal(await other.rest(), "");
    const next = await Client.connect(path);
    assert.equal(await next.ask(PING), PONG);
    assert.match(await next.ask('{"execute":"guest-info"}'), /"name": "uptime-read"/);
    assert.equal(program.stderr.match(/critical: agent\.wasm trapped, .*: Out-of-bounds access/g)?.length, round);
    for (const one of [other, client, next]) one.reset();
  }
  // On standard input and output the same session's bytes go on.
  const ending = runCHost(join(folder, "guestwire-agent"), FAILS);
  assert.deepEqual([ending.status, ending.stdout], [0, ""]);
});

test("C host: without the address space that it reserves it says so", { skip: skipCHost }, () => {
  const { status, stderr } = spawnSync("prlimit", ["--as=1000000000", agent], { input: "", encoding: "latin1" });
  assert.equal(stderr, "guestwire-agent: agent.wasm cannot be started: Cannot allocate memory\n");
  assert.equal(status, 1);
});

test("C host: the program of docs/c.md", { skip: skipCHost }, (t) => {
  const page = readFileSync(join(ROOT, "docs/c.md"), "utf8");
  const [, program = ""] = /^```c\n(.*?)^```/ms.exec(page) ?? [];
  const [, commands = ""] = /^```sh\n(.*?)^```/ms.exec(page) ?? [];
  assert.ok(program.split("\n").length - 1 < 30);
  const folder = join(temporaryFolder(t), "mine");
  mkdirSync(folder);
  for (const name of ["agent.c", "agent.h", "guestwire.h"]) cpSync(join(C_FOLDER, name), join(folder, name));
  cpSync(join(ROOT, "dist/agent.wasm"), join(folder, "agent.wasm"));
  writeFileSync(join(folder, "main.c"), program);
  const printed = execFileSync("sh", ["-ec", commands], { cwd: folder, encoding: "utf8" });
  assert.equal(printed, '{"return": {"ticks": 42}}\n');
});

test("C host: make says what is missing", { skip: skipCHost }, (t) => {
  const build = `BUILD=${temporaryFolder(t)}`;
  const said = (...args: string[]): string => {
    try {
      make(build, ...args);
    } catch (error) {
      return String((error as { stderr: Buffer }).stderr);
    }
    return "";
  };
  assert.match(said("WASM=nowhere.wasm"), /^nowhere\.wasm is missing: npm run build makes it\n/);
  assert.match(said("WASM2C=none-such"), /^wasm2c is missing: install wabt/);
  assert.match(said("WASM2C=echo"), /^wasm2c --version makes other names: use wabt/);
});
