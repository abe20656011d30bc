// Runs a WASI command in Node: node --no-warnings run.mjs custom-wasi.wasm

import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { WASI } from "node:wasi";

// Node 20 and 22 may collect garbage inside a fast call of WASI, which ends in a crash. The plain way is safe.
setFlagsFromString("--no-turbo-fast-api-calls");

if (process.argv.length !== 3) {
  process.stderr.write("run.mjs: name one WASI command: node --no-warnings run.mjs custom-wasi.wasm\n");
  process.exit(2);
}

const wasi = new WASI({ version: "preview1", returnOnExit: true });
const module = new WebAssembly.Module(readFileSync(process.argv[2]));
process.exitCode = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
