// The C host as a program: its command line, its socket's file, its log, how it takes a trap, how it is built.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { C_FOLDER, buildCHost, make, skipCHost } from "../c-host.ts";
import { MB, PING, PONG, runCHost, startCHost } from "./c-rig.ts";
import { Client, Program, ROOT, listens, temporaryFolder } from "./rig.ts";

const VERSION = (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }).version;

let agent = "";
/** Where the host is built around one module after the other. */
let workshop = "";
if (!skipCHost) {
  before(() => {
    agent = buildCHost();
    workshop = mkdtempSync(join(tmpdir(), "guestwire-faulty-"));
  });
  after(() => rmSync(workshop, { recursive: true, force: true }));
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
  for (const words of [["-x"], ["-vx"], ["--stdio", "-xv"]]) refused(words, 2, /there is no option -x/);
  refused(["--verbose=3"], 2, /--verbose takes no value/);
  refused(["word"], 2, /there is no use for word/);
  for (const word of ["--listen", "--lis"]) refused([word], 2, /a value is missing behind --listen/);
  refused(["--listen", ""], 2, /name a path behind --listen/);
  refused(["--listen", "a", "--stdio"], 2, /only one of --listen, --device and --stdio/);
  for (const limit of ["depth", "deep=64"]) {
    refused(["--limit", limit], 2, new RegExp(`--limit ${limit}: that is no limit with a value;`));
  }
  for (const value of ["", "x", "63", "268435457", "-1", "99999999999999999999"]) {
    refused(["--limit", `depth=${value}`], 2, /: depth takes a number from 64 to 268435456;/);
  }
  refused(["--limit", "errorsInRow=-1"], 2, /: errorsInRow takes a number from 0 to 268435456;/);
  // The module has the same range.
  for (const limit of ["depth=64", "depth=268435456", "errorsInRow=0"]) {
    assert.deepEqual(runCHost(agent, PING, "--limit", limit), { status: 0, stdout: PONG, stderr: "" });
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

/** Builds the host around a module whose sources are changed. Returns its path. */
function buildFaulty(name: string, change: (portable: string) => void): string {
  const portable = join(workshop, `${name}-portable`);
  cpSync(join(ROOT, "dist/portable"), portable, { recursive: true });
  change(portable);
  const module = join(workshop, `${name}.wasm`);
  const asc = join(ROOT, "node_modules/.bin/asc");
  const entry = join(portable, "hosts/wasm/agent.ts");
  execFileSync(asc, [entry, "--runtime=stub", "--use=abort=", "-O2", `--outFile=${module}`], { stdio: "pipe" });
  // As old as can be: what decides is that it is another one.
  utimesSync(module, 0, 0);
  make(`BUILD=${workshop}`, `WASM=${module}`, "CFLAGS=-O0", "SPEED=-O0");
  return join(workshop, "guestwire-agent");
}

/** Changes a file. */
function edit(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

/** An access where there is no memory. */
const FAULT = "store<u8>(0xfff00000, 1);";
const TRAPPED = /critical: agent\.wasm trapped, its sessions are lost: out-of-bounds access\n/g;

test("C host: a fault of the module costs its sessions, and the agent goes on", { skip: skipCHost }, async (t) => {
  // Its gw_fail faults: a command of the host's that fails traps.
  const failing = buildFaulty("failing", (portable) =>
    edit(
      join(portable, "hosts/wasm/agent.ts"),
      (text) => `${text.replaceAll("  gw_fail,\n", "")}
export function gw_fail(_session: usize, _number: i32, _errorClass: i32, _length: i32): i32 {
  ${FAULT}
  return 0;
}
`,
    ),
  );
  const { path, program } = await startCHost(t, failing);
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
    assert.equal(program.stderr.match(TRAPPED)?.length, round);
    for (const one of [other, client, next]) one.reset();
  }
  // On standard input and output the same session's bytes go on.
  const ending = runCHost(failing, FAILS);
  assert.deepEqual([ending.status, ending.stdout], [0, ""]);
});

test(
  "C host: a fault of the module where a session is opened costs all, and the agent goes on",
  { skip: skipCHost },
  async (t) => {
    // Its gw_open faults for the third session.
    const full = buildFaulty("full", (portable) =>
      edit(
        join(portable, "hosts/wasm/agent.ts"),
        (text) => `import { gw_open as open } from "../../core/wasm";
${text.replaceAll("  gw_open,\n", "")}
let opened: i32 = 0;
export function gw_open(): usize {
  if (++opened === 3) ${FAULT}
  return open();
}
`,
      ),
    );
    // What waits until it listens has the first one.
    const { path, program } = await startCHost(t, full);
    for (let round = 1; round <= 3; round++) {
      const other = await Client.connect(path);
      assert.equal(await other.ask(PING), PONG);
      const client = await Client.connect(path);
      assert.equal(await client.rest(), "");
      assert.equal(await other.rest(), "");
      assert.equal(program.stderr.match(TRAPPED)?.length, round);
      for (const one of [other, client]) one.reset();
      // The first one of a fresh instance.
      const next = await Client.connect(path);
      assert.equal(await next.ask(PING), PONG);
      next.reset();
    }
    assert.doesNotMatch(program.stderr, /no further peer/);
  },
);

test("C host: a module of another version is refused", { skip: skipCHost }, () => {
  const strange = buildFaulty("strange", (portable) =>
    edit(join(portable, "core/codes.ts"), (text) => text.replace("const ABI: i32 = 1;", "const ABI: i32 = 2;")),
  );
  const line = "guestwire-agent: agent.wasm has another interface than version 1 of this host\n";
  assert.deepEqual(runCHost(strange, PING), { status: 1, stdout: "", stderr: line });
});

test("C host: without descriptors it says so once, and goes on when there are some", { skip: skipCHost }, async (t) => {
  const { path, program } = await startCHost(t, agent, [], ["prlimit", "--nofile=8"]);
  const clients = await Promise.all(Array.from({ length: 8 }, () => Client.connect(path)));
  await program.until(() => program.stderr !== "", "it says so");
  assert.equal(await clients[0]?.ask(PING), PONG);
  for (const client of clients.slice(0, 7)) client.reset();
  assert.equal(await clients[7]?.ask(PING), PONG);
  assert.match(program.stderr, /^\S+: critical: no further peer can be served: Too many open files\n$/);
  clients[7]?.reset();
});

test("C host: without the address space that it reserves it says so", { skip: skipCHost }, () => {
  const { status, stderr } = spawnSync("prlimit", ["--as=1000000000", agent], { input: "", encoding: "latin1" });
  assert.equal(stderr, "guestwire-agent: agent.wasm cannot be started: Cannot allocate memory\n");
  assert.equal(status, 1);
  const version = spawnSync("prlimit", ["--as=1000000000", agent, "--version"], { encoding: "latin1" });
  assert.deepEqual([version.status, version.stderr], [0, ""]);
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
