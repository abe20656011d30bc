// The bridge's token comes in the fragment of the address, which browsers send to nobody.

/** What this needs of `location`, `history` and `sessionStorage`. */
export interface LocationLike {
  readonly hash: string;
  readonly pathname: string;
  readonly search: string;
}
export interface HistoryLike {
  replaceState(data: unknown, unused: string, url: string): void;
}
export interface StorageLike {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const KEY = "guestwire-token";
const TOKEN = /^#token=([\w.~-]+)$/;

/**
 * The token; empty where there is none. Out of the address, so that it is neither shown nor bookmarked, and into the tab's own
 * storage, so that a reload finds it. It is the server's as long as that runs; a page that it served before cannot use it.
 */
export function takeToken(location: LocationLike, history: HistoryLike, storage: () => StorageLike): string {
  const found = TOKEN.exec(location.hash)?.[1];
  if (found === undefined) return attempted(() => storage().getItem(KEY)) ?? "";
  history.replaceState(null, "", location.pathname + location.search);
  attempted(() => storage().setItem(KEY, found));
  return found;
}

/** Storage can be forbidden. */
function attempted<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
