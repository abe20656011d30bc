// Where WebAssembly is not to be had: an address-space limit leaves no room for its memory.

import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { CLI, Client, Program, temporaryFolder } from "./rig.ts";

/** KiB of address space: enough for Node, too little for the range that it reserves for a WebAssembly memory. */
const LIMIT_KIB = 8_000_000;

function startLimited(t: TestContext, ...args: string[]): Program {
  return new Program(t, "sh", [
    "-c",
    `ulimit -v ${LIMIT_KIB} && exec "$@"`,
    "sh",
    process.execPath,
    CLI,
    "agent",
    ...args,
  ]);
}

test("the js engine takes over where none was asked for", async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const program = startLimited(t, "-m", "unix-listen", "-p", path, "-v");
  await program.until(() => program.stderr.includes("listening on"), "it listens");
  const client = await Client.connect(path);
  await client.ask('{"execute":"guest-ping"}');
  client.reset();
  program.kill("SIGTERM");
  const { status, stderr } = await program.ended;
  assert.equal(status, 0);
  assert.match(stderr, /warning: WebAssembly is not to be had here .*; use the js engine\n/);
  assert.match(stderr, /info: listening on .*, core js\n/);
});

test("the wasm engine by name is refused in one line", async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const { status, stdout, stderr } = await startLimited(t, "-m", "unix-listen", "-p", path, "--core", "wasm").ended;
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /^guestwire: WebAssembly is not to be had here .*; use the js engine\n$/);
});
