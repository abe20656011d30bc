// What a guest gets besides the agent: the unit and the rule that start it, and docs/guest.md, which says where they go.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { VIRTIO_PATH } from "../../hosts/node/virtio.ts";
import { Program, ROOT, temporaryFolder } from "./rig.ts";

const INSTALLED = "/usr/lib/guestwire/guestwire-agent.mjs";
const AGENT = `node ${INSTALLED} agent`;

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

const unit = read("hosts/node/guest/guestwire-agent.service");
const rule = read("hosts/node/guest/99-guestwire-agent.rules");
const page = read("docs/guest.md");

/** What a unit says under this key. */
function settings(text: string, key: string): string[] {
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value = ""]) => value);
}

/** The configuration that a command line comes to, where nothing else says what it is. */
async function configured(t: TestContext, line: string): Promise<string> {
  assert.ok(line.startsWith(AGENT), line);
  const empty = join(temporaryFolder(t), "empty.conf");
  writeFileSync(empty, "[general]\n");
  const words = line.slice(AGENT.length).split(" ").filter(Boolean);
  const args = [join(ROOT, "dist/guestwire-agent.mjs"), "agent", ...words, "-c", empty, "-D"];
  const ending = await new Program(t, process.execPath, args, { env: {} }).ended;
  assert.deepEqual({ ...ending, stdout: "" }, { status: 0, signal: null, stdout: "", stderr: "" });
  return ending.stdout;
}

/** A path as systemd names its device: `-` for `/`, and what is not a letter, a digit, `:`, `_` or `.` by its number. */
function deviceOf(path: string): string {
  const escaped = path.slice(1).replaceAll(/[^\w/:.]/g, (c) => `\\x${c.charCodeAt(0).toString(16)}`);
  return `${escaped.replaceAll("/", "-")}.device`;
}

test("the unit starts the agent on the port that it comes and goes with", async (t) => {
  const [start = "", ...more] = settings(unit, "ExecStart");
  assert.deepEqual(more, []);
  const configuration = await configured(t, start);
  assert.match(configuration, /^method=virtio-serial$/m);
  assert.ok(configuration.includes(`\npath=${VIRTIO_PATH}\n`));
  assert.match(configuration, /^daemon=false$/m);
  for (const key of ["BindsTo", "After"]) assert.deepEqual(settings(unit, key), [deviceOf(VIRTIO_PATH)]);
});

test("the rule starts the unit for the port of that name", () => {
  const [line = "", ...more] = rule.split("\n").filter((text) => text !== "" && !text.startsWith("#"));
  assert.deepEqual(more, []);
  assert.ok(line.includes(`ATTR{name}=="${VIRTIO_PATH.split("/").pop()}"`), line);
  assert.ok(line.includes('TAG+="systemd"'), line);
  assert.ok(line.includes('ENV{SYSTEMD_WANTS}+="guestwire-agent.service"'), line);
});

test("docs/guest.md installs the files that there are, where the unit looks for them", () => {
  const installed = [...page.matchAll(/^ {4}install (?:-D )?-m 644 package\/(\S+) (\S+)$/gm)];
  assert.equal(installed.length, 3);
  for (const [, file = ""] of installed) read(file);
  assert.deepEqual(
    installed.map(([, , to]) => to),
    [INSTALLED, "/etc/systemd/system/", "/etc/udev/rules.d/"],
  );
  assert.ok(page.includes(VIRTIO_PATH));
  assert.ok(page.includes(`<target type='virtio' name='${VIRTIO_PATH.split("/").pop()}'/>`));
});

test("every command line of docs/guest.md that starts an agent is one", async (t) => {
  const lines = [...page.matchAll(/node \/usr\/lib\/guestwire\/guestwire-agent\.mjs agent[^`\n]*/g)].map(
    ([line]) => line,
  );
  const starts = lines.filter((line) => !line.endsWith("--help"));
  assert.ok(starts.length >= 3);
  for (const line of starts) {
    const serial = line.includes("isa-serial");
    assert.match(
      await configured(t, line),
      serial ? /^method=isa-serial\npath=\/dev\/ttyS1$/m : /^method=virtio-serial$/m,
    );
  }
});
