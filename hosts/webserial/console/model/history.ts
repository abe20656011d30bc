// The calls that were made, across reloads where the browser lets pages keep something.

import { Notifier } from "./notifier.ts";

/** What this needs of a Storage. */
export interface StorageLike {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface HistoryEntry {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly command: string;
  /** The arguments as JSON; empty where there were none. */
  readonly text: string;
}

/** Entries that are kept, and the characters of arguments beyond which a call is not. */
const MOST = 200;
const LONGEST = 10_000;

export class History extends Notifier {
  /** The newest first. */
  entries: readonly HistoryEntry[];
  private readonly key: string;
  private readonly storage: () => StorageLike;
  /** What is stored is not what was to be: the page's own entries count. */
  private isBehind = false;

  /** `storage` may throw, as `localStorage` does where it is forbidden; then the history lasts as long as the page. */
  constructor(key: string, storage: () => StorageLike) {
    super();
    this.key = key;
    this.storage = storage;
    this.entries = this.load();
  }

  /** Puts a call first. One that is there already moves. */
  add(entry: HistoryEntry): void {
    if (entry.text.length > LONGEST) return;
    // Another tab may have written meanwhile.
    const known = this.isBehind ? this.entries : this.load();
    const others = known.filter(({ command, text }) => command !== entry.command || text !== entry.text);
    this.keep([entry, ...others].slice(0, MOST), (storage, text) => storage.setItem(this.key, text));
  }

  clear(): void {
    this.keep([], (storage) => storage.removeItem(this.key));
  }

  private keep(entries: readonly HistoryEntry[], store: (storage: StorageLike, text: string) => void): void {
    this.entries = entries;
    try {
      store(this.storage(), JSON.stringify(entries));
      this.isBehind = false;
    } catch {
      // Forbidden or full: it lasts as long as the page.
      this.isBehind = true;
    }
    this.changed();
  }

  private load(): readonly HistoryEntry[] {
    try {
      const stored: unknown = JSON.parse(this.storage().getItem(this.key) ?? "[]");
      return Array.isArray(stored) ? stored.filter(isEntry).slice(0, MOST) : [];
    } catch {
      return [];
    }
  }
}

function isEntry(value: unknown): value is HistoryEntry {
  if (typeof value !== "object" || value === null) return false;
  const { time, command, text } = value as Record<string, unknown>;
  return typeof time === "number" && typeof command === "string" && typeof text === "string";
}
