// The engines by name. Each is loaded only when it is asked for.

import type { Core } from "../../common/index.ts";

export const ENGINES = {
  js: async (): Promise<Core> => (await import("../../common/js-core.ts")).js,
  wasm: async (): Promise<Core> => (await import("../../common/wasm.ts")).wasm,
};

export type EngineName = keyof typeof ENGINES;

/** The faster one, as the benchmark measured it. Where WebAssembly is not to be had, the other one takes its place. */
export const DEFAULT_ENGINE: EngineName = "wasm";
