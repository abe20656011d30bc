// What models are made of: something that changes, and those who want to know.

export class Notifier {
  private readonly observers = new Set<() => void>();

  /** Calls the observer after each change; returns what ends it. */
  observe(observer: () => void): () => void {
    // Each as it was added: one that was added twice is two.
    const entry = (): void => observer();
    this.observers.add(entry);
    return () => this.observers.delete(entry);
  }

  protected changed(): void {
    for (const observer of this.observers) observer();
  }
}
