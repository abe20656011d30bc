// guestwire wait: for agents that are not there yet.

import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createAgent } from "guestwire";
import { SocketTransport, listenUnix } from "guestwire/node";
import { impostor } from "./impostor.ts";
import { CLI, type Ending, Program, run, temporaryFolder } from "./rig.ts";
import { Device, Person, skipTerminal } from "./terminal.ts";

const DONE = { status: 0, signal: null, stdout: "", stderr: "" };

function failed(ending: Ending, status: number, line: RegExp): void {
  assert.match(ending.stderr, /^guestwire: [^\n]*\n$/);
  assert.match(ending.stderr, line);
  assert.deepEqual({ ...ending, stderr: "" }, { ...DONE, status });
}

test("wait returns when the agent answers, and prints nothing", async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const waiting = new Program(t, process.execPath, [CLI, "wait", path, "--timeout", "0"]);
  const agent = createAgent();
  // It is there from the start, or comes later, or goes and comes back.
  const later = new Promise((resolve) => setTimeout(resolve, 300));
  await later;
  assert.ok(waiting.isRunning);
  const listener = await listenUnix(agent, path);
  assert.deepEqual(await waiting.ended, DONE);
  assert.deepEqual(await run(t, "wait", path), DONE);
  await listener.close();
  await agent.close();
});

test("wait for a device whose agent starts late", { skip: skipTerminal }, async (t) => {
  const device = await Device.make(t);
  const waiting = new Program(t, process.execPath, [CLI, "wait", device.path]);
  // Its first sync has come, and nobody answers.
  await new Promise((resolve) => device.otherEnd.once("data", resolve));
  const agent = createAgent();
  agent.serve(new SocketTransport(device.otherEnd));
  assert.deepEqual(await waiting.ended, DONE);
  await agent.close();
});

test("wait ends with 3 when the time is over, and says what was tried", async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const wait = (where: string): Promise<Ending> => run(t, "wait", where, "--timeout", "0.3");
  failed(
    await wait(path),
    3,
    /: no answer within 0.3 s, trying again and again: there is no socket .*socket; start the agent or name another/,
  );
  const silent = await impostor(t, () => "");
  failed(
    await wait(silent),
    3,
    /: no answer within 0.3 s, trying again and again: .*socket is there, but no agent answers/,
  );
  const leaving = await impostor(t, () => undefined);
  failed(
    await wait(leaving),
    3,
    /: no answer within 0.3 s, trying again and again: .*socket is there, but no agent answers/,
  );
});

test("wait goes on trying where there is no permission, call does not", async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const agent = createAgent();
  const listener = await listenUnix(agent, path);
  chmodSync(path, 0);
  // Root may open everything, but for that it has a capability, which can be dropped.
  const drop = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override"] : [];
  const start = (...words: string[]): Program => {
    const [file = "", ...args] = [...drop, process.execPath, CLI, ...words];
    return new Program(t, file, args);
  };
  const called = await start("call", path, "guest-ping").ended;
  failed(called, 3, /^guestwire: no permission for the socket .*; run as another user or/);
  const late = await start("wait", path, "--timeout", "0.5").ended;
  failed(late, 3, /trying again and again: no permission for the socket .*; run as another user or/);
  const waiting = start("wait", path, "--timeout", "0");
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.ok(waiting.isRunning);
  chmodSync(path, 0o600);
  assert.deepEqual(await waiting.ended, DONE);
  await listener.close();
  await agent.close();
});

test("wait on a terminal that knows no escape codes", { skip: skipTerminal }, async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const person = new Person(t, ["wait", path, "--timeout", "1.5"], { env: { TERM: "dumb" } });
  assert.equal(await person.status, 3);
  assert.match(person.output, /^there is no socket [^\n]*\nguestwire: no answer within 1.5 s[^\n]*\n$/);
});

test("wait ends with 2 at a mistake", async (t) => {
  const file = join(temporaryFolder(t), "file");
  writeFileSync(file, "");
  failed(await run(t, "wait"), 2, /missing required argument 'target'; see 'guestwire wait --help'/);
  failed(await run(t, "wait", file), 2, /file is neither a socket nor a device; name one/);
  failed(await run(t, "wait", `${file}/x`), 2, /file is not a folder; name another path/);
  failed(await run(t, "wait", "/dev/null"), 2, /null is no terminal; name a serial line or a pseudo-terminal/);
  failed(await run(t, "wait", "x".repeat(120)), 2, /has at most 107 bytes/);
  failed(await run(t, "wait", file, "--timeout", "x"), 2, /--timeout .*It takes seconds/);
});

test("wait shows on a terminal what it waits for, and leaves nothing behind", { skip: skipTerminal }, async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const agent = createAgent();
  const person = new Person(t, ["wait", path]);
  await person.sees(/there is no socket .*\(0 s\)/);
  await person.sees("(1 s)");
  const listener = await listenUnix(agent, path);
  assert.equal(await person.status, 0);
  // oxlint-disable-next-line no-control-regex
  assert.match(person.output, /\x1b\[1G\x1b\[2K$/);
  assert.equal(person.output.includes("\n"), false);
  await listener.close();
  await agent.close();
});

test("wait fits its line into a narrow terminal", { skip: skipTerminal }, async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const person = new Person(t, ["wait", path, "--timeout", "0.5"], { columns: 20 });
  assert.equal(await person.status, 3);
  const lines = person.output.split("\x1b[2K").filter((line) => line.includes("s)"));
  for (const line of lines) assert.match(line, /^there is no.{1,8} \(0 s\)/);
  assert.ok(lines.length > 0);
  assert.match(
    person.said,
    /guestwire: no answer within 0.5 s, trying again and again: there is no socket .*another path\n$/,
  );
});

test("wait is ended by Ctrl-C", { skip: skipTerminal }, async (t) => {
  const person = new Person(t, ["wait", join(temporaryFolder(t), "socket")]);
  await person.sees("there is no socket");
  await person.type("\x03");
  assert.equal(await person.status, 130);
  // oxlint-disable-next-line no-control-regex
  assert.match(person.output, /\x1b\[1G\x1b\[2K$/);
});
