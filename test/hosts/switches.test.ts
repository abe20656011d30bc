// Commands that are switched off on the command line: what they answer, and what the real agent answers.

import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { CI } from "../ci.ts";
import { findRealAgent } from "../property/real-agent.ts";
import { Client, ENGINE_NAMES, Program, listens, startAgent, temporaryFolder } from "./rig.ts";

const NAMES = ["guest-sync-delimited", "guest-sync", "guest-ping", "guest-info"] as const;

function request(name: string): string {
  return `{"execute":"${name}"${name.startsWith("guest-sync") ? ',"arguments":{"id":1}' : ""}}\n`;
}

function disabled(name: string): string {
  return `{"error": {"class": "CommandNotFound", "desc": "Command ${name} has been disabled"}}\n`;
}

/** The commands that an agent with these options runs. All others must be disabled, in the real agent's words. */
async function enabled(t: TestContext, ...options: string[]): Promise<string[]> {
  const { path, program } = await startAgent(t, ...options);
  const client = await Client.connect(path);
  const names: string[] = [];
  for (const name of NAMES) {
    const reply = await client.ask(request(name));
    if (/^\xff?\{"return": /.test(reply)) names.push(name);
    else assert.equal(reply, disabled(name));
  }
  if (names.includes("guest-info")) {
    const info = JSON.parse(await client.ask(request("guest-info"))) as {
      return: { supported_commands: { name: string; enabled: boolean }[] };
    };
    const shown = info.return.supported_commands.toReversed();
    assert.deepEqual(
      shown.map((command) => command.name),
      NAMES,
    );
    assert.deepEqual(
      shown.filter((command) => command.enabled).map((command) => command.name),
      names,
    );
  }
  client.reset();
  program.kill("SIGTERM");
  assert.equal((await program.ended).status, 0);
  return names;
}

const [DELIMITED, SYNC, PING, INFO] = NAMES;

for (const core of ENGINE_NAMES) {
  test(`${core}: -b disables, -a allows, and -b wins`, async (t) => {
    const only = (...options: string[]): Promise<string[]> => enabled(t, "--core", core, ...options);
    assert.deepEqual(await only(), NAMES);
    assert.deepEqual(await only("-b", "guest-ping"), [DELIMITED, SYNC, INFO]);
    assert.deepEqual(await only("-a", "guest-info,guest-ping"), [PING, INFO]);
    assert.deepEqual(await only("-a", "guest-info,guest-ping", "-b", "guest-ping,guest-sync"), [INFO]);
  });
}

test("lists add up, are not trimmed, and may name what is not there, or nothing", async (t) => {
  assert.deepEqual(await enabled(t, "-b", "guest-ping", "--block-rpcs=guest-sync"), [DELIMITED, INFO]);
  assert.deepEqual(await enabled(t, "-a", "guest-ping", "--allow-rpcs", "guest-info"), [PING, INFO]);
  assert.deepEqual(await enabled(t, "-b", "guest-sync, guest-ping,guest-fly"), [DELIMITED, PING, INFO]);
  assert.deepEqual(await enabled(t, "-b", "guest-sync;guest-ping"), NAMES);
  assert.deepEqual(await enabled(t, "-b", "", "-a", ""), NAMES);
  assert.deepEqual(await enabled(t, "-a", "guest-fly"), []);
  assert.deepEqual(await enabled(t, "-b", NAMES.join()), []);
});

const realAgent = findRealAgent();
const skip = realAgent === undefined && !CI && "install the Debian package qemu-guest-agent";

test("the real agent answers the same for what -b disables", { skip }, async (t) => {
  assert.ok(realAgent, "CI needs the Debian package qemu-guest-agent");
  const folder = temporaryFolder(t);
  const path = join(folder, "socket");
  const files = ["-t", folder, "-f", join(folder, "pid")];
  const lists = ["-b", "guest-ping", "-b", "guest-sync,guest-fly"];
  const program = new Program(t, realAgent, ["-m", "unix-listen", "-p", path, ...files, ...lists]);
  await listens(program, path);
  const { path: ours } = await startAgent(t, ...lists);
  for (const name of [DELIMITED, SYNC, PING]) {
    const client = await Client.connect(path);
    const reply = await client.ask(request(name));
    client.reset();
    const mine = await Client.connect(ours);
    assert.equal(await mine.ask(request(name)), reply);
    mine.reset();
  }
});
