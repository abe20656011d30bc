// The page that `guestwire console` serves: the element, connected to the bridge where there is one and the page has its token.

import type { ConsoleElement } from "../console/api.ts";
import { GuestwireConsole } from "../console/index.ts";
import { forgetToken, storedToken, takeToken } from "./token.ts";

const storage = (): Storage => sessionStorage;

const element = document.querySelector("guestwire-console");
if (element instanceof GuestwireConsole) {
  void begin(element);
  // The address that was printed can be opened anew in a tab that has the page already.
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

/** Whatever the person has chosen and done before. A channel of an older token is closed; any other one is left alone. */
function connectToBridge(console: ConsoleElement, token: string): void {
  if (token === "") return;
  const isNew = token !== console.token;
  const { protocol, host } = location;
  console.tab = "console";
  console.bridge = `${protocol === "https:" ? "wss:" : "ws:"}//${host}/bridge`;
  console.token = token;
  void (isNew ? console.disconnect() : Promise.resolve()).then(() => console.connect());
}
