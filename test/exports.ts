// The interface of agent.wasm, as those call it who embed it without this package.

/** Its functions, in order. What is here is frozen with the first release (docs/wasm.md). */
export const FUNCTIONS = [
  "gw_abi",
  "gw_add_builtin",
  "gw_add_command",
  "gw_arguments",
  "gw_close",
  "gw_command",
  "gw_complete",
  "gw_count",
  "gw_data",
  "gw_disable",
  "gw_drained",
  "gw_enable",
  "gw_fail",
  "gw_feed",
  "gw_flags",
  "gw_freeze",
  "gw_limit",
  "gw_log",
  "gw_open",
  "gw_output",
  "gw_pending",
  "gw_remove",
  "gw_room",
  "gw_stopped",
  "gw_thaw",
  "gw_trim",
  "gw_version",
] as const;

/** All that it exports, in order. */
export const EXPORTS: readonly string[] = [...FUNCTIONS, "memory"];

export type Export = (...numbers: number[]) => number;
export type Exports = Readonly<Record<(typeof FUNCTIONS)[number], Export>> & { readonly memory: WebAssembly.Memory };
