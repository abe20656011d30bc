// The commands that the client has types for are QEMU's: against a list of them, and against qemu-ga.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CI } from "../ci.ts";
import { RealAgent, findRealAgent } from "../property/real-agent.ts";

interface Listed {
  readonly name: string;
  readonly since: string;
  /** It draws no success reply. */
  readonly silent: boolean;
}

/** The commands of QEMU 11.0 by the version that brought them. */
const SINCE: Readonly<Record<string, readonly string[]>> = {
  "0.15": [
    "sync",
    "ping",
    "info",
    "shutdown",
    "file-open",
    "file-close",
    "file-read",
    "file-write",
    "file-seek",
  ].concat(["file-flush", "fsfreeze-status", "fsfreeze-freeze", "fsfreeze-thaw"]),
  "1.1": ["sync-delimited", "suspend-disk", "suspend-ram", "suspend-hybrid", "network-get-interfaces"],
  "1.2": ["fstrim"],
  "1.5": ["get-time", "set-time", "get-vcpus", "set-vcpus"],
  "2.2": ["fsfreeze-freeze-list", "get-fsinfo"],
  "2.3": ["set-user-password", "get-memory-blocks", "set-memory-blocks", "get-memory-block-info"],
  "2.5": ["exec-status", "exec"],
  "2.10": ["get-host-name", "get-users", "get-timezone", "get-osinfo"],
  "5.2": ["get-disks", "get-devices", "ssh-get-authorized-keys", "ssh-add-authorized-keys"].concat([
    "ssh-remove-authorized-keys",
  ]),
  "7.1": ["get-diskstats", "get-cpustats"],
  "9.1": ["network-get-route"],
  "10.0": ["get-load"],
};

const SILENT = ["guest-shutdown", "guest-suspend-disk", "guest-suspend-ram", "guest-suspend-hybrid"];

const QEMU: readonly Listed[] = Object.entries(SINCE).flatMap(([since, names]) =>
  names.map((name) => ({ name: `guest-${name}`, since, silent: SILENT.includes(`guest-${name}`) })),
);

/** Those of the types. */
function typed(): Listed[] {
  const source = readFileSync(join(import.meta.dirname, "../../hosts/common/client/commands.ts"), "utf8");
  const [, members = ""] = /^export interface QgaCommands \{\n([^]*?)^\}/m.exec(source) ?? [];
  const found = [...members.matchAll(/^ {2}\/\*\* (.+)Since ([\d.]+)\. \*\/\n {2}"([a-z-]+)": \{([^]*?)\};$/gm)];
  assert.equal(found.length, members.match(/^ {2}"/gm)?.length);
  return found.map(([, text = "", since = "", name = "", type = ""]) => {
    const silent = /returns: void\b/.test(type);
    assert.equal(text.includes("No success reply."), silent, name);
    return { name, since, silent };
  });
}

/** Whether a version is not below another. */
function reaches(version: string, since: string): boolean {
  return version.localeCompare(since, "en", { numeric: true }) >= 0;
}

test("the types are those of QEMU 11.0", () => {
  assert.equal(QEMU.length, 44);
  const byName = (one: Listed, other: Listed): number => (one.name < other.name ? -1 : 1);
  assert.deepEqual(typed().toSorted(byName), QEMU.toSorted(byName));
});

const program = findRealAgent();
const missing = "qemu-ga is not installed (Debian package qemu-guest-agent)";
const skip = program === undefined && !CI ? missing : false;

test("qemu-ga has those of its version", { skip }, async (t) => {
  assert.ok(program !== undefined, missing);
  const agent = new RealAgent(program);
  t.after(() => agent.close());
  await agent.connect();
  const line = await agent.exchange('{"execute":"guest-info"}', "\n");
  const { return: info } = JSON.parse(line) as {
    return: { version: string; supported_commands: { name: string; "success-response": boolean }[] };
  };
  const has = new Map(info.supported_commands.map((command) => [command.name, !command["success-response"]]));
  // What is for another system may be left out.
  const expected = typed().filter(({ name, since }) =>
    name === "guest-get-devices" ? has.has(name) : reaches(info.version, since),
  );
  assert.deepEqual(has, new Map(expected.map(({ name, silent }) => [name, silent])));
});
