// What commands keep for one peer, as long as it is there.

import type { SessionContext } from "../../plugins/api.ts";

interface Kept {
  readonly value: unknown;
  readonly dispose: (() => void) | undefined;
}

export class SessionState implements SessionContext {
  readonly id: number;
  private readonly kept = new Map<symbol | object, Kept>();
  private isOver = false;

  constructor(id: number) {
    this.id = id;
  }

  state<T>(key: symbol | object, create: () => T, dispose?: (value: T) => void): T {
    const found = this.kept.get(key);
    if (found !== undefined) return found.value as T;
    const value = create();
    const end = dispose === undefined ? undefined : () => dispose(value);
    // The peer may have gone under a command that goes on.
    if (this.isOver) end?.();
    else this.kept.set(key, { value, dispose: end });
    return value;
  }

  /** The peer is gone. `failed` is told what a disposer throws. */
  end(failed: (error: unknown) => void): void {
    this.isOver = true;
    const kept = [...this.kept.values()];
    this.kept.clear();
    for (const { dispose } of kept) {
      try {
        dispose?.();
      } catch (error) {
        failed(error);
      }
    }
  }
}
