// Which of the two modules the wasm engine loads: the one with SIMD where it can run, the other where not. The engine's name
// is what it says; what it compiled is what counts.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createAgent } from "guestwire";
import { wasmFrom } from "guestwire/wasm";
import { MODULES } from "../engines.ts";
import { EXPORTS } from "../exports.ts";
import { Peer } from "../peer.ts";
import { Program, ROOT } from "./rig.ts";

/** Prints, for the synchronous and the asynchronous way, the engine's name and the files whose bytes were compiled. */
const OBSERVER = `
import { readFileSync } from "node:fs";

const files = ["agent.wasm", "agent-simd.wasm"].map((name) => [name, readFileSync("dist/" + name)]);
const compiled = [];
const note = (bytes) => compiled.push(files.find(([, file]) => file.equals(bytes))?.[0]);
const { Module, compile, validate } = WebAssembly;
WebAssembly.Module = class extends Module {
  constructor(bytes) {
    super(bytes);
    note(bytes);
  }
};
WebAssembly.compile = (bytes) => {
  note(bytes);
  return compile(bytes);
};
if (process.argv.includes("hide")) WebAssembly.validate = () => false;

const { createAgent } = await import("guestwire");
const { loadWasm, wasm } = await import("guestwire/wasm");
const before = compiled.length;
createAgent({ core: wasm });
createAgent({ core: wasm });
const loaded = await loadWasm();
createAgent({ core: loaded });
console.log(JSON.stringify({ before, names: [wasm.name, loaded.name], compiled, simd: validate(files[1][1]) }));
`;

async function observe(t: TestContext, options: readonly string[], ...args: string[]): Promise<unknown> {
  const { status, stdout, stderr } = await new Program(
    t,
    process.execPath,
    [...options, "--input-type=module", "-e", OBSERVER, ...args],
    { cwd: ROOT },
  ).ended;
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

const WITH_SIMD = { names: ["wasm-simd", "wasm-simd"], compiled: ["agent-simd.wasm", "agent-simd.wasm"] };
const WITHOUT = { names: ["wasm", "wasm"], compiled: ["agent.wasm", "agent.wasm"] };

test("with SIMD it is agent-simd.wasm, compiled once, when the first agent starts", async (t) => {
  assert.deepEqual(await observe(t, []), { before: 0, ...WITH_SIMD, simd: true });
});

test("without SIMD it is agent.wasm", async (t) => {
  assert.deepEqual(await observe(t, [], "--", "hide"), { before: 0, ...WITHOUT, simd: true });
});

test(
  "on a processor without SIMD too",
  { skip: process.arch !== "x64" && "V8 needs SSE4.1 on x64 only" },
  async (t) => {
    assert.deepEqual(await observe(t, ["--no-enable-sse4-1"]), { before: 0, ...WITHOUT, simd: false });
  },
);

test("a module of the caller's is taken as it is; one that is no agent is refused", () => {
  for (const [, module] of MODULES) assert.equal(wasmFrom(module).name, "wasm");
  // Modules without anything, with an import, with gw_abi() = 2, and with gw_abi() = 1 and nothing else.
  const modules = [
    ["AGFzbQEAAAA=", /^the module is not an agent\.wasm for this package \(.*gw_abi is not a function\)$/],
    ["AGFzbQEAAAABBAFgAAACBwEBYQFiAAA=", /^the module is not an agent\.wasm for this package \(.*[Ii]mport.*\)$/],
    [
      "AGFzbQEAAAABBQFgAAF/AwIBAAcKAQZnd19hYmkAAAoGAQQAQQIL",
      /^the module is not an agent\.wasm for this package \(it has ABI 2, this engine speaks 1\)$/,
    ],
    [
      "AGFzbQEAAAABBQFgAAF/AwIBAAcKAQZnd19hYmkAAAoGAQQAQQEL",
      /^the module is not an agent\.wasm for this package \(it does not export memory, gw_room, .*, gw_log\)$/,
    ],
  ] as const;
  for (const [base64, message] of modules) {
    const core = wasmFrom(new WebAssembly.Module(Buffer.from(base64, "base64")));
    assert.throws(() => createAgent({ core }), { name: "GuestwireError", code: "GW_ERR_WASM", message });
  }
  assert.throws(() => createAgent({ core: wasmFrom({}) }), { code: "GW_ERR_WASM", message: /^the module is not / });
});

test("a module that lacks one export is refused before it serves anybody", () => {
  const file = readFileSync(join(ROOT, "dist/agent.wasm"));
  for (const name of EXPORTS) {
    const bytes = Uint8Array.from(file);
    // In the export section a name has its length before it.
    const at = file.indexOf(`${String.fromCharCode(name.length)}${name}`, 0, "latin1");
    assert.ok(at > 0, name);
    bytes[at + name.length] = "_".charCodeAt(0);
    const core = wasmFrom(new WebAssembly.Module(bytes));
    assert.throws(() => createAgent({ core, standard: false }).serve(new Peer()), {
      name: "GuestwireError",
      code: "GW_ERR_WASM",
      message:
        name === "gw_abi"
          ? /^the module is not an agent\.wasm .*gw_abi is not a function\)$/
          : `the module is not an agent.wasm for this package (it does not export ${name})`,
    });
  }
});
