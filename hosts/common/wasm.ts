// guestwire/wasm: the wasm engine with its modules inlined. SIMD where the runtime has it.

import scalar from "../../dist/agent.wasm";
import simd from "../../dist/agent-simd.wasm";
import type { Core } from "./core.ts";
import { unusable, wasmCore } from "./wasm-core.ts";

export type { Core } from "./core.ts";

/** A compiled module: WebAssembly.Module where the type library knows it. Node's does not. */
export type WasmModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Module } } }
  ? Module
  : object;

/** The smallest module with a SIMD instruction: whether it is valid says whether SIMD is there. */
const SIMD_PROBE = "AGFzbQEAAAABBQFgAAF7AwIBAAoKAQgAQQD9D/1iCw==";

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

function hasSimd(): boolean {
  return typeof WebAssembly === "object" && WebAssembly.validate(bytesOf(SIMD_PROBE));
}

/** The name of the inlined module that runs here. */
const NAME = /* @__PURE__ */ hasSimd() ? "wasm-simd" : "wasm";

function inlined(): Uint8Array {
  return bytesOf(NAME === "wasm-simd" ? simd : scalar);
}

/**
 * The engine that runs agent-simd.wasm, or agent.wasm where there is no SIMD; its `name` says which. The module is compiled
 * when the first agent starts: createAgent throws GW_ERR_WASM where that may not be.
 */
export const wasm: Core = /* @__PURE__ */ wasmCore(NAME, () => new WebAssembly.Module(inlined()));

/**
 * The same engine, compiled without holding up the thread, and tried: it rejects with GW_ERR_WASM where WebAssembly is
 * missing, forbidden or without memory. So `await loadWasm().catch(() => js)` is an engine that runs.
 */
export async function loadWasm(): Promise<Core> {
  let module: WebAssembly.Module;
  try {
    module = await WebAssembly.compile(inlined());
  } catch (error) {
    throw unusable(error);
  }
  const core = wasmCore(NAME, () => module);
  core.start(() => {});
  return core;
}

/**
 * The engine over a module that the caller compiled, for runtimes that forbid compiling: agent.wasm, agent-simd.wasm, or an
 * agent of one's own with the same interface. createAgent throws GW_ERR_WASM where it is not one.
 */
export function wasmFrom(module: WasmModule): Core {
  return wasmCore("wasm", () => module);
}
