// The agent of the command line while file systems are frozen.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Client, ENGINE_NAMES, type RunningAgent, startAgent, temporaryFolder } from "./rig.ts";

/** A pack that freezes nothing, and says in the log when it thaws, or that it cannot. */
const PLUGIN = `
  const [FREEZE, FREEZER] = ["Freeze", "Freezer"].map((name) => Symbol.for(\`guestwire/\${name}/1\`));
  export default {
    name: "test-pack",
    api: 1,
    register(container) {
      const freeze = container.resolve(FREEZE);
      const bind = (name, run, whileFrozen) =>
        container.register(Symbol.for("guestwire/Command/1"), { useValue: { name, whileFrozen, run } });
      bind("test-freeze", () => freeze.freeze());
      bind("test-thaw", () => freeze.thaw(), true);
      bind("test-log", (_, { log }) => log("error", "a record"));
      container.register(FREEZER, {
        useValue: {
          thaw() {
            if (process.env.STUCK) throw new Error("still busy");
          },
        },
      });
    },
  };
`;

interface Rig {
  readonly folder: string;
  readonly flag: string;
  readonly log: string;
  start(...options: string[]): Promise<RunningAgent & { client: Client }>;
}

function rig(t: TestContext, core: string): Rig {
  const folder = temporaryFolder(t);
  const plugin = join(folder, "pack.mjs");
  writeFileSync(plugin, PLUGIN);
  const log = join(folder, "log");
  const start = async (...options: string[]): Promise<RunningAgent & { client: Client }> => {
    const agent = await startAgent(t, "--core", core, "-t", folder, "-l", log, "-v", "--plugin", plugin, ...options);
    return { ...agent, client: await Client.connect(agent.path) };
  };
  return { folder, flag: join(folder, "qga.state.isfrozen"), log, start };
}

const DONE = '{"return": {}}\n';
const FROZEN =
  '{"error": {"class": "CommandNotFound", "desc": "Command test-log has been disabled: the agent is in frozen state"}}\n';

async function stopFrozen(t: TestContext, core: string, signal: "SIGTERM" | "SIGINT"): Promise<void> {
  const { flag, log, start } = rig(t, core);
  const { client, program } = await start();
  assert.equal(await client.ask('{"execute":"test-freeze"}'), DONE);
  assert.ok(existsSync(flag));
  assert.equal(await client.ask('{"execute":"test-log"}'), FROZEN);
  assert.equal(await client.ask('{"execute":"guest-ping"}'), DONE);
  assert.match(readFileSync(log, "utf8"), /warning: what is logged from here on is written at the thaw\n$/);
  program.kill(signal);
  assert.deepEqual(await program.ended, { status: 0, signal: null, stdout: "", stderr: "" });
  assert.ok(!existsSync(flag));
  // What was said meanwhile is there after the thaw.
  const said = new RegExp(`warning: freezing: [^\\n]*\\n[^\\n]*info: stopping on ${signal}\\n$`);
  assert.match(readFileSync(log, "utf8"), said);
}

for (const core of ENGINE_NAMES) {
  test(`${core}: SIGTERM and SIGINT while frozen thaw, and the status is 0`, async (t) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) await stopFrozen(t, core, signal);
  });

  test(`${core}: one that was killed while frozen starts frozen, and opens its log at the thaw`, async (t) => {
    const { flag, log, start } = rig(t, core);
    const first = await start();
    assert.equal(await first.client.ask('{"execute":"test-freeze"}'), DONE);
    first.program.kill("SIGKILL");
    await first.program.ended;
    assert.ok(existsSync(flag));
    writeFileSync(log, "");

    const { client, program } = await start();
    await program.until(() => program.stderr.endsWith("\n"), "it says so");
    assert.match(
      program.stderr,
      /^guestwire: previous instance appears to have exited with frozen filesystems\. deferring .*\n$/,
    );
    assert.equal(await client.ask('{"execute":"test-log"}'), FROZEN);
    assert.equal(readFileSync(log, "utf8"), "");
    assert.equal(await client.ask('{"execute":"test-thaw"}'), DONE);
    assert.ok(!existsSync(flag));
    assert.equal(await client.ask('{"execute":"test-log"}'), DONE);
    assert.match(readFileSync(log, "utf8"), /info: listening on [^\n]*\n[^\n]*error: test-pack: test-log: a record\n$/);
    client.reset();
    program.kill("SIGTERM");
    assert.equal((await program.ended).status, 0);
  });
}

test("what cannot be thawed at the end stays known as frozen, is told, and the status is 0", async (t) => {
  process.env["STUCK"] = "1";
  t.after(() => delete process.env["STUCK"]);
  const { flag, start } = rig(t, "js");
  const { client, program } = await start();
  assert.equal(await client.ask('{"execute":"test-freeze"}'), DONE);
  program.kill("SIGTERM");
  const { status, stderr } = await program.ended;
  assert.equal(status, 0);
  assert.match(stderr, /error: test-pack: it could not thaw: still busy\n$/);
  assert.ok(existsSync(flag));
});

test("-F is taken; nothing runs the hook, for nothing freezes file systems yet", async (t) => {
  const { folder, flag, start } = rig(t, "js");
  const [hook, ran] = [join(folder, "hook"), join(folder, "ran")];
  writeFileSync(hook, `#!/bin/sh\necho "$1" >> ${ran}\n`, { mode: 0o755 });
  const { client, program } = await start(`-F${hook}`);
  assert.doesNotMatch(await client.ask('{"execute":"guest-info"}'), /guest-fsfreeze/);
  assert.equal(await client.ask('{"execute":"test-freeze"}'), DONE);
  assert.ok(existsSync(flag));
  assert.equal(await client.ask('{"execute":"test-thaw"}'), DONE);
  program.kill("SIGTERM");
  assert.equal((await program.ended).status, 0);
  assert.ok(!existsSync(ran));
});
