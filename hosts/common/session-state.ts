// What commands keep for one peer, as long as both it and their plugin are there.

import { attempt } from "./promises.ts";

/** A plugin whose commands keep something. */
export interface StateOwner {
  readonly name: string;
  /** Its last call is over, and nothing is kept for it any more. */
  readonly isOver: boolean;
}

/** Is told what a disposer of that plugin throws. */
export type DisposerFailed = (owner: StateOwner, error: unknown) => void;

interface Kept {
  readonly value: unknown;
  readonly dispose: (() => unknown) | undefined;
}

export class SessionState {
  /** The number of the session. */
  readonly id: number;
  private readonly failed: DisposerFailed;
  private readonly kept = new Map<StateOwner, Map<unknown, Kept>>();
  private isOver = false;

  constructor(id: number, failed: DisposerFailed) {
    this.id = id;
    this.failed = failed;
  }

  /** What the plugin keeps under this key, which is its own: two plugins do not see each other's. */
  state<T>(owner: StateOwner, key: unknown, create: () => T, dispose?: (value: T) => unknown): T {
    const found = this.kept.get(owner)?.get(key);
    if (found !== undefined) return found.value as T;
    const value = create();
    const entry = { value, dispose: dispose === undefined ? undefined : () => dispose(value) };
    if (this.kept.get(owner)?.has(key) === true) {
      this.dispose(owner, entry);
      throw new Error("create asked for the state that it was to make");
    }
    // The peer, or the plugin, may have gone under a command that goes on.
    if (this.isOver || owner.isOver) {
      this.dispose(owner, entry);
    } else {
      const own = this.kept.get(owner) ?? new Map<unknown, Kept>();
      this.kept.set(owner, own.set(key, entry));
    }
    return value;
  }

  /** The peer is gone. */
  end(): void {
    this.isOver = true;
    for (const owner of this.kept.keys()) this.endOf(owner);
  }

  /** The plugin is gone. */
  endOf(owner: StateOwner): void {
    const own = this.kept.get(owner);
    this.kept.delete(owner);
    for (const entry of own?.values() ?? []) this.dispose(owner, entry);
  }

  private dispose(owner: StateOwner, { dispose }: Kept): void {
    if (dispose !== undefined) attempt(dispose, (error) => this.failed(owner, error));
  }
}
