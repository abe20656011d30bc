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
  removeItem(key: string): void;
}

const KEY = "guestwire-token";
const TOKEN = /^#token=([\w.~-]+)$/;

/**
 * The token in the address; empty where there is none. Out of the address, so that it is neither shown nor bookmarked, and into
 * the tab's own storage, so that a reload finds it. It is the server's as long as that runs.
 */
export function takeToken(location: LocationLike, history: HistoryLike, storage: () => StorageLike): string {
  const found = TOKEN.exec(location.hash)?.[1];
  if (found === undefined) return "";
  history.replaceState(null, "", location.pathname + location.search);
  attempted(() => storage().setItem(KEY, found));
  return found;
}

/** The one that was kept; empty where there is none. It can be of a server that ran before. */
export function storedToken(storage: () => StorageLike): string {
  return attempted(() => storage().getItem(KEY)) ?? "";
}

/** For one that the server does not take. */
export function forgetToken(storage: () => StorageLike): void {
  attempted(() => storage().removeItem(KEY));
}

/** Storage can be forbidden. */
function attempted<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
