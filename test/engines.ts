// What is tested: each engine as the package exports it, and the scalar module, which runs where SIMD does not. A debug
// build, where there is one, traps at an index that slips, which the others would read past.

import { existsSync, readFileSync } from "node:fs";
import type { Core } from "guestwire";
import { js } from "guestwire/core";
import { wasm, wasmFrom } from "guestwire/wasm";

function moduleAt(path: string): Core {
  return wasmFrom(new WebAssembly.Module(readFileSync(new URL(path, import.meta.url))));
}

/** The two engines under the package's names. */
export const ENGINES: readonly (readonly [name: string, core: Core])[] = [
  ["js", js],
  ["wasm", wasm],
];

const DEBUG = "../build/agent-debug.wasm";

/** All builds of the core. */
export const BUILDS: typeof ENGINES = [
  ...ENGINES,
  ["scalar wasm", moduleAt("../dist/agent.wasm")],
  ...(existsSync(new URL(DEBUG, import.meta.url)) ? [["debug wasm", moduleAt(DEBUG)] as const] : []),
];
