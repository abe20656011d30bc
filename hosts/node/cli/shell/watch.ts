// Tells when the agent goes and when it is back.

import { CallError } from "../../../common/client/index.ts";
import { inOneLine } from "../printable.ts";
import type { Shell } from "./shell.ts";

/**
 * Notes when the link is lost, and gets the client into step as soon as it is there again, so that this can be noted too.
 * Where a call failed or was given up, that says why the client is out of step.
 */
export function watchLink(shell: Shell): void {
  const { client, screen } = shell;
  let isLost = false;
  client.observe((event) => {
    if (event.type !== "state") return;
    if (event.state === "ready" && isLost) {
      isLost = false;
      screen.note("the agent is there again");
    } else if (event.state === "lost" && !isLost && !shell.hasGivenUp && !(event.error instanceof CallError)) {
      isLost = true;
      const why = event.error === undefined ? "" : ` (${inOneLine(event.error.message)})`;
      screen.note(`the agent is gone${why}; looking for it`);
      void client.sync({ timeoutMs: 0 }).catch(() => {});
    }
  });
}
