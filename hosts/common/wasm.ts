// guestwire/wasm: the wasm engine with its modules inlined. SIMD where the runtime has it.

import scalar from "../../dist/agent.wasm";
import simd from "../../dist/agent-simd.wasm";
import type { Core } from "./core.ts";
import { wasmCore } from "./wasm-core.ts";

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

/** The engine that runs agent.wasm. It is compiled when the first agent starts; that throws GW_ERR_WASM where it may not. */
export const wasm: Core = wasmCore(
  () => new WebAssembly.Module(bytesOf(WebAssembly.validate(bytesOf(SIMD_PROBE)) ? simd : scalar)),
);

/** The same engine over a module that the caller compiled: agent.wasm, or an agent of one's own with the same interface. */
export function wasmFrom(module: WasmModule): Core {
  return wasmCore(() => module);
}
