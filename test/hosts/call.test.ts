// guestwire call: what it prints, where, and how it ends.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createAgent } from "guestwire";
import { SocketTransport } from "guestwire/node";
import { CI } from "../ci.ts";
import { findRealAgent } from "../property/real-agent.ts";
import { impostor, syncReply } from "./impostor.ts";
import { CLI, type Ending, Program, run, startAgent, startRealAgent, temporaryFolder } from "./rig.ts";
import { Device, Person, skipTerminal } from "./terminal.ts";

function printed(ending: Ending): string {
  assert.deepEqual({ ...ending, stdout: "" }, { status: 0, signal: null, stdout: "", stderr: "" });
  return ending.stdout;
}

/** One line on stderr, this status, and nothing else. */
function failed(ending: Ending, status: number, line: RegExp): void {
  assert.match(ending.stderr, /^guestwire: [^\n]*\n$/);
  assert.match(ending.stderr, line);
  assert.deepEqual({ ...ending, stderr: "" }, { status, signal: null, stdout: "", stderr: "" });
}

/** What a device is set to. */
function settings(path: string): string {
  return spawnSync("stty", ["-F", path, "-g"], { encoding: "utf8" }).stdout;
}

/** Runs a line of bash in which "$@" is the command line; returns what came, in latin-1. */
function bash(line: string, input = "") {
  const words = ["-c", line, "bash", process.execPath, CLI];
  const { status, stdout, stderr } = spawnSync("bash", words, {
    input: Buffer.from(input, "latin1"),
    encoding: "latin1",
  });
  return { status, stdout, stderr };
}

test("call prints the value as one line of JSON in a pipe, integers exact", async (t) => {
  const { path } = await startAgent(t);
  assert.equal(printed(await run(t, "call", path, "guest-ping")), "{}\n");
  for (const id of ["9007199254740993", "-9223372036854775808"]) {
    assert.equal(printed(await run(t, "call", path, "guest-sync", `{"id": ${id}}`)), `${id}\n`);
  }
  const info = printed(await run(t, "call", path, "guest-info", "{}"));
  assert.match(info, /^\{"version":"[^\n]*\}\n$/);
  assert.equal((JSON.parse(info) as { supported_commands: unknown[] }).supported_commands.length, 4);
});

test("call prints the value indented on a terminal", { skip: skipTerminal }, async (t) => {
  const { path } = await startAgent(t);
  const person = new Person(t, ["call", path, "guest-info"]);
  assert.equal(await person.status, 0);
  const info = JSON.parse(person.said) as object;
  assert.equal(person.said, `${JSON.stringify(info, null, 2)}\n`);
});

test("call --raw prints the line that came, byte for byte", async (t) => {
  const { path } = await startAgent(t);
  const sync = bash(`"$@" call '${path}' guest-sync-delimited '{"id": 5}' --raw`);
  assert.match(sync.stdout, /^\xff\{"return": 5, "id": "[^"]+"\}\n$/);
  assert.deepEqual([sync.status, sync.stderr], [0, ""]);
  const ping = bash(`"$@" call --raw '${path}' guest-ping`);
  assert.match(ping.stdout, /^\{"return": \{\}, "id": "[^"]+"\}\n$/);
  const error = bash(`"$@" call '${path}' nope --raw`);
  assert.match(error.stdout, /^\{"id": "[^"]+", "error": \{"class": "CommandNotFound", "desc": [^\n]*\}\}\n$/);
  assert.equal(error.stderr, "guestwire: CommandNotFound: The command nope has not been found\n");
  assert.equal(error.status, 1);
});

test("call --raw prints the reply, whatever comes before and behind it", async (t) => {
  const stale = '{"return": "stale", "id": "old-1"}\n';
  const idOf = (request: string): string => /"id":"([^"]+)"/.exec(request)?.[1] ?? "";
  for (const [before, behind] of [
    [stale, ""],
    ["", stale],
    ["", "\nlogin: \n"],
    [stale, `${stale}\nlogin: \n`],
  ] as const) {
    const path = await impostor(t, (request) => {
      const sync = syncReply(request);
      if (sync === undefined) return `${before}{"return": 5, "id": "${idOf(request)}"}\n${behind}`;
      return sync;
    });
    const { status, stdout, stderr } = await run(t, "call", path, "guest-ping", "--raw");
    assert.match(stdout, /^\{"return": 5, "id": "[^"]+"\}\n$/);
    assert.deepEqual([status, stderr], [0, ""]);
  }
});

test("call --raw prints the reply of an agent that knows no ids", async (t) => {
  const path = await impostor(t, (request) => {
    if (request.includes('"id":"'))
      return '{"error": {"class": "GenericError", "desc": "Parameter \'id\' is unexpected"}}\n';
    return syncReply(request) ?? '{"return": 5}\nlogin: \n';
  });
  const { status, stdout, stderr } = await run(t, "call", path, "guest-ping", "--raw");
  assert.deepEqual([status, stdout, stderr], [0, '{"return": 5}\n', ""]);
});

test("call takes its arguments from stdin", async (t) => {
  const { path } = await startAgent(t);
  const { status, stdout } = bash(`"$@" call '${path}' guest-sync -`, '{\n  "id": 7\n}\n');
  assert.deepEqual([status, stdout], [0, "7\n"]);
  const empty = bash(`"$@" call '${path}' guest-sync -`);
  assert.equal(empty.status, 2);
  assert.equal(empty.stderr, "guestwire: stdin is empty; give a JSON object there, or in place of -\n");
  const writeOnly = bash(`"$@" call '${path}' guest-sync - 0>/dev/null`);
  assert.deepEqual([writeOnly.status, writeOnly.stdout], [2, ""]);
  assert.equal(
    writeOnly.stderr,
    "guestwire: stdin cannot be read (EBADF); give a JSON object there, or in place of -\n",
  );
  const closed = bash(`"$@" call '${path}' guest-ping <&-`);
  assert.deepEqual([closed.status, closed.stdout], [0, "{}\n"]);
});

test("call ends with 1 where the agent answers an error", async (t) => {
  const { path } = await startAgent(t, "-b", "guest-ping");
  const call = (...words: string[]): Promise<Ending> => run(t, "call", path, ...words);
  failed(await call("nope"), 1, /^guestwire: CommandNotFound: The command nope has not been found$/m);
  failed(await call("guest-sync"), 1, /^guestwire: GenericError: Parameter 'id' is missing$/m);
  failed(await call("guest-ping"), 1, /^guestwire: CommandNotFound: .*has been disabled/);
  failed(await call("a\nb\x1b[31m"), 1, /^guestwire: CommandNotFound: The command a\\u000ab\\u001b\[31m has not/);
});

test("call ends with 2 at a mistake", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "socket");
  const call = (...words: string[]): Promise<Ending> => run(t, "call", ...words);
  failed(await call(), 2, /missing required argument 'target'; see 'guestwire call --help'/);
  failed(await call(path), 2, /missing required argument 'command'/);
  failed(await call(path, "guest-ping", "{}", "more"), 2, /too many arguments/);
  failed(await call(path, "guest-ping", "--frob"), 2, /unknown option '--frob'/);
  failed(await call(path, "guest-ping", "{"), 2, /JSON cannot be read: .*; give an object, such as '\{"id": 1\}'$/m);
  for (const json of ["3", "[1]"]) {
    failed(await call(path, "guest-ping", json), 2, /JSON must be an object, such as '\{"id": 1\}'/);
  }
  for (const seconds of ["soon", "1e3", "99999999"]) {
    failed(
      await call(path, "guest-ping", `--timeout=${seconds}`),
      2,
      /--timeout .*It takes seconds, from 0 to \d+; see/,
    );
  }
  writeFileSync(join(folder, "file"), "");
  failed(await call(join(folder, "file"), "guest-ping"), 2, /file is neither a socket nor a device; name one/);
  failed(await call(folder, "guest-ping"), 2, /is neither a socket nor a device/);
  failed(await call("", "guest-ping"), 2, /name the agent's socket or device/);
  failed(await call("/dev/null", "guest-ping"), 2, /null is no terminal; name a serial line or a pseudo-terminal/);
  failed(await call(join(folder, "file/x"), "guest-ping"), 2, /file is not a folder; name another path/);
  failed(await call(join(folder, "x".repeat(120)), "guest-ping"), 2, /has at most 107 bytes/);
});

test("call ends with 3 where nobody is there, and says what was tried", async (t) => {
  const folder = temporaryFolder(t);
  const call = (...words: string[]): Promise<Ending> => run(t, "call", ...words);
  mkdirSync(join(folder, "folder"));
  failed(await call(join(folder, "socket"), "guest-ping"), 3, /there is no socket .*; start the agent or name another/);
  const { path, program } = await startAgent(t);
  program.kill("SIGKILL");
  await program.ended;
  failed(await call(path, "guest-ping"), 3, /nobody listens on .*socket; start the agent/);
  const silent = await impostor(t, () => "");
  failed(
    await call(silent, "guest-ping", "--timeout", ".3"),
    3,
    /socket: no answer to a sync within 0.3 s; its agent does not run, or talks to somebody else/,
  );
  const deaf = await impostor(t, (request) => syncReply(request) ?? "");
  failed(
    await call(deaf, "guest-ping", "--timeout", "2"),
    3,
    /socket: no answer to guest-ping within 2 s; it may still run; --timeout gives it longer/,
  );
  const leaving = await impostor(t, (request) => syncReply(request));
  failed(await call(leaving, "guest-ping"), 3, /socket: guest-ping: the link died: the agent ended the connection/);
  const garbling = await impostor(t, (request) => syncReply(request) ?? "hello\n");
  failed(await call(garbling, "guest-ping"), 3, /socket: guest-ping: what came is no reply/);
});

test("call prints nothing for a command whose success draws no reply", async (t) => {
  const path = await impostor(t, (request) => syncReply(request));
  assert.equal(printed(await run(t, "call", path, "guest-shutdown")), "");
  assert.equal(printed(await run(t, "call", path, "guest-shutdown", '{"mode": "reboot"}', "--raw")), "");
});

test("call ends with 3 where the output cannot be written", async (t) => {
  const { path } = await startAgent(t);
  const line = "guestwire: the output cannot be written (ENOSPC); the agent has answered\n";
  for (const words of ["guest-ping", "guest-ping --raw"]) {
    const { status, stderr } = bash(`"$@" call '${path}' ${words} >/dev/full`);
    assert.deepEqual([status, stderr], [3, line]);
  }
  const shell = bash(`"$@" shell '${path}' >/dev/full`, "guest-ping\n");
  assert.deepEqual([shell.status, shell.stderr], [3, line]);
});

test("call names the largest reply where one is larger", async (t) => {
  const path = await impostor(t, (request) => syncReply(request) ?? "x".repeat(10_485_761));
  failed(await run(t, "call", path, "guest-ping"), 3, /guest-ping: the reply has more than 10485760 bytes$/m);
});

test("call does not mind a reader that has had enough", async (t) => {
  const { path } = await startAgent(t);
  for (let i = 0; i < 3; i++) {
    const { stdout, stderr } = bash(`"$@" call '${path}' guest-info | head -c 3; echo " \${PIPESTATUS[0]}"`);
    assert.deepEqual([stdout, stderr], ['{"v 0\n', ""]);
    const gone = bash(`"$@" call '${path}' guest-info | true; echo "\${PIPESTATUS[0]}"`);
    assert.deepEqual([gone.stdout, gone.stderr], ["0\n", ""]);
  }
});

test("call is ended by Ctrl-C", { skip: skipTerminal }, async (t) => {
  const path = await impostor(t, (request) => {
    const answer = syncReply(request);
    if (answer === undefined) void person.type("\x03");
    return answer ?? "";
  });
  const person: Person = new Person(t, ["call", path, "guest-ping", "--timeout", "0"]);
  assert.equal(await person.status, 130);
  assert.equal(person.said.replace("^C", "").trim(), "");
});

test("call on a device", { skip: skipTerminal }, async (t) => {
  const device = await Device.make(t);
  const agent = createAgent();
  agent.serve(new SocketTransport(device.otherEnd));
  assert.equal(printed(await run(t, "call", device.path, "guest-sync", '{"id": 12}')), "12\n");
  // It stays in raw mode, so that nothing is echoed to the agent in between.
  assert.equal(printed(await run(t, "call", device.path, "guest-ping")), "{}\n");
  await agent.close();
  const deaf = await Device.make(t);
  const before = settings(deaf.path);
  failed(await run(t, "call", deaf.path, "guest-ping", "--timeout", "0.2"), 3, /no answer to a sync within 0.2 s/);
  // It may be somebody's terminal.
  assert.equal(settings(deaf.path), before);
  const other = await Device.make(t);
  const interrupted = new Program(t, process.execPath, [CLI, "call", other.path, "guest-ping"]);
  await new Promise((resolve) => other.otherEnd.once("data", resolve));
  assert.notEqual(settings(other.path), before);
  interrupted.kill("SIGINT");
  assert.equal((await interrupted.ended).signal, "SIGINT");
  assert.equal(settings(other.path), before);
});

test("call refuses the terminal that it is typed at", { skip: skipTerminal }, async (t) => {
  for (const path of ["/dev/tty", "/dev/stdin"]) {
    const person = new Person(t, ["call", path, "guest-ping"]);
    assert.equal(await person.status, 2);
    assert.equal(person.said, `guestwire: ${path} is the terminal you type at; name another device\n`);
  }
});

const realAgent = findRealAgent();
const missing = "qemu-ga is not installed (Debian package qemu-guest-agent)";

test("call and the real agent", { skip: realAgent === undefined && !CI ? missing : false }, async (t) => {
  assert.ok(realAgent !== undefined, missing);
  const { path, program } = await startRealAgent(t, realAgent);
  const info = printed(await run(t, "call", path, "guest-info"));
  assert.ok((JSON.parse(info) as { supported_commands: unknown[] }).supported_commands.length > 30);
  assert.equal(printed(await run(t, "call", path, "guest-sync", '{"id": 9007199254740993}')), "9007199254740993\n");
  const sync = bash(`"$@" call '${path}' guest-sync-delimited '{"id": 5}' --raw`);
  assert.match(sync.stdout, /^\xff\{"return": 5, "id": "[^"]+"\}\n$/);
  failed(await run(t, "call", path, "nope"), 1, /^guestwire: CommandNotFound: The command nope has not been found$/m);
  // It exits when a client goes with replies unread.
  assert.ok(program.isRunning);
});

test(
  "call and the real agent on a pseudo-terminal",
  { skip: skipTerminal || (realAgent === undefined && !CI ? missing : false) },
  async (t) => {
    assert.ok(realAgent !== undefined, missing);
    const [ours, its] = [await Device.make(t), await Device.make(t)];
    const folder = temporaryFolder(t);
    ours.otherEnd.pipe(its.otherEnd).pipe(ours.otherEnd);
    const options = ["-m", "isa-serial", "-p", its.path, "-t", folder, "-f", join(folder, "pid")];
    const program = new Program(t, realAgent, options);
    printed(await run(t, "wait", ours.path));
    assert.equal(printed(await run(t, "call", ours.path, "guest-sync", '{"id": 7}')), "7\n");
    failed(await run(t, "call", ours.path, "nope"), 1, /^guestwire: CommandNotFound: /);
    assert.ok(program.isRunning);
  },
);
