// Records for the system's log, through programs that stand for `logger`.

import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Log } from "../../hosts/node/cli/log.ts";
import { Syslog } from "../../hosts/node/cli/syslog.ts";
import { Program, isAlive, moment, temporaryFolder } from "./rig.ts";

interface Rig {
  readonly syslog: Syslog;
  /** Records of the general domain. */
  readonly general: string[];
  /** What `logger` has been called with and has read. */
  read(): string;
}

/** A `logger` that is this shell script; `$out` is what `read` reads. */
function rig(t: TestContext, script: string): Rig {
  const folder = temporaryFolder(t);
  const [file, out] = [join(folder, "logger"), join(folder, "out")];
  writeFileSync(file, `#!/bin/sh\nout=${out}\n${script}\n`);
  chmodSync(file, 0o755);
  const general: string[] = [];
  const syslog = new Syslog({ log: (...record) => general.push(record.join(" ")) }, () => file);
  t.after(() => syslog.close());
  return { syslog, general, read: () => (existsSync(out) ? readFileSync(out, "utf8") : "") };
}

const COPY = 'echo "$$: $*" >> $out\nwhile read -r line; do echo "$line" >> $out; done';

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await moment();
}

test("one logger takes all records, as they come, and those of the general domain go on", async (t) => {
  const { syslog, general, read } = rig(t, COPY);
  syslog.log("error", "general", "for the log");
  assert.equal(read(), "", "it is not started before it is needed");
  syslog.log("info", "syslog", "guest-ping called");
  await until(() => read().endsWith("called\n"));
  syslog.log("warning", "syslog", "two\nlines");
  await syslog.close();
  const [called, ...lines] = read().trimEnd().split("\n");
  assert.match(called ?? "", /^\d+: -t qemu-ga -p user\.info$/);
  assert.deepEqual(lines, ["info: guest-ping called", "warning: two\\u000alines"]);
  assert.deepEqual(general, ["error general for the log"]);
  const pid = Number.parseInt(called ?? "", 10);
  assert.ok(!existsSync(`/proc/${pid}`), "neither the process nor a zombie is left");
  // Nothing is started anew.
  syslog.log("info", "syslog", "late");
  assert.equal(read().split("\n").length, 4);
});

test("a logger that is stuck loses records, and ends nevertheless", async (t) => {
  const { syslog, general, read } = rig(t, "echo $$ > $out\nexec sleep 1000");
  for (let n = 0; n < 10_000; n++) syslog.log("info", "syslog", "x".repeat(1000));
  await until(() => read() !== "");
  await syslog.close();
  assert.ok(!existsSync(`/proc/${Number(read())}`));
  assert.deepEqual(general, []);
});

for (const [what, script, why] of [
  ["that dies", "exit 3", /ended \(status 3\)$/],
  ["that is killed", "kill -9 $$", /ended \(SIGKILL\)$/],
] as const) {
  test(`a logger ${what} is told once, and records are dropped`, async (t) => {
    const { syslog, general } = rig(t, script);
    for (let n = 0; n < 100; n++) syslog.log("info", "syslog", "x".repeat(10_000));
    await until(() => general.length > 0);
    syslog.log("info", "syslog", "x");
    await syslog.close();
    assert.equal(general.length, 1);
    assert.match(general[0] ?? "", /^warning general records for the system's log are dropped: /);
    assert.match(general[0] ?? "", why);
  });
}

test("where there is no logger, or none that runs, that is told once, and only where the log is verbose", async (t) => {
  const folder = temporaryFolder(t);
  const script = join(folder, "not-executable");
  writeFileSync(script, "");
  for (const program of [undefined, join(folder, "none"), script]) {
    for (const verbose of [true, false]) {
      const file = join(folder, `log-${verbose}`);
      writeFileSync(file, "");
      const log = new Log(file, verbose);
      const syslog = new Syslog(log, () => program);
      syslog.log("info", "syslog", "one");
      syslog.log("info", "syslog", "two");
      if (verbose) await until(() => readFileSync(file, "utf8") !== "");
      await new Promise(setImmediate);
      await syslog.close();
      log.close();
      const lines = readFileSync(file, "utf8").split("\n").length - 1;
      assert.equal(lines, verbose ? 1 : 0, String(program));
    }
  }
});

test("it does not keep a process alive, and ends with one that is killed", async (t) => {
  const folder = temporaryFolder(t);
  const [file, out, module] = [join(folder, "logger"), join(folder, "out"), join(folder, "program.mts")];
  writeFileSync(file, `#!/bin/sh\necho $$ > ${out}.new\nmv ${out}.new ${out}\ncat > ${out}.read\n`);
  chmodSync(file, 0o755);
  const source = new URL("../../hosts/node/cli/syslog.ts", import.meta.url).href;
  writeFileSync(
    module,
    `import { existsSync } from "node:fs";
     const { Syslog } = await import(${JSON.stringify(source)});
     new Syslog({ log() {} }, () => ${JSON.stringify(file)}).log("info", "syslog", "hello");
     while (!existsSync(${JSON.stringify(out)})) await new Promise((resolve) => setTimeout(resolve, 10));`,
  );
  const { status, stderr } = await new Program(t, process.execPath, ["--import", import.meta.resolve("tsx"), module])
    .ended;
  assert.deepEqual([status, stderr], [0, ""]);
  const pid = Number(readFileSync(out, "utf8"));
  await until(() => !isAlive(pid));
  assert.equal(readFileSync(`${out}.read`, "utf8"), "info: hello\n");
});
