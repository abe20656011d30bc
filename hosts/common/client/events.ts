// What those who look on are told.

/**
 * `syncing`: finding the way into step with the agent. `ready`: in step. `lost`: out of step, or without a link; the next
 * call synchronises first. `closed`: for good.
 */
export type ClientState = "syncing" | "ready" | "lost" | "closed";

export type ClientEvent =
  /** `error` says why, where it is known. */
  | { readonly type: "state"; readonly state: ClientState; readonly error?: Error }
  /** A reply came to a call that had been given up; it reached nobody else. */
  | { readonly type: "late"; readonly id: string };

export type Observer = (event: ClientEvent) => void;
