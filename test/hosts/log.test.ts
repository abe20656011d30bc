// The agent's log: which records go where, and how a line looks.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { LogLevel } from "guestwire";
import { openLog } from "../../hosts/node/cli/log.ts";
import { Client, startAgent, temporaryFolder } from "./rig.ts";

const LEVELS: readonly LogLevel[] = ["error", "critical", "warning", "message", "info", "debug"];
const LINE = /^\d+\.\d{6}: (\w+): (.*)$/;

/** The levels of the records that reach a file. */
function kept(file: string, verbose: boolean): string[] {
  const log = openLog(file, verbose);
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
  const log = openLog(file, false);
  log.log("error", "general", "two\nlines, \x1b[31mred\x1b[0m, é");
  log.close();
  const [first, second, ...more] = readFileSync(file, "utf8").split("\n");
  assert.equal(first, "before");
  assert.match(second ?? "", /^\d+\.\d{6}: error: two\\u000alines, \\u001b\[31mred\\u001b\[0m, é$/);
  assert.deepEqual(more, [""]);
});

test("the time of a record is that of the day, also after the clock was set", (t) => {
  const file = join(temporaryFolder(t), "log");
  const log = openLog(file, false);
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
  assert.match(stderr, /info: listening on .*socket, core wasm-simd\n/);
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
