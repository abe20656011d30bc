// Those who look on, and are told what happens.

export class Observers<Event> {
  /** Each as it was added: one that was added twice is two. */
  private readonly entries = new Set<{ readonly observer: (event: Event) => void }>();

  /** Returns what ends it. */
  add(observer: (event: Event) => void): () => void {
    const entry = { observer };
    this.entries.add(entry);
    return () => this.entries.delete(entry);
  }

  /** Tells all, in order, when what is going on is done: whoever calls back from there finds things in one piece. */
  tell(event: Event): void {
    for (const entry of this.entries) {
      void Promise.resolve()
        .then(() => (this.entries.has(entry) ? entry.observer(event) : undefined))
        // One that fails is no reason for others to.
        .catch(() => {});
    }
  }
}
