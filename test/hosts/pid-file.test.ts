// The file with the process id: one live agent has it, and what a dead one has left behind is no obstacle.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { PidFile } from "../../hosts/node/cli/pid-file.ts";
import { CI } from "../ci.ts";
import { findRealAgent } from "../property/real-agent.ts";
import { Program, ROOT, isAlive, moment, relayStderr, temporaryFolder } from "./rig.ts";

const MODULE = pathToFileURL(join(ROOT, "hosts/node/cli/pid-file.ts")).href;

/** A program that loads what it needs, says so, waits until its stdin ends, takes the file, says how that went, and keeps it until it is ended. */
const TAKER = `
  import { readFileSync } from "node:fs";
  const { PidFile } = await import(${JSON.stringify(MODULE)});
  console.log("loaded");
  readFileSync(0);
  try {
    new PidFile(process.argv[1]);
    console.log("taken");
  } catch (error) {
    console.log("refused: " + error.message);
  }
  setTimeout(() => {}, 600_000);
`;

/** Starts such programs, lets them loose at the same moment, and returns what each says, with its pid. */
async function takers(
  t: TestContext,
  path: string,
  count: number,
): Promise<{ pid: number; said: string; end(): Promise<void> }[]> {
  const started = Array.from({ length: count }, () => {
    const args = ["--import", "tsx", "--input-type=module", "--eval", TAKER, path];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["pipe", "pipe", "pipe"] });
    relayStderr(child);
    const ended = once(child, "exit");
    const end = async (): Promise<void> => {
      child.kill("SIGKILL");
      await ended;
    };
    t.after(end);
    return { child, end };
  });
  const says = started.map(({ child }) => createInterface(child.stdout)[Symbol.asyncIterator]());
  await Promise.all(says.map((lines) => lines.next()));
  for (const { child } of started) child.stdin.end();
  return Promise.all(
    started.map(async ({ child, end }, index) => {
      const line = await says[index]?.next();
      return { pid: child.pid ?? 0, said: String(line?.value), end };
    }),
  );
}

test("it has the process id and LF, for its user alone, and goes at the end", (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "pid");
  const file = new PidFile(path);
  assert.equal(readFileSync(path, "utf8"), `${process.pid}\n`);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ["pid"]);
  file.remove();
  assert.deepEqual(readdirSync(folder), []);
});

test("a file that another agent wrote over is left to it", (t) => {
  const path = join(temporaryFolder(t), "pid");
  const file = new PidFile(path);
  writeFileSync(path, "1\n");
  file.remove();
  assert.equal(readFileSync(path, "utf8"), "1\n");
});

test("one that is somebody else's by now stays", (t) => {
  const path = join(temporaryFolder(t), "pid");
  const file = new PidFile(path);
  const other = new PidFile(path);
  file.remove();
  assert.ok(existsSync(path));
  other.remove();
  assert.ok(!existsSync(path));
});

test("of many that start at once one has it, and the others say which; when it is dead the next one takes it", async (t) => {
  const path = join(temporaryFolder(t), "pid");
  const dead = spawnSync("true").pid;
  for (const before of [undefined, `${dead}\n`]) {
    if (before !== undefined) writeFileSync(path, before);
    const all = await takers(t, path, 6);
    const [owner, ...more] = all.filter(({ said }) => said === "taken");
    assert.ok(owner !== undefined && more.length === 0, JSON.stringify(all));
    assert.equal(readFileSync(path, "utf8"), `${owner.pid}\n`);
    const refusal =
      `Cannot lock pid file: Resource temporarily unavailable: process ${owner.pid} has ${path}; ` +
      "stop it, or name another with -f";
    for (const { said } of all) assert.ok(said === "taken" || said === `refused: ${refusal}`, said);
    assert.throws(() => new PidFile(path), { message: refusal });
    assert.deepEqual(readdirSync(join(path, "..")), ["pid"]);
    for (const { end } of all) await end();
  }
  new PidFile(path).remove();
});

test("while another agent replaces a dead one's file it is waited for, and when that one dies, too, both are replaced", async (t) => {
  const path = join(temporaryFolder(t), "pid");
  writeFileSync(path, `${spawnSync("true").pid}\n`);
  const [other] = await takers(t, `${path}.next`, 1);
  assert.throws(() => new PidFile(path), {
    message: /Resource temporarily unavailable: others take \S+pid all the time$/,
  });
  await other?.end();
  const file = new PidFile(path);
  assert.deepEqual(readdirSync(join(path, "..")), ["pid"]);
  file.remove();
});

test("what is no live agent's is replaced: of a dead process, of one that has it not open, of nobody", (t) => {
  const path = join(temporaryFolder(t), "pid");
  for (const text of [
    `${spawnSync("true").pid}\n`,
    `${process.ppid}\n`,
    `${process.pid}\n`,
    "",
    "junk",
    "0\n",
    "99999999999\n",
  ]) {
    writeFileSync(path, text);
    const file = new PidFile(path);
    assert.equal(readFileSync(path, "utf8"), `${process.pid}\n`, JSON.stringify(text));
    file.remove();
  }
});

test("where it cannot be is told in a line", (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "folder"));
  symlinkSync("nowhere", join(folder, "link"));
  assert.throws(() => new PidFile(""), { message: "say which file the process id goes to: -f FILE" });
  for (const name of ["folder", "link"]) {
    const path = join(folder, name);
    const message = `Could not create '${path}': it is not a regular file; name another with -f`;
    assert.throws(() => new PidFile(path), { message });
  }
  const path = join(folder, "no", "pid");
  const message = `Could not create '${path}': ENOENT: no such file or directory; name another with -f`;
  assert.throws(() => new PidFile(path), { message });
  assert.deepEqual(readdirSync(folder).toSorted(), ["folder", "link"]);
});

const realAgent = findRealAgent();
const skip = realAgent === undefined && !CI && "install the Debian package qemu-guest-agent";

test(
  "we refuse the file of a live qemu-ga, and take it when that is dead; qemu-ga takes that of a live one of ours",
  { skip },
  async (t) => {
    assert.ok(realAgent, "CI needs the Debian package qemu-guest-agent");
    const folder = temporaryFolder(t);
    const path = join(folder, "pid");
    const options = ["-d", "-m", "unix-listen", "-p", join(folder, "socket"), "-t", folder, "-f", path];
    /** Its pid, as the file has it when this is no longer there. */
    const startReal = async (before: string): Promise<number> => {
      assert.equal((await new Program(t, realAgent, options).ended).status, 0);
      while (!existsSync(path) || ["", before].includes(readFileSync(path, "utf8"))) await moment();
      const pid = Number(readFileSync(path, "utf8"));
      t.after(() => isAlive(pid) && process.kill(pid, "SIGKILL"));
      return pid;
    };
    const pid = await startReal("");
    assert.throws(() => new PidFile(path), {
      message: new RegExp(`^Cannot lock pid file: Resource temporarily unavailable: process ${pid} has `),
    });
    process.kill(pid, "SIGKILL");
    while (isAlive(pid)) await moment();
    const ours = new PidFile(path);
    await startReal(`${process.pid}\n`);
    ours.remove();
  },
);
