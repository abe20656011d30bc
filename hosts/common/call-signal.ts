// The signal of a call. Where a listener of a signal throws, Node ends the program: here that is said, and all goes on.

import type { CallSignal } from "../../plugins/api.ts";
import { attempt } from "./promises.ts";

type Listener = ((event: unknown) => unknown) | { handleEvent(event: unknown): unknown } | null;

/** What this needs of a signal, and the type libraries do not share. */
interface Target {
  onabort: Listener;
  addEventListener(type: string, listener: Listener, options?: unknown): void;
  removeEventListener(type: string, listener: Listener, options?: unknown): void;
}

/** Makes the signal when it is first asked for: most commands never do. */
export class CallAbort {
  private readonly failed: (error: unknown) => void;
  private controller: AbortController | undefined;
  private reason: Error | undefined;

  /** `failed` is told what a listener throws. */
  constructor(failed: (error: unknown) => void) {
    this.failed = failed;
  }

  get signal(): CallSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      guard(this.controller.signal as unknown as Target, this.failed);
      if (this.reason !== undefined) this.controller.abort(this.reason);
    }
    return this.controller.signal;
  }

  /** The first time counts. */
  abort(reason: string): void {
    this.reason ??= new Error(reason);
    this.controller?.abort(this.reason);
  }
}

/** Puts something between the signal and its listeners that catches what they throw. */
function guard(signal: Target, failed: (error: unknown) => void): void {
  const { addEventListener: add, removeEventListener: remove } = signal;
  const guards = new WeakMap<object, Listener>();
  const guarded = (listener: Listener): Listener => {
    if (listener === null || listener === undefined) return listener;
    const known = guards.get(listener);
    if (known !== undefined) return known;
    const made = (event: unknown): void => {
      attempt(
        () => (typeof listener === "function" ? listener.call(signal, event) : listener.handleEvent(event)),
        failed,
      );
    };
    guards.set(listener, made);
    return made;
  };
  let onabort: Listener = null;
  signal.addEventListener = (type, listener, options) => add.call(signal, type, guarded(listener), options);
  signal.removeEventListener = (type, listener, options) => remove.call(signal, type, guarded(listener), options);
  Object.defineProperty(signal, "onabort", {
    get: () => onabort,
    set(listener: Listener) {
      signal.removeEventListener("abort", onabort);
      onabort = typeof listener === "function" ? listener : null;
      signal.addEventListener("abort", onabort);
    },
  });
}
