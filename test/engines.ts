// What is tested: each engine as the package exports it, and the scalar module, which runs where SIMD does not. A debug
// build traps at an index that slips, which the others would read past; with `CI=true` it must be there.

import { existsSync, readFileSync } from "node:fs";
import type { Core } from "guestwire";
import { js } from "guestwire/core";
import { wasm, wasmFrom } from "guestwire/wasm";
import { CI } from "./ci.ts";

function moduleAt(path: string): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL(path, import.meta.url)));
}

function debugModule(): readonly (readonly [string, WebAssembly.Module])[] {
  const path = "../build/agent-debug.wasm";
  if (existsSync(new URL(path, import.meta.url))) return [["debug wasm", moduleAt(path)]];
  if (CI) throw new Error("build/agent-debug.wasm is missing: npm run build makes it");
  return [];
}

const SCALAR = ["scalar wasm", moduleAt("../dist/agent.wasm")] as const;
const DEBUG = debugModule();

/** The two engines under the package's names. */
export const ENGINES: readonly (readonly [name: string, core: Core])[] = [
  ["js", js],
  ["wasm", wasm],
];

/** All builds of the module. */
export const MODULES: readonly (readonly [name: string, module: WebAssembly.Module])[] = [
  ["simd wasm", moduleAt("../dist/agent-simd.wasm")],
  SCALAR,
  ...DEBUG,
];

/** All builds of the core. */
export const BUILDS: typeof ENGINES = [
  ...ENGINES,
  ...[SCALAR, ...DEBUG].map(([name, module]) => [name, wasmFrom(module)] as const),
];
