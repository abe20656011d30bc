// WebAssembly as the benchmark calls it; Node's type library does not have it.

import { readFileSync } from "node:fs";
import type { wasmFrom } from "guestwire/wasm";

export type WasmModule = Parameters<typeof wasmFrom>[0];

interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (module: WasmModule) => { readonly exports: unknown };
}

const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;

/** A module of the build. */
export function moduleOf(name: "agent" | "agent-simd"): WasmModule {
  return new Module(readFileSync(new URL(`../../dist/${name}.wasm`, import.meta.url)));
}

/** The exports of a new instance. */
export function instantiate(module: WasmModule): unknown {
  return new Instance(module).exports;
}
