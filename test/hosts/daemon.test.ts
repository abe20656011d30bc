// A program that goes into the background when it serves.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Program, isAlive, moment, temporaryFolder } from "./rig.ts";

const MODULE = new URL("../../hosts/node/cli/daemon.ts", import.meta.url).href;
const STOP_SIGNAL = new URL("../../hosts/node/cli/stop-signal.ts", import.meta.url).href;

/** What the command line does, with `work` where it starts to serve. */
function program(work: string): string {
  return `
    import { writeFileSync } from "node:fs";
    const { daemonStarted, startDaemon } = await import(${JSON.stringify(MODULE)});
    const { stopSignal } = await import(${JSON.stringify(STOP_SIGNAL)});
    process.stderr.on("error", () => {});
    const serves = daemonStarted();
    if (serves === undefined) process.exit(await startDaemon());
    const stopped = stopSignal();
    ${work}
    const stay = setInterval(() => {}, 1000);
    serves();
    process.stderr.write("nobody hears this");
    await stopped;
    clearInterval(stay);
  `;
}

interface Rig {
  readonly folder: string;
  readonly parent: Program;
}

function rig(t: TestContext, work: string, env?: NodeJS.ProcessEnv): Rig {
  const folder = temporaryFolder(t);
  const file = join(folder, "program.mts");
  writeFileSync(file, program(work));
  const args = ["--import", import.meta.resolve("tsx"), file, "an argument"];
  return { folder, parent: new Program(t, process.execPath, args, { cwd: folder, ...(env && { env }) }) };
}

const NOTE = 'writeFileSync("note", process.pid + " " + process.argv[2] + " " + Object.keys(process.env).join());';

for (const [what, env] of [
  ["", undefined],
  [", without an environment", {}],
] as const) {
  test(`the parent ends when the daemon serves, in a session of its own, and hears it until then${what}`, async (t) => {
    const { folder, parent } = rig(t, `${NOTE} process.stderr.write("a word\\n");`, env);
    assert.deepEqual(await parent.ended, { status: 0, signal: null, stdout: "", stderr: "a word\n" });
    const [pid = "", ...rest] = readFileSync(join(folder, "note"), "utf8").split(" ");
    t.after(() => isAlive(pid) && process.kill(Number(pid), "SIGKILL"));
    assert.match(rest.join(" "), env === undefined ? /^an argument / : /^an argument $/);
    assert.doesNotMatch(rest.join(" "), /GUESTWIRE_DAEMON|NODE_CHANNEL/);
    assert.equal(statSync(join(folder, "note")).mode & 0o777, 0o600, "umask 077");
    assert.equal(readlinkSync(`/proc/${pid}/cwd`), "/");
    for (const fd of [0, 1, 2]) assert.equal(readlinkSync(`/proc/${pid}/fd/${fd}`), "/dev/null");
    const [, , , , session] = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/\(.*\)/, "")
      .split(/ +/);
    assert.equal(session, pid);
    assert.ok(isAlive(pid), "it outlives its parent");
    process.kill(Number(pid), "SIGTERM");
    while (isAlive(pid)) await moment();
  });
}

for (const [what, work, said] of [
  ["says why", 'process.stderr.write("guestwire: no socket\\n"); process.exit(3);', /^guestwire: no socket\n$/],
  ["says nothing", "process.exit(0);", /^guestwire: the daemon did not start: it ended with status 0\n$/],
  [
    "is killed",
    'process.kill(process.pid, "SIGKILL");',
    /^guestwire: the daemon did not start: it ended with SIGKILL\n$/,
  ],
] as const) {
  test(`a daemon that does not start and ${what}: the parent's status is 1, and there is one line`, async (t) => {
    const { status, stdout, stderr } = await rig(t, work).parent.ended;
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, said);
  });
}

test("one whose parent is killed before it serves ends", async (t) => {
  const { folder, parent } = rig(t, `${NOTE} await stopped; process.exit(0);`);
  const note = join(folder, "note");
  while (!existsSync(note) || readFileSync(note, "utf8") === "") await moment();
  const pid = readFileSync(note, "utf8").split(" ")[0] ?? "";
  t.after(() => isAlive(pid) && process.kill(Number(pid), "SIGKILL"));
  parent.kill("SIGKILL");
  while (isAlive(pid)) await moment();
});

test("one whose parent is gone before it listens for its end, or before it says that it serves, ends in order", async (t) => {
  const gone = `
    process.once("exit", (status) => writeFileSync("done", String(status)));
    process.kill(process.ppid, "SIGKILL");
    while (process.connected) await new Promise((resolve) => setTimeout(resolve, 1));
  `;
  const [early, late] = [rig(t, ""), rig(t, gone)];
  const file = join(early.folder, "program.mts");
  writeFileSync(file, readFileSync(file, "utf8").replace("const stopped", `${gone}\nconst stopped`));
  for (const { folder } of [early, late]) {
    const done = join(folder, "done");
    while (!existsSync(done) || readFileSync(done, "utf8") === "") await moment();
    assert.equal(readFileSync(done, "utf8"), "0");
  }
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} to the parent stops the daemon, and it waits for that`, async (t) => {
    const work = `setInterval(() => {}, 1000); process.once("exit", () => writeFileSync("done", "")); ${NOTE} await stopped; process.exit(0);`;
    const { folder, parent } = rig(t, work);
    const note = join(folder, "note");
    await parent.until(() => existsSync(note) && readFileSync(note, "utf8") !== "", "the daemon starts");
    const pid = readFileSync(note, "utf8").split(" ")[0] ?? "";
    t.after(() => isAlive(pid) && process.kill(Number(pid), "SIGKILL"));
    parent.kill(signal);
    assert.deepEqual(await parent.ended, { status: 0, signal: null, stdout: "", stderr: "" });
    assert.ok(existsSync(join(folder, "done")));
    assert.ok(!isAlive(pid));
  });
}
