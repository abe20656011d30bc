// What `guestwire console` does: serves the page until a signal ends it.

import { checkSocketPath } from "../socket-file.ts";
import type { ConsoleFlags } from "./console-command.ts";
import { serveConsole } from "./console/serve.ts";
import { stopSignal } from "./stop-signal.ts";

/** Throws a Mistake where it cannot serve. */
export async function runConsole({ port, bridge, plugin }: ConsoleFlags): Promise<void> {
  if (bridge !== undefined) checkSocketPath(bridge);
  const stopped = stopSignal();
  const served = await serveConsole({ port, bridge, plugins: plugin });
  const ends = bridge === undefined ? "serial ports" : `serial ports and ${bridge}`;
  process.stdout.write(`The console, for ${ends}, is at\n\n  ${served.address}\n\n`);
  for (const path of served.plugins) process.stdout.write(`A plugin is at ${path}\n`);
  process.stdout.write("Ctrl-C ends it.\n");
  await stopped;
  await served.close();
}
