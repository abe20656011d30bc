// Agent and client in a dedicated worker; in-worker.ts is its page.

import { actions } from "./actions.ts";
import { answer } from "./offer.ts";

addEventListener("message", async ({ data: [id, name, ...args] }: MessageEvent) => {
  try {
    postMessage([id, await answer(actions, name, args)]);
  } catch (error) {
    postMessage([id, undefined, (error as Error).message]);
  }
});
