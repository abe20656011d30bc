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

export class Observers {
  /** Each as it was added: one that was added twice is two. */
  private readonly entries = new Set<{ readonly observer: Observer }>();

  /** Returns what ends it. */
  add(observer: Observer): () => void {
    const entry = { observer };
    this.entries.add(entry);
    return () => this.entries.delete(entry);
  }

  /** Tells all, in order, when what is going on is done: whoever calls the client from there finds it in one piece. */
  tell(event: ClientEvent): void {
    for (const entry of this.entries) {
      void Promise.resolve()
        .then(() => (this.entries.has(entry) ? entry.observer(event) : undefined))
        // One that fails is no reason for a client to.
        .catch(() => {});
    }
  }
}
