// The console's page with its bridge, as `guestwire console` and `npm start` serve it.

import { Bridge } from "./bridge.ts";
import { bridgeFile, pageFiles, pluginFiles } from "./page-files.ts";
import { Site } from "./site.ts";

export interface ConsoleOptions {
  /** 1 to 65535. */
  readonly port?: number | undefined;
  /** The path of the unix socket that the page may speak to. */
  readonly bridge?: string | undefined;
  /** Files of plugins for the page's agent. */
  readonly plugins?: readonly string[] | undefined;
}

export interface ServedConsole {
  /** What to open, with the bridge's token. */
  readonly address: string;
  /** The paths of the plugins' modules, encoded. */
  readonly plugins: readonly string[];
  close(): Promise<void>;
}

/** Serves the page. Throws a Mistake where it cannot. */
export async function serveConsole({ port, bridge: path, plugins = [] }: ConsoleOptions): Promise<ServedConsole> {
  const modules = pluginFiles(plugins);
  const files = new Map([...pageFiles(), ...bridgeFile(path !== undefined), ...modules]);
  const bridge = path === undefined ? undefined : new Bridge(path);
  const site = await Site.open(files, port, bridge?.upgrade);
  return {
    // Browsers keep what is behind # to themselves.
    address: `${site.origin}/${bridge === undefined ? "" : `#token=${bridge.token}`}`,
    plugins: [...modules.keys()].map((name) => name.split("/").map(encodeURIComponent).join("/")),
    async close() {
      await bridge?.close();
      await site.close();
    },
  };
}
