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
  private readonly observers = new Set<Observer>();

  /** Returns what ends it. */
  add(observer: Observer): () => void {
    this.observers.add(observer);
    return () => this.observers.delete(observer);
  }

  /** Tells all, in order, when what is going on is done: whoever calls the client from there finds it in one piece. */
  tell(event: ClientEvent): void {
    for (const observer of this.observers) {
      void Promise.resolve(event)
        .then(observer)
        // One that fails is no reason for a client to.
        .catch(() => {});
    }
  }
}
