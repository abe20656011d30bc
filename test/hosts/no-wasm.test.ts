// Where WebAssembly is not to be had: an address-space limit leaves no room for its memory, V8 without a compiler has none.
// What a Content-Security-Policy does is in test/package/bundles.test.ts.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readmeBlock } from "../readme.ts";
import { CLI, Client, Program, ROOT, temporaryFolder } from "./rig.ts";

/** KiB of address space: enough for Node, too little for the range that it reserves for a WebAssembly memory. */
const LIMIT_KIB = 8_000_000;

/** Ways to start Node without WebAssembly, and the reason that is given then. */
const WAYS: readonly (readonly [name: string, reason: RegExp, command: readonly string[]])[] = [
  [
    "an address-space limit",
    /Out of memory/,
    ["sh", "-c", `ulimit -v ${LIMIT_KIB} && exec "$@"`, "sh", process.execPath],
  ],
  ["no WebAssembly at all", /WebAssembly is not defined/, [process.execPath, "--jitless"]],
];

const NOT_TO_BE_HAD = /^WebAssembly is not to be had here \((.*)\); use the js engine$/;

const ASK = `
agent.serve({
  start: (receiver) => receiver.data(new TextEncoder().encode('{"execute":"guest-ping"}')),
  write: (bytes) => console.log(core.name, new TextDecoder().decode(bytes).trim()),
  pause() {},
  async close() {},
});
await agent.close();
`;

const ERRORS = `
import { createAgent } from "guestwire";
import { loadWasm, wasm } from "guestwire/wasm";
const tell = ({ name, code, message }) => console.log(JSON.stringify([name, code, message]));
try {
  createAgent({ core: wasm });
} catch (error) {
  tell(error);
}
await loadWasm().catch(tell);
`;

async function script(t: TestContext, command: readonly string[], text: string): Promise<string> {
  const [file = "", ...args] = [...command, "--input-type=module", "-e", text];
  const { status, stdout, stderr } = await new Program(t, file, args, { cwd: ROOT }).ended;
  assert.equal(status, 0, stderr);
  return stdout;
}

test("the lines of the README take the wasm engine where it runs", async (t) => {
  assert.equal(await script(t, [process.execPath], readmeBlock("loadWasm") + ASK), 'wasm-simd {"return": {}}\n');
});

/** Why a way is none: a newer V8 makes do with less address space. */
function isThere([file = "", ...args]: readonly string[]): string | false {
  const { status } = spawnSync(file, [...args, "-e", "new WebAssembly.Memory({ initial: 1 })"]);
  return status === 0 && `Node ${process.version} has WebAssembly all the same`;
}

for (const [name, reason, command] of WAYS) {
  const skip = isThere(command);

  test(`${name}: the lines of the README take the js engine`, { skip }, async (t) => {
    assert.equal(await script(t, command, readmeBlock("loadWasm") + ASK), 'js {"return": {}}\n');
  });

  test(`${name}: guestwire/wasm says so, synchronously and asynchronously`, { skip }, async (t) => {
    const told = (await script(t, command, ERRORS)).trim().split("\n");
    assert.equal(told.length, 2);
    for (const line of told) {
      const [errorName, code, message] = JSON.parse(line) as string[];
      assert.deepEqual([errorName, code], ["GuestwireError", "GW_ERR_WASM"]);
      assert.match(NOT_TO_BE_HAD.exec(message ?? "")?.[1] ?? "", reason);
    }
  });

  const start = (t: TestContext, ...args: string[]): Program => {
    const [file = "", ...rest] = [...command, CLI, "agent", ...args];
    return new Program(t, file, rest);
  };

  test(`${name}: on the command line the js engine takes over where none was asked for`, { skip }, async (t) => {
    const path = join(temporaryFolder(t), "socket");
    const program = start(t, "-m", "unix-listen", "-p", path, "-v");
    await program.until(() => program.stderr.includes("listening on"), "it listens");
    const client = await Client.connect(path);
    await client.ask('{"execute":"guest-ping"}');
    client.reset();
    program.kill("SIGTERM");
    const { status, stderr } = await program.ended;
    assert.equal(status, 0);
    assert.match(stderr, /warning: WebAssembly is not to be had here .*; use the js engine\n/);
    assert.match(stderr, /info: core js\n.*info: listening on .*\n/);
  });

  test(`${name}: on the command line the wasm engine by name is refused in one line`, { skip }, async (t) => {
    const path = join(temporaryFolder(t), "socket");
    const { status, stdout, stderr } = await start(t, "-m", "unix-listen", "-p", path, "--core", "wasm").ended;
    assert.deepEqual([status, stdout], [1, ""]);
    // With --jitless Node 20 has a line of its own to say.
    const lines = stderr.split("\n").filter((line) => !line.startsWith("Warning: disabling flag"));
    assert.match(lines.join("\n"), /^guestwire: WebAssembly is not to be had here .*; use the js engine\n$/);
  });
}
