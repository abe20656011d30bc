// The page that `guestwire console` serves: the element, connected to the bridge where the address has its token.

import type { ConsoleElement } from "../console/api.ts";
import { GuestwireConsole } from "../console/index.ts";
import { takeToken } from "./token.ts";

const element = document.querySelector("guestwire-console");
if (element instanceof GuestwireConsole) {
  connectToBridge(element);
  // The address that was printed can be opened anew in a tab that is connected with an older one.
  addEventListener("hashchange", () => connectToBridge(element));
}

/** Without a token the page was served without a bridge: it is for serial ports then. */
function connectToBridge(console: ConsoleElement): void {
  const token = takeToken(location, history, () => sessionStorage);
  if (token === "" || token === console.token) return;
  const { protocol, host } = location;
  console.bridge = `${protocol === "https:" ? "wss:" : "ws:"}//${host}/bridge`;
  console.token = token;
  void console.disconnect().then(() => console.connect());
}
