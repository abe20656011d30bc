// The agent's log: which records go where, and how a line looks.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { LogLevel } from "guestwire";
import { Log } from "../../hosts/node/cli/log.ts";
import { Client, startAgent, temporaryFolder } from "./rig.ts";

const LEVELS: readonly LogLevel[] = ["error", "critical", "warning", "message", "info", "debug"];
const LINE = /^\d+\.\d{6}: (\w+): (.*)$/;

/** The levels of the records that reach a file. */
function kept(file: string, verbose: boolean): string[] {
  const log = new Log(file, verbose);
  for (const level of LEVELS) {
    log.log(level, "general", `a ${level}`);
    log.log(level, "syslog", "for the system's log");
  }
  log.close();
  const lines = readFileSync(file, "utf8").split("\n");
  assert.equal(lines.pop(), "");
  return lines.map((line) => {
    const [, level, text] = LINE.exec(line) ?? [];
    assert.equal(text, `a ${level}`);
    return level ?? "";
  });
}

test("only errors and critical records, and none of the syslog domain", (t) => {
  assert.deepEqual(kept(join(temporaryFolder(t), "log"), false), ["error", "critical"]);
});

test("verbose: all levels, and none of the syslog domain", (t) => {
  assert.deepEqual(kept(join(temporaryFolder(t), "log"), true), LEVELS);
});

test("the log file is appended to, and each record is one line", (t) => {
  const file = join(temporaryFolder(t), "log");
  writeFileSync(file, "before\n");
  const log = new Log(file, false);
  log.log("error", "general", "two\nlines, \x1b[31mred\x1b[0m, é");
  log.close();
  const [first, second, ...more] = readFileSync(file, "utf8").split("\n");
  assert.equal(first, "before");
  assert.match(second ?? "", /^\d+\.\d{6}: error: two\\u000alines, \\u001b\[31mred\\u001b\[0m, é$/);
  assert.deepEqual(more, [""]);
});

test("the time of a record is that of the day, also after the clock was set", (t) => {
  const file = join(temporaryFolder(t), "log");
  const log = new Log(file, false);
  const before = Date.now();
  log.log("error", "general", "now");
  const after = Date.now();
  const clock = t.mock.method(Date, "now", () => 4_102_444_800_007);
  log.log("error", "general", "resumed");
  clock.mock.restore();
  log.close();
  const [now, resumed] = readFileSync(file, "utf8").split("\n");
  const [, seconds, millis] = /^(\d+)\.(\d{3})000: error: now$/.exec(now ?? "") ?? [];
  const ms = Number(seconds) * 1000 + Number(millis);
  assert.ok(ms >= before && ms <= after, now);
  assert.equal(resumed, "4102444800.007000: error: resumed");
});

test("without -v an agent in order says nothing at all, guest-ping included", async (t) => {
  const file = join(temporaryFolder(t), "log");
  const { path, program } = await startAgent(t, "-l", file);
  const client = await Client.connect(path);
  await client.ask('{"execute":"guest-ping"}');
  await client.ask("%");
  client.reset();
  program.kill("SIGTERM");
  assert.deepEqual(await program.ended, { status: 0, signal: null, stdout: "", stderr: "" });
  assert.equal(readFileSync(file, "utf8"), "");
});

test("-v logs to stderr, without the syslog domain", async (t) => {
  const { path, program } = await startAgent(t, "-v");
  const client = await Client.connect(path);
  await client.ask('{"execute":"guest-ping"}');
  client.reset();
  program.kill("SIGTERM");
  const { status, stdout, stderr } = await program.ended;
  assert.deepEqual([status, stdout], [0, ""]);
  for (const line of stderr.trimEnd().split("\n")) assert.match(line, LINE);
  assert.match(stderr, /info: core wasm-simd\n.*info: listening on .*socket\n/);
  assert.match(stderr, /info: stopping on SIGTERM\n/);
  assert.doesNotMatch(stderr, /guest-ping called/);
});

test("-v -l logs to the file and not to stderr", async (t) => {
  const file = join(temporaryFolder(t), "log");
  const { program } = await startAgent(t, "-v", "-l", file);
  program.kill("SIGINT");
  assert.deepEqual(await program.ended, { status: 0, signal: null, stdout: "", stderr: "" });
  assert.match(readFileSync(file, "utf8"), /info: stopping on SIGINT\n$/);
});

test(
  "a full disk does not stop the agent",
  { skip: !existsSync("/dev/full") && "there is no /dev/full here" },
  async (t) => {
    const { path, program } = await startAgent(t, "-v", "-l", "/dev/full");
    const client = await Client.connect(path);
    assert.equal(await client.ask('{"execute":"guest-ping"}'), '{"return": {}}\n');
    client.reset();
    program.kill("SIGTERM");
    assert.deepEqual(await program.ended, { status: 0, signal: null, stdout: "", stderr: "" });
  },
);

/** The texts of the records in a file. */
function texts(file: string): string[] {
  const lines = readFileSync(file, "utf8").split("\n");
  assert.equal(lines.pop(), "");
  return lines.map((line) => LINE.exec(line)?.[2] ?? `no record: ${line}`);
}

test("reopened it goes on in a new file, once the old one was moved", (t) => {
  const file = join(temporaryFolder(t), "log");
  const log = new Log(file, false);
  log.log("error", "general", "one");
  renameSync(file, `${file}.1`);
  log.log("error", "general", "two");
  log.reopen();
  log.log("error", "general", "three");
  log.close();
  assert.deepEqual([texts(`${file}.1`), texts(file)], [["one", "two"], ["three"]]);
});

test("a file that cannot be reopened: the old one is kept, and says so", (t) => {
  const file = join(temporaryFolder(t), "log");
  const log = new Log(file, false);
  renameSync(file, `${file}.1`);
  mkdirSync(file);
  log.reopen();
  log.log("error", "general", "on");
  log.close();
  const said = `the log file ${file} is a folder; name a file with -l; the log goes on where it was`;
  assert.deepEqual(texts(`${file}.1`), [said, "on"]);
});

test("a log that is held keeps the oldest hundred records, and writes none before it is released", (t) => {
  const file = join(temporaryFolder(t), "log");
  const log = new Log(file, false);
  log.log("error", "general", "before");
  log.hold();
  for (let n = 1; n <= 101; n++) log.log("error", "general", `record ${n}`);
  renameSync(file, `${file}.1`);
  log.reopen();
  assert.deepEqual([texts(`${file}.1`), existsSync(file)], [["before"], false]);
  log.release();
  log.log("error", "general", "after");
  log.close();
  const oldest = Array.from({ length: 100 }, (_, n) => `record ${n + 1}`);
  assert.deepEqual(texts(file), [...oldest, "after"]);
});

test("a log that is held from the start opens its file when it is released", (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "later", "log");
  const log = new Log(file, false, true);
  log.log("error", "general", "early");
  mkdirSync(join(folder, "later"));
  log.release();
  log.close();
  assert.deepEqual(texts(file), ["early"]);
});

test(
  "a record that was cut off does not spoil the next one, and records come again when there is room",
  { skip: !existsSync("/dev/full") && "there is no /dev/full here" },
  (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, "log");
    symlinkSync("/dev/full", file);
    const log = new Log(file, false);
    log.log("error", "general", "lost");
    // A pipe that nobody empties takes part of a record, then none.
    unlinkSync(file);
    spawnSync("mkfifo", [file]);
    const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    log.reopen();
    for (let n = 0; n < 20; n++) log.log("error", "general", `${n} `.padEnd(5000, "x"));
    const full = readAll(reader);
    assert.ok(full.length >= 4096 && !full.endsWith("\n"), "the last record is cut off");
    log.log("error", "general", "again");
    assert.match(readAll(reader), /^\n\d+\.\d{6}: error: again\n$/);
    log.close();
    closeSync(reader);
    rmSync(file);
  },
);

/** What waits in a pipe. */
function readAll(pipe: number): string {
  const pieces: Buffer[] = [];
  for (;;) {
    const bytes = Buffer.alloc(65_536);
    try {
      const size = readSync(pipe, bytes);
      if (size === 0) break;
      pieces.push(bytes.subarray(0, size));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") break;
      throw error;
    }
  }
  return Buffer.concat(pieces).toString();
}
