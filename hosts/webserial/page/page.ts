// The page that `guestwire console` serves: the element, connected to the bridge where there is one and the page has its token.

import type { ConsoleElement } from "../console/api.ts";
import { GuestwireConsole } from "../console/index.ts";
import { forgetToken, storedToken, takeToken } from "./token.ts";

const storage = (): Storage => sessionStorage;

const element = document.querySelector("guestwire-console");
if (element instanceof GuestwireConsole) {
  void begin(element);
  // The address that was printed can be opened anew in a tab that is connected with an older one.
  addEventListener("hashchange", () => connectToBridge(element, takeToken(location, history, storage)));
  element.addEventListener("guestwire-refused", () => {
    element.token = "";
    forgetToken(storage);
  });
}

/** A token that was kept can be of a server that ran here before. */
async function begin(console: ConsoleElement): Promise<void> {
  const fresh = takeToken(location, history, storage);
  if (fresh !== "") return connectToBridge(console, fresh);
  const stored = storedToken(storage);
  if (stored === "") return;
  if (await hasBridge()) connectToBridge(console, stored);
  else forgetToken(storage);
}

async function hasBridge(): Promise<boolean> {
  try {
    const { bridge } = (await (await fetch("bridge.json")).json()) as { readonly bridge?: unknown };
    return bridge === true;
  } catch {
    return false;
  }
}

function connectToBridge(console: ConsoleElement, token: string): void {
  if (token === "" || token === console.token) return;
  const { protocol, host } = location;
  console.bridge = `${protocol === "https:" ? "wss:" : "ws:"}//${host}/bridge`;
  console.token = token;
  void console.disconnect().then(() => console.connect());
}
