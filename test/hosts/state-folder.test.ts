// The folder for state: it must be there, and keeps that the agent is frozen.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createAgent } from "guestwire";
import { StateFolder } from "../../hosts/node/cli/state-folder.ts";
import { temporaryFolder } from "./rig.ts";

test("the flag of an agent is there while it is frozen, empty and for its user alone", async (t) => {
  const folder = temporaryFolder(t);
  const flag = join(folder, "qga.state.isfrozen");
  const state = new StateFolder(folder);
  assert.deepEqual([state.flag, state.frozen], [flag, false]);
  const agent = createAgent({ freezeState: state });
  agent.commands.freeze();
  assert.deepEqual([readFileSync(flag, "utf8"), statSync(flag).mode & 0o777], ["", 0o600]);

  // Another one starts where this was killed, and thaws at its end.
  const next = createAgent({ freezeState: new StateFolder(folder) });
  assert.equal(next.commands.frozen, true);
  await next.close();
  assert.ok(!existsSync(flag));
  agent.commands.thaw();
  assert.equal(agent.commands.frozen, false);
  await agent.close();
});

test("a flag that cannot be written refuses the freeze", async (t) => {
  const folder = join(temporaryFolder(t), "state");
  mkdirSync(folder);
  const state = new StateFolder(folder);
  const agent = createAgent({ freezeState: state });
  mkdirSync(state.flag);
  assert.throws(() => agent.commands.freeze(), { message: `the file ${state.flag} cannot be written (EISDIR)` });
  assert.equal(agent.commands.frozen, false);
  await agent.close();
});

test("a flag that somebody has removed is no failure; one that cannot be removed is", (t) => {
  const state = new StateFolder(temporaryFolder(t));
  state.set(true);
  state.set(true);
  unlinkSync(state.flag);
  state.set(false);
  mkdirSync(state.flag);
  assert.throws(() => state.set(false), {
    message: new RegExp(`^the file ${state.flag} cannot be removed \\(E\\w+\\)$`),
  });
});

test("a folder that is none is told in a line", (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "file"), "");
  for (const [name, message] of [
    ["no", /^there is no state folder .*; create it or name another with -t$/],
    ["file", /^the state folder .* is not a folder; name another with -t$/],
    ["file/in", /^the state folder .* leads through something that is not a folder; name another with -t$/],
  ] as const) {
    assert.throws(() => new StateFolder(join(folder, name)), { message });
  }
  assert.throws(() => new StateFolder(""), { message: "say which folder is for state: -t DIR" });
});
