// guestwire shell: as a person uses it at a terminal, and as a script does.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { type Agent, createAgent } from "guestwire";
import { SocketTransport, listenUnix } from "guestwire/node";
import { CI } from "../ci.ts";
import { findRealAgent } from "../property/real-agent.ts";
import { impostor, syncReply } from "./impostor.ts";
import { CLI, startAgent, startRealAgent, temporaryFolder } from "./rig.ts";
import { Device, Person, skipTerminal } from "./terminal.ts";

const TAB = "\t";
const UP = "\x1b[A";
const [CTRL_C, CTRL_D, CTRL_Z] = ["\x03", "\x04", "\x1a"];
const PROMPT = "guestwire> ";

/** The prompt with nothing behind it, at the end of what was said. */
const WAITS = /guestwire> $/;

interface Options {
  readonly env?: NodeJS.ProcessEnv;
  readonly columns?: number;
  readonly args?: readonly string[];
}

/** A person at a shell's prompt, with a history of its own. */
async function personAt(
  t: TestContext,
  path: string,
  { env = {}, columns = 80, args = [] }: Options = {},
): Promise<Person> {
  const state = { XDG_STATE_HOME: temporaryFolder(t), ...env };
  const person = new Person(t, ["shell", path, ...args], { env: state, columns });
  await person.sees(WAITS);
  return person;
}

/** An agent in this process, on a socket. */
async function serve(t: TestContext, path = join(temporaryFolder(t), "socket")): Promise<Serving> {
  const agent = createAgent({ plugins: [PLUGIN], limits: { commandMs: 0 } });
  const listener = await listenUnix(agent, path);
  const stop = async (): Promise<void> => {
    await listener.close();
    await agent.close();
  };
  t.after(stop);
  return { path, agent, stop };
}

interface Serving {
  readonly path: string;
  readonly agent: Agent;
  stop(): Promise<void>;
}

/** What lets the call of `pause` go on that is under way. */
let release = (): void => {};

/** Commands that take as long as a test wants, or return what no terminal should see. */
const PLUGIN = {
  name: "plugin",
  api: 1 as const,
  commands: [
    { name: "pause", run: () => new Promise<void>((resolve) => (release = resolve)) },
    { name: "unsafe", run: () => "\x1b[31m\x9b31m\x7f" },
  ],
};

test("shell: a table for guest-info, values indented, errors in red", { skip: skipTerminal }, async (t) => {
  const { path } = await serve(t);
  const person = await personAt(t, path);
  assert.match(
    person.said,
    /^connecting to .*\(0 s\)connected to .*socket; .help says what can be typed\nguestwire> $/,
  );
  await person.type("guest-info\r");
  const table = await person.sees(WAITS);
  assert.match(
    table,
    /\nversion \d+\.\d+\.\d+\ncommand {15}enabled {2}replies\nguest-info {12}yes {6}yes\nguest-ping {12}yes/,
  );
  await person.type('guest-sync {"id": 18446744073709551615}\r');
  await person.sees("GenericError: ");
  assert.ok(person.output.includes("\x1b[31mGenericError: "));
  await person.type('guest-sync {"id": 9223372036854775807}\r');
  assert.match(await person.sees(WAITS), /\n9223372036854775807\nguestwire> $/);
  await person.type('{"execute": "guest-sync", "arguments": {"id": 4}}\r');
  assert.match(await person.sees(WAITS), /\n4\nguestwire> $/);
  await person.type("unsafe\r");
  assert.match(await person.sees(WAITS), /\n"\\u001b\[31m\\u009b31m\\u007f"\nguestwire> $/);
  for (const [typed, line] of [
    ["guest-sync 3", "what follows guest-sync must be an object, such as '{\"id\": 1}'"],
    ["guest-sync {", "what follows guest-sync cannot be read: "],
    ['{"execute": 3}', '"execute" must be there, and name a command'],
    ['{"execute": "x", "id": 3}', 'there may be "execute" and "arguments", not "id"'],
    ['{"execute": "x", "arguments": []}', '"arguments" must be a JSON object'],
    [".frob", "there is no .frob; see .help"],
    [".trace", "it is .trace on|off"],
    [".stats now", "it is .stats"],
  ] as const) {
    await person.type(`${typed}\r`);
    assert.ok((await person.sees(WAITS)).includes(`\n${line}`), person.said);
  }
  await person.type(CTRL_D);
  assert.equal(await person.status, 0);
});

test("shell: Tab completes names of commands, and the shell's own", { skip: skipTerminal }, async (t) => {
  const { path } = await serve(t);
  const person = await personAt(t, path);
  await person.type("gu", TAB);
  await person.sees(/^est-$/);
  await person.type(TAB, TAB);
  await person.sees(/guest-info +guest-ping +guest-sync/);
  await person.type("p", TAB);
  await person.sees(/^ing$/);
  await person.type("\r");
  await person.sees(/\n\{\}\nguestwire> $/);
  await person.type(".tr", TAB);
  await person.sees(/^ace$/);
  await person.type(" of", TAB);
  await person.sees(/^f$/);
  await person.type(CTRL_C, " guest-pi", TAB);
  await person.sees(/^ng$/);
  await person.type("\r", CTRL_D);
  assert.equal(await person.status, 0);
});

test("shell: the history goes on in the next session", { skip: skipTerminal }, async (t) => {
  const { path } = await serve(t);
  const state = join(temporaryFolder(t), "state");
  const env = { XDG_STATE_HOME: state };
  const first = await personAt(t, path, { env });
  await first.type('guest-sync {"id": 31}\r');
  await first.sees(/\n31\n/);
  await first.type(" .stats\r");
  await first.sees("calls");
  await first.type('guest-set-user-password {"password": "c2VjcmV0"}\r');
  await first.sees("CommandNotFound");
  await first.type(UP, UP, UP, "\r");
  await first.sees(/\n31\n/);
  await first.type(".exit\r");
  assert.equal(await first.status, 0);
  const file = join(state, "guestwire/history");
  assert.equal(readFileSync(file, "utf8"), 'guest-sync {"id": 31}\n.exit\n');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const second = await personAt(t, path, { env });
  await second.type(UP, UP, "\r");
  await second.sees(/\n31\n/);
  await second.type(CTRL_D);
  assert.equal(await second.status, 0);
});

test("shell: where no history can be kept, none is", { skip: skipTerminal }, async (t) => {
  const { path } = await serve(t);
  const file = join(temporaryFolder(t), "file");
  writeFileSync(file, "");
  const person = await personAt(t, path, { env: { XDG_STATE_HOME: file } });
  await person.type("guest-ping\r");
  await person.sees(/\n\{\}\nguestwire> $/);
  await person.type(CTRL_D);
  assert.equal(await person.status, 0);
});

test("shell: .trace shows the bytes in both directions", { skip: skipTerminal }, async (t) => {
  const { path } = await serve(t);
  const person = await personAt(t, path);
  await person.type(".trace on\r", ".sync\r");
  const sync = await person.sees(/agent {2}← <FF>.*\n.*guestwire> $/s);
  assert.match(
    sync,
    /client → <FF>\{"execute":"guest-sync-delimited","arguments":\{"id":(\d+)\}\}<0A>\n.*<FF>\{"return": \1\}<0A>/s,
  );
  await person.type("guest-ping\r");
  const ping = await person.sees(/\n\{\}\nguestwire> $/);
  assert.match(
    ping,
    /client → \{"execute":"guest-ping","id":"(.+)"\}<0A>\n {2}agent {2}← \{"return": \{\}, "id": "\1"\}<0A>\n/,
  );
  await person.type(".trace off\r", "guest-ping\r");
  assert.doesNotMatch(await person.sees(/\n\{\}\nguestwire> $/), /client/);
  await person.type(".exit\r");
  assert.equal(await person.status, 0);
});

test("shell: .info, .stats and .help", { skip: skipTerminal }, async (t) => {
  const { path } = await serve(t);
  const person = await personAt(t, path);
  await person.type(".info\r");
  await person.sees(/\ntarget {2}.*socket\nstate {3}ready\nagent {3}version .*, 6 commands\nguestwire> $/);
  await person.type(".stats\r");
  await person.sees(/\ncalls +1\nresyncs +0\nbytes discarded +\d+\nlate replies +0\nguestwire> $/);
  await person.type(".help\r");
  const help = await person.sees(WAITS);
  for (const name of ["COMMAND", "COMMAND {JSON}", ".help", ".info", ".sync", ".stats", ".trace on|off", ".exit"]) {
    assert.ok(help.includes(`\n${name} `), name);
  }
  await person.type(CTRL_D);
  assert.equal(await person.status, 0);
});

test(
  "shell: Ctrl-C gives a call up, clears a line, and leaves at the second time",
  { skip: skipTerminal },
  async (t) => {
    const { path } = await serve(t);
    const person = await personAt(t, path);
    await person.type("pause\r", CTRL_C);
    await person.sees(/given up; what has gone out may still run\nguestwire> $/);
    // The late answer is nobody's.
    release();
    await person.type("guest-ping\r");
    assert.match(await person.sees(WAITS), /(^|g)\n\{\}\nguestwire> $/);
    // One at a half line does not count.
    await person.type("guest-inf", CTRL_C, CTRL_C);
    await person.sees("Ctrl-C once more leaves");
    await person.type("guest-ping\r");
    assert.match(await person.sees(WAITS), /(^|g)\n\{\}\nguestwire> $/);
    await person.type(CTRL_C);
    await person.sees("Ctrl-C once more leaves, as does Ctrl-D");
    await person.type("guest-ping\r");
    await person.sees(WAITS);
    await person.type(CTRL_C, CTRL_C);
    assert.equal(await person.status, 0);
  },
);

test("shell: goes on after Ctrl-Z", { skip: skipTerminal }, async (t) => {
  const { path } = await serve(t);
  const person = await personAt(t, path);
  await person.type(CTRL_Z);
  await person.sees(/stopped\n[^]*guestwire> $/);
  await person.type("guest-pi", CTRL_Z);
  await person.sees(/stopped\n[^]*guestwire> guest-pi$/);
  await person.type("ng\r");
  await person.sees(/\n\{\}\nguestwire> $/);
  await person.type("pause\r", CTRL_Z);
  await person.sees("stopped\n");
  await person.type('guest-sync {"id": 7}\r');
  release();
  await person.sees(/\n7\nguestwire> $/);
  await person.type(CTRL_D);
  assert.equal(await person.status, 0);
});

test(
  "shell: what is typed during a call waits for its turn, the end of input too",
  { skip: skipTerminal },
  async (t) => {
    const { path } = await serve(t);
    const person = await personAt(t, path);
    await person.type("pause\r", 'guest-sync {"id": 5}\r', "nope\r", CTRL_D);
    assert.doesNotMatch(person.output, /\{\}|CommandNotFound/);
    release();
    assert.equal(await person.status, 0);
    const said = stripVTControlCharacters(person.output).replaceAll("\r", "");
    assert.match(said, /\n\{\}\nguestwire> guest-sync \{"id": 5\}\n5\nguestwire> nope\nCommandNotFound: .*\n$/);
  },
);

test("shell: an agent that restarts is found again, and that is said", { skip: skipTerminal }, async (t) => {
  const { path, stop } = await serve(t);
  const person = await personAt(t, path);
  await person.type("guest-pi");
  await stop();
  await person.sees(/the agent is gone; looking for it\nguestwire> guest-pi$/);
  await serve(t, path);
  await person.sees(/the agent is there again\nguestwire> guest-pi$/);
  assert.ok(person.output.includes("\x1b[2mthe agent is there again\x1b[0m"));
  await person.type("ng\r");
  await person.sees(/\n\{\}\nguestwire> $/);
  await person.type(CTRL_D);
  assert.equal(await person.status, 0);
});

test("shell: an agent that dies under a call", { skip: skipTerminal }, async (t) => {
  const path = await impostor(t, (request) => (request.includes("guest-ping") ? '{"return": {}' : syncReply(request)));
  const person = await personAt(t, path);
  await person.type("die\r");
  const end = await person.sees(/the link died\n[^]*the agent is there again\nguestwire> $/);
  assert.match(end, /^the agent is gone; looking for it\n.*socket: die: the link died\n/m);
  await person.type("guest-ping\r", CTRL_C);
  await person.sees("given up");
  await person.type(CTRL_D);
  assert.equal(await person.status, 0);
});

test("shell: an agent that dies after a call was given up", { skip: skipTerminal }, async (t) => {
  const { path, stop } = await serve(t);
  const person = await personAt(t, path);
  await person.type("pause\r", CTRL_C);
  await person.sees(/given up; what has gone out may still run\nguestwire> $/);
  release();
  await stop();
  await person.sees(/the agent is gone[^\n]*; looking for it\nguestwire> $/);
  await person.type("guest-ping\r");
  await person.sees(/\nwaiting for the agent\n$/);
  await person.type(CTRL_C);
  await person.sees(/given up; nothing had gone out\nguestwire> $/);
  await person.type("guest-ping\r");
  await person.sees(/\nwaiting for the agent\n$/);
  await serve(t, path);
  await person.sees(/the agent is there again\n\{\}\nguestwire> $/);
  await person.type(CTRL_D);
  assert.equal(await person.status, 0);
});

test("shell: silence that means success is no loss", { skip: skipTerminal }, async (t) => {
  const path = await impostor(t, (request) => syncReply(request) ?? "");
  const person = await personAt(t, path, { args: ["--timeout", "2"] });
  await person.type("guest-ping\r");
  await person.sees(/guest-ping: no answer within 2000 ms; it may still run\nguestwire> $/);
  await person.type("guest-shutdown\r");
  await person.sees(WAITS);
  assert.doesNotMatch(person.said, /gone/);
  await person.type(CTRL_D);
  assert.equal(await person.status, 0);
});

test("shell: shows on a terminal that it connects", { skip: skipTerminal }, async (t) => {
  let isAwake = false;
  const path = await impostor(t, (request) => (isAwake ? syncReply(request) : "") ?? "");
  const person = new Person(t, ["shell", path], { env: { XDG_STATE_HOME: temporaryFolder(t) } });
  await person.sees(/connecting to .*socket \(0 s\)/);
  isAwake = true;
  await person.sees(WAITS);
  await person.type(CTRL_D);
  assert.equal(await person.status, 0);
});

test("shell: on a terminal that knows no escape codes", { skip: skipTerminal }, async (t) => {
  const { path, stop } = await serve(t);
  const person = await personAt(t, path, { env: { TERM: "dumb" } });
  await person.type("guest-pi");
  await stop();
  await person.sees(/\nthe agent is gone[^\n]*\nguestwire> guest-pi$/);
  await serve(t, path);
  await person.sees(/\nthe agent is there again\nguestwire> guest-pi$/);
  await person.type("ng\r");
  await person.sees(/\n\{\}\nguestwire> $/);
  await person.type("nope", CTRL_C, "guest-ping\r");
  await person.sees(/\n\{\}\nguestwire> $/);
  await person.type(CTRL_D);
  assert.equal(await person.status, 0);
  assert.equal(person.output.includes("\x1b"), false);
});

test("shell: no colours where they are not wanted", { skip: skipTerminal }, async (t) => {
  const { path } = await serve(t);
  const person = await personAt(t, path, { env: { NO_COLOR: "1" } });
  await person.type("nope\r");
  await person.sees("CommandNotFound: The command nope has not been found");
  await person.type(".trace on\r", "guest-info\r");
  await person.sees("command ");
  await person.type(CTRL_D);
  assert.equal(await person.status, 0);
  // oxlint-disable-next-line no-control-regex
  assert.doesNotMatch(person.output, /\x1b\[[\d;]*m/);
});

test("shell: a line longer than the terminal is wide stays whole", { skip: skipTerminal }, async (t) => {
  const { path, stop } = await serve(t);
  const person = await personAt(t, path, { columns: 30 });
  const line = `nope {"x": "${"y".repeat(70)}"}`;
  await person.type(line);
  await stop();
  const redrawn = await person.sees(/looking for it[^}]*\}/);
  assert.ok(redrawn.replaceAll("\n", "").endsWith(PROMPT + line), redrawn);
  await person.type(CTRL_C, CTRL_D);
  assert.equal(await person.status, 0);
});

test("shell on a device", { skip: skipTerminal }, async (t) => {
  const device = await Device.make(t);
  const agent = createAgent();
  agent.serve(new SocketTransport(device.otherEnd));
  const person = await personAt(t, device.path);
  await person.type('guest-sync {"id": 6}\r');
  await person.sees(/\n6\nguestwire> $/);
  await device.hangUp();
  await person.sees("the agent is gone");
  await person.type(CTRL_D);
  assert.equal(await person.status, 0);
  await agent.close();
});

test("shell ends with 3 where nobody is there at the start", { skip: skipTerminal }, async (t) => {
  const person = new Person(t, ["shell", join(temporaryFolder(t), "socket")]);
  assert.equal(await person.status, 3);
  assert.match(person.said, /\(0 s\)guestwire: there is no socket .*; start the agent or name another path\n$/);
});

/** Runs these lines as a script; in latin-1. */
function script(path: string, ...lines: string[]) {
  const input = lines.map((line) => `${line}\n`).join("");
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, "shell", path], { input, encoding: "utf8" });
  return { status, stdout, stderr };
}

test("shell: a script runs in order", async (t) => {
  const { path } = await startAgent(t);
  const { status, stdout, stderr } = script(
    path,
    "# a comment",
    "guest-ping",
    "",
    "  # { another",
    'guest-sync {"id": 9007199254740993}',
    "guest-info",
  );
  assert.equal(status, 0);
  assert.match(stdout, /^\{\}\n9007199254740993\n\{"version":"[^\n]*\}\n$/);
  assert.equal(stderr, "");
  assert.deepEqual(script(path), { status: 0, stdout: "", stderr: "" });
  assert.deepEqual(script(path, "guest-ping", ".exit", "nope"), { status: 0, stdout: "{}\n", stderr: "" });
});

test("shell: a script ends at its first error, with its status", async (t) => {
  const { path } = await startAgent(t);
  const missing = "guestwire: line 2: CommandNotFound: The command nope has not been found\n";
  assert.deepEqual(script(path, "guest-ping", "nope", "guest-ping"), { status: 1, stdout: "{}\n", stderr: missing });
  const mistake = "guestwire: line 1: there is no .frob; see .help\n";
  assert.deepEqual(script(path, ".frob", "guest-ping"), { status: 2, stdout: "", stderr: mistake });
  const leaving = await impostor(t, (request) => syncReply(request));
  const child = spawn(process.execPath, [CLI, "shell", leaving], { stdio: ["pipe", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  // Its input stays open.
  child.stdin.write("guest-ping\n");
  assert.deepEqual(await once(child, "close"), [3, null]);
  assert.match(stderr, /^guestwire: line 1: .*socket: guest-ping: the link died[^\n]*\n$/);
});

test("shell: a script's trace goes to stderr", async (t) => {
  const { path } = await startAgent(t);
  const { status, stdout, stderr } = script(path, ".trace on", "guest-ping", ".trace off", "guest-ping");
  assert.deepEqual([status, stdout], [0, "{}\n{}\n"]);
  assert.match(
    stderr,
    /^ {2}client → \{"execute":"guest-ping","id":".*"\}<0A>\n {2}agent {2}← \{"return": .*\}<0A>\n$/,
  );
});

test("shell: without stdin, and with a reader that has had enough", async (t) => {
  const { path } = await startAgent(t);
  const bash = (line: string): string[] => {
    const ran = spawnSync("bash", ["-c", line, "bash", process.execPath, CLI], { encoding: "utf8" });
    return [ran.stdout, ran.stderr];
  };
  assert.deepEqual(bash(`"$@" shell '${path}' <&-; echo $?`), ["0\n", ""]);
  const endless = `yes guest-ping | "$@" shell '${path}' | head -1; echo "\${PIPESTATUS[1]}"`;
  assert.deepEqual(bash(endless), ["{}\n0\n", ""]);
});

const realAgent = findRealAgent();
const noAgent = realAgent === undefined && "qemu-ga is not installed (Debian package qemu-guest-agent)";

test("shell and the real agent", { skip: skipTerminal || (noAgent && !CI && noAgent) }, async (t) => {
  assert.ok(realAgent !== undefined);
  const { path, program } = await startRealAgent(t, realAgent);
  const person = await personAt(t, path, { columns: 60 });
  await person.type("guest-info\r");
  await person.sees(/guest-shutdown +yes +on error only\n.*guestwire> $/s);
  await person.type("guest-get-o", TAB);
  await person.sees(/^sinfo$/);
  await person.type("\r");
  await person.sees(/"kernel-release": "[^\n]*\n.*guestwire> $/s);
  await person.type(CTRL_D);
  assert.equal(await person.status, 0);
  assert.ok(program.isRunning);
  assert.equal(script(path, "guest-ping").status, 0);
});
