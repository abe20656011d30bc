// qemu-ga's options and configuration file, as whoever starts an agent meets them: the same words are understood, `-D` prints
// the same, and the ends are those of PROTOCOL 7.5.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Command } from "commander";
import fc from "fast-check";
import { type AgentFlags, addAgent, agentOptions } from "../../hosts/node/cli/agent-command.ts";
import { configure } from "../../hosts/node/cli/configuration.ts";
import { dump } from "../../hosts/node/cli/dump.ts";
import { Mistake } from "../../hosts/node/cli/mistake.ts";
import { CI } from "../ci.ts";
import { findRealAgent } from "../property/real-agent.ts";
import { SEED } from "../property/settings.ts";
import { CLI, Client, type Ending, Program, listens, temporaryFolder } from "./rig.ts";

const NOWHERE = "/nonexistent/guestwire.conf";
const DEFAULTS = `[general]
daemon=false
method=virtio-serial
path=/dev/virtio-ports/org.qemu.guest_agent.0
pidfile=/var/run/qemu-ga.pid
statedir=/var/run
verbose=false
retry-path=false
block-rpcs=
allow-rpcs=
`;

/** Runs an agent with no environment but this. */
function agent(t: TestContext, args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd?: string): Program {
  const options = { env: { QGA_CONF: NOWHERE, ...env }, ...(cwd !== undefined && { cwd }) };
  return new Program(t, process.execPath, [CLI, "agent", ...args], options);
}

const ends = (t: TestContext, args: readonly string[], env?: NodeJS.ProcessEnv, cwd?: string): Promise<Ending> =>
  agent(t, args, env, cwd).ended;

function refused(ending: Ending, line: RegExp): void {
  assert.match(ending.stderr, /^guestwire: [^\n]{0,1100}\n$/);
  assert.match(ending.stderr, line);
  assert.deepEqual({ ...ending, stderr: "" }, { status: 1, signal: null, stdout: "", stderr: "" });
}

/** The options as commander has them, without running anything. */
function flagsOf(words: readonly string[]): AgentFlags {
  const command = addAgent(new Command("guestwire").exitOverride());
  command.exitOverride().parseOptions(agentOptions(command, words));
  return command.opts();
}

/** What `-D` prints; undefined where the words are refused. */
function dumped(...words: string[]): string | undefined {
  try {
    const configuration = configure(flagsOf(words), { QGA_CONF: NOWHERE }, "/");
    return configuration.path === undefined ? undefined : dump(configuration);
  } catch (error) {
    assert.ok(error instanceof Mistake, String(error));
    return undefined;
  }
}

/** What differs from the defaults. */
const changed = (...words: string[]): string[] =>
  dumped(...words)
    ?.split("\n")
    .filter((line) => !DEFAULTS.split("\n").includes(line)) ?? ["refused"];

test("every option in its short and its long form", () => {
  for (const [words, lines] of [
    [
      ["-m", "isa-serial"],
      ["method=isa-serial", "path=/dev/ttyS0"],
    ],
    [
      ["--method=x", "--path", "y"],
      ["method=x", "path=y"],
    ],
    [
      ["-mx", "-py"],
      ["method=x", "path=y"],
    ],
    [["-p=x"], ["path==x"]],
    [["-p", ""], ["path="]],
    [["-l", "x"], ["logfile=x"]],
    [["--logfile=x"], ["logfile=x"]],
    [["-f", "x"], ["pidfile=x"]],
    [["--pidfile", "x"], ["pidfile=x"]],
    [["-F"], ["fsfreeze-hook=/etc/qemu/fsfreeze-hook"]],
    [["-F", "x"], ["fsfreeze-hook=/etc/qemu/fsfreeze-hook"]],
    [["-F/x"], ["fsfreeze-hook=/x"]],
    [["--fsfreeze-hook"], ["fsfreeze-hook=/etc/qemu/fsfreeze-hook"]],
    [["--fsfreeze-hook=/x"], ["fsfreeze-hook=/x"]],
    [["-t", "x"], ["statedir=x"]],
    [["--statedir=x"], ["statedir=x"]],
    [["-v"], ["verbose=true"]],
    [["--verbose"], ["verbose=true"]],
    [["-d"], ["daemon=true"]],
    [["--daemonize"], ["daemon=true"]],
    [["--daemon"], ["daemon=true"]],
    [["-r"], ["retry-path=true"]],
    [["--retry-path"], ["retry-path=true"]],
    [["-b", "a,b", "-b", "c"], ["block-rpcs=b,a,c"]],
    [["--block-rpcs=a,,b"], ["block-rpcs=b,,a"]],
    [["--blacklist=a", "-b", "b"], ["block-rpcs=a,b"]],
    [["-a", "a,b", "--allow-rpcs=c"], ["allow-rpcs=b,a,c"]],
    [["-vd"], ["daemon=true", "verbose=true"]],
    [
      ["-vmNAME", "-px"],
      ["method=NAME", "path=x", "verbose=true"],
    ],
    [["-vdFx"], ["daemon=true", "fsfreeze-hook=x", "verbose=true"]],
    [
      ["--meth", "x", "--pa=y"],
      ["method=x", "path=y"],
    ],
    [
      ["--b=x", "--l=y", "--f=z"],
      ["logfile=y", "fsfreeze-hook=z", "block-rpcs=x"],
    ],
    [["word", "-v", "-", "word"], ["verbose=true"]],
    [["--", "-v", "--bogus"], []],
    [
      ["-p", "--", "-v"],
      ["path=--", "verbose=true"],
    ],
    [["-p", "  a\tb\\c\nd "], ["path=\\s\\sa\tb\\\\c\\nd "]],
  ] as const) {
    assert.deepEqual(changed(...words), lines, words.join(" "));
  }
  assert.equal(dumped(), DEFAULTS);
});

test("our own options have no letter, and leave short forms to qemu-ga's", () => {
  const words = ["--core=js", "--limit", "depth=64", "--plugin=x", "--watch", "--baud=9600", "--fd", "3"];
  const own = { core: "js", limit: ["depth=64"], plugin: ["x"], watch: true, baud: 9600, fd: 3 };
  assert.deepEqual(flagsOf(words), own);
  assert.deepEqual(flagsOf(["--co", "x", "--pl=y", "--w"]), { config: "x", plugin: ["y"], watch: true });
});

const realAgent = findRealAgent();
const skip = realAgent === undefined && !CI && "install the Debian package qemu-guest-agent";

test("qemu-ga -D prints the same for any words, and refuses the same", { skip }, () => {
  assert.ok(realAgent, "CI needs the Debian package qemu-guest-agent");
  const name = fc.constantFrom("method", "path", "logfile", "pidfile", "fsfreeze-hook", "statedir", "block-rpcs");
  const flag = fc.constantFrom("verbose", "daemonize", "retry-path", "dump-conf", "bogus", "");
  const value = fc.constantFrom("", "x", "x,b", "x,,b,", " \t\n\r\\ x", "-v", "--", "isa-serial", "unix-listen", "=");
  const length = fc.nat(14);
  const letters = fc.stringMatching(/^[vdDrmplfFtbZ]{1,4}$/);
  const word = fc.oneof(
    {
      weight: 2,
      arbitrary: fc.tuple(name, length, value).map(([all, size, text]) => `--${all.slice(0, size)}=${text}`),
    },
    fc.tuple(name, length).map(([all, size]) => `--${all.slice(0, size)}`),
    fc.tuple(flag, length).map(([all, size]) => `--${all.slice(0, size)}`),
    { weight: 2, arbitrary: fc.tuple(letters, value).map(([all, text]) => `-${all}${text}`) },
    letters.map((all) => `-${all}`),
    value,
  );
  let taken = 0;
  fc.assert(
    fc.property(fc.array(word, { maxLength: 5 }), (words) => {
      const real = spawnSync(realAgent, ["-D", ...words], { env: { QGA_CONF: NOWHERE }, encoding: "utf8" });
      const ours = dumped("-D", ...words);
      // 7.2 has no allow list yet.
      assert.equal(ours?.replace(/allow-rpcs=\n$/, ""), real.status === 0 ? real.stdout : undefined);
      if (real.status === 0) taken++;
    }),
    { seed: SEED, numRuns: 300 },
  );
  assert.ok(taken > 30, `only ${taken} were taken`);
});

test("the command line goes over the file, and lists add up", async (t) => {
  const file = join(temporaryFolder(t), "conf");
  writeFileSync(
    file,
    `[general]\ndaemon=1\nmethod=unix-listen\npath=/a\nlogfile=/l\npidfile=/p\nfsfreeze-hook=/f\nstatedir=/s
verbose=true\nretry-path=1\nblock-rpcs=a,b\nallow-rpcs=c,d\ndaemonize=true\nunknown=x\n[other]\npath=/b\n`,
  );
  const words = ["-D", "-p", "/mine", "-b", "e,f", "-a", "g"];
  const { status, stdout, stderr } = await ends(t, words, { QGA_CONF: file });
  assert.deepEqual([status, stderr], [0, ""]);
  assert.equal(
    stdout,
    `[general]\ndaemon=true\nmethod=unix-listen\npath=/mine\nlogfile=/l\npidfile=/p\nfsfreeze-hook=/f\nstatedir=/s
verbose=true\nretry-path=true\nblock-rpcs=b,a,f,e\nallow-rpcs=d,c,g\n`,
  );
});

test("-c replaces QGA_CONF and has to be there, which that need not", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "mine"), "[general]\npath=/mine\n");
  writeFileSync(join(folder, "other"), "[general]\npath=/other\n");
  const env = { QGA_CONF: join(folder, "other") };
  assert.match((await ends(t, ["-D"], env)).stdout, /^path=\/other$/m);
  assert.match((await ends(t, ["-D", "-c", "mine"], env, folder)).stdout, /^path=\/mine$/m);
  assert.match((await ends(t, ["-D", "--config=mine"], env, folder)).stdout, /^path=\/mine$/m);
  assert.equal((await ends(t, ["-D"])).stdout, DEFAULTS);
  refused(
    await ends(t, ["-D", "-c", NOWHERE]),
    /error loading configuration from path: \/non.*conf, there is no such file/,
  );
  refused(await ends(t, ["-D", "-c", ""]), /error loading configuration from path: , there is no such file/);
});

test("what an older file calls blacklist is blocked, in addition, with a warning", async (t) => {
  const file = join(temporaryFolder(t), "conf");
  writeFileSync(file, "[general]\nblacklist=a,b\nblock-rpcs=c\n");
  const { status, stdout, stderr } = await ends(t, ["-D", "-b", "d"], { QGA_CONF: file });
  assert.equal(status, 0);
  assert.match(stdout, /^block-rpcs=b,a,c,d$/m);
  assert.match(
    stderr,
    /^guestwire: .*config using deprecated 'blacklist' key, should be replaced with the 'block-rpcs' key\n$/,
  );
});

test("a daemon's warning is said once", async (t) => {
  const folder = temporaryFolder(t);
  const [file, missing] = [join(folder, "conf"), join(folder, "missing/socket")];
  writeFileSync(file, "[general]\nblacklist=a\nmethod=unix-listen\ndaemon=true\n");
  const words = ["-c", file, "-p", missing, "-t", folder, "-f", join(folder, "pid")];
  const { status, stderr } = await ends(t, words);
  assert.equal(status, 1);
  assert.match(stderr, /^guestwire: [^\n]*deprecated 'blacklist' key[^\n]*\nguestwire: [^\n]*missing[^\n]*\n$/);
});

for (const signal of ["SIGUSR1", "SIGQUIT"] as const) {
  test(`${signal} ends an agent by the signal, without a word`, async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, "socket");
    const program = agent(t, ["-m", "unix-listen", "-p", path, "-t", folder], {}, folder);
    await listens(program, path);
    program.kill(signal);
    assert.deepEqual(await program.ended, { status: null, signal, stdout: "", stderr: "" });
  });
}

test("SIGPIPE is ignored", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "socket");
  const program = agent(t, ["-m", "unix-listen", "-p", path, "-t", folder]);
  await listens(program, path);
  program.kill("SIGPIPE");
  await listens(program, path);
  program.kill("SIGTERM");
  assert.deepEqual(await program.ended, { status: 0, signal: null, stdout: "", stderr: "" });
});

test("a configuration file that cannot be read is one line and exit status 1", async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "conf");
  const loading = (): Promise<Ending> => ends(t, ["-D"], { QGA_CONF: file });
  for (const [contents, reason] of [
    [
      "[general]\nverbose=yes\n",
      /loading configuration from path: .*conf, line 2: verbose takes true or false, not 'yes'/,
    ],
    ["path=x\n", /line 1: there is a key before the first group/],
    ["[general]\npath=\\x\n", /line 2: '\\x' in the value of path means nothing/],
    [Buffer.from([0, 1, 2, 0xff, 0xfe, 10, 27, 91, 50, 74]), /line 1: '\\u0001|line \d: /],
    ["x".repeat(1_000_000), /line 1: 'x{40}…' is no group, key=value or comment/],
  ] as const) {
    writeFileSync(file, contents);
    refused(await loading(), reason);
  }
  refused(await ends(t, ["-c", folder]), /error loading configuration from path: .*, it is not a regular file/);
  refused(await ends(t, ["-c", "/dev/zero"]), /it is not a regular file/);
  refused(await ends(t, ["-c", join(file, "x")]), /it cannot be read \(ENOTDIR\)/);
  if (process.getuid?.() === 0) {
    t.diagnostic("a file without permissions was not tried: root reads it all the same");
  } else {
    chmodSync(file, 0);
    refused(await loading(), /it cannot be read \(EACCES\)/);
  }
});

test("options that there are not, or that lack something, have qemu-ga's words", async (t) => {
  const words = "Unknown option, try 'guestwire agent --help' for more information\\.\n$";
  const wrong = async (args: readonly string[], what: string): Promise<void> =>
    refused(await ends(t, args), new RegExp(`^guestwire: ${what}\\. ${words}`));
  await wrong(["--frob"], "there is no option '--frob'");
  await wrong(["-vZ"], "there is no option '-Z'");
  await wrong(["-s", "install"], "there is no option '-s'");
  await wrong(["--service=install"], "there is no option '--service'");
  await wrong(["-p"], "'-p' needs a value");
  await wrong(["--method"], "'--method' needs a value");
  await wrong(["--verbose=x"], "'--verbose' takes no value");
  await wrong(["--p", "x"], "'--p' may be --path or --pidfile");
  refused(await ends(t, ["--fd", "x"]), /'--fd <n>' argument 'x' is invalid. It takes a whole number/);
});

test("options of 100 KB are one line of sensible length", async (t) => {
  const long = "x".repeat(100_000);
  for (const args of [
    [`--${long}`],
    [`-m${long}`, "-px"],
    [`-munix-listen`, `-p${long}`],
    ["-t", long],
    ["-c", long],
  ]) {
    refused(await ends(t, args), / … .*xxx/);
  }
});

test("lists of 1.2 MB are taken, and a path of 5 MB is printed, or refused in one line", async (t) => {
  // The system takes no longer word than 128 KB.
  const lists = Array.from({ length: 12 }, (_, index) => `${index}`.repeat(100_000).slice(0, 100_000));
  const { stdout, ...ending } = await ends(t, ["-D", ...lists.flatMap((list) => ["-b", list])]);
  assert.deepEqual(ending, { status: 0, signal: null, stderr: "" });
  assert.ok(stdout.includes(`\nblock-rpcs=${lists.join()}\n`));
  const file = join(temporaryFolder(t), "conf");
  const path = "x".repeat(5_000_000);
  for (const method of ["virtio-serial", "isa-serial", "unix-listen", "unix-connect", path]) {
    writeFileSync(file, `[general]\nmethod=${method}\npath=${path}\n`);
    refused(await ends(t, [], { QGA_CONF: file }), / … .*xxx|xxx.* … /);
    assert.ok((await ends(t, ["-D"], { QGA_CONF: file })).stdout.includes(`\npath=${path}\n`));
  }
});

test("what is asked for first is answered, whatever follows", async (t) => {
  const { stdout, ...version } = await ends(t, ["-vV", "--bogus"]);
  assert.deepEqual(version, { status: 0, signal: null, stderr: "" });
  assert.match(stdout, /^Guestwire Guest Agent \d+\.\d+\.\d+\n$/);
  const page = await ends(t, ["--help", "--bogus"]);
  assert.deepEqual([page.status, page.stderr], [0, ""]);
  assert.equal((await ends(t, ["--bogus", "-h"])).status, 1);
  assert.equal((await ends(t, ["-a", "?", "word"])).stdout.split("\n")[0], "guest-sync-delimited");
});

test("-D touches nothing, with -d neither", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "pid"), "1\n");
  const files = ["-f", "pid", "-l", "log", "-t", "missing", "-munix-listen", "-psock"];
  assert.equal((await ends(t, ["-D", "-d", ...files], {}, folder)).status, 0);
  assert.deepEqual(readdirSync(folder), ["pid"]);
  assert.equal(readFileSync(join(folder, "pid"), "utf8"), "1\n");
});

test("as a script starts qemu-ga, in any folder, with no environment, and ends it", async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "state"));
  const file = join(folder, "conf");
  writeFileSync(file, "[general]\nblock-rpcs=guest-ping\n");
  const started = agent(t, ["-m", "unix-listen", "-t", "state", "-p", "sock"], { QGA_CONF: file }, folder);
  const path = join(folder, "sock");
  await listens(started, path);
  const client = await Client.connect(path);
  assert.match(await client.ask('{"execute":"guest-ping"}\n'), /guest-ping has been disabled/);
  // The client stays connected.
  started.kill("SIGTERM");
  assert.deepEqual(await started.ended, { status: 0, signal: null, stdout: "", stderr: "" });
  client.reset();
  assert.equal(existsSync(path), false);
});

test("in a working directory that was removed full paths do as always, and relative ones are one line", async (t) => {
  const folder = temporaryFolder(t);
  const socket = join(folder, "socket");
  const plugin = join(folder, "plugin.mjs");
  writeFileSync(plugin, `export { default } from ${JSON.stringify(import.meta.resolve("guestwire/introspect"))};`);
  const start = (...words: string[]): Program => {
    const line = 'cd "$(mktemp -d)" && rmdir "$PWD" && exec "$@"';
    const args = ["agent", "-m", "unix-listen", "-p", socket, "-t", folder, "-f", join(folder, "pid"), ...words];
    return new Program(t, "sh", ["-c", line, "sh", process.execPath, CLI, ...args], {
      env: { ...process.env, QGA_CONF: NOWHERE },
    });
  };
  const program = start("-l", join(folder, "log"), "--plugin", plugin);
  await listens(program, socket);
  program.kill("SIGTERM");
  assert.deepEqual(await program.ended, { status: 0, signal: null, stdout: "", stderr: "" });

  const gone = /^guestwire: the working directory was removed; change to another one, or name [^ ]+ in full\n$/;
  for (const words of [
    ["-l", "log"],
    ["-t", "."],
    ["-c", "conf"],
    ["--plugin", "./x.mjs"],
    ["-d", "-p", "socket"],
  ]) {
    refused(await start(...words).ended, gone);
  }
  // A daemon's own line comes through its parent.
  refused(await start("-d", "-f", "pid").ended, gone);
  refused(await start("-p", "socket").ended, /socket/);
});
