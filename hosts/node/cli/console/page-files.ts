// What the page's server gives by its paths, decoded: the files of the page, what it asks, and the modules of plugins.

import { readFileSync, readdirSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Mistake } from "../mistake.ts";

/** A file as it is served. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
}

const SCRIPT = "text/javascript; charset=utf-8";
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": SCRIPT,
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

/** The page's files by their paths. Throws a Mistake where they are not there: in the agent's one file. */
export function pageFiles(): Map<string, PageFile> {
  const files = new Map<string, PageFile>();
  try {
    const folder = fileURLToPath(new URL("dist/console/", import.meta.resolve("guestwire/package.json")));
    for (const name of readdirSync(folder)) {
      const type = TYPES[extname(name)];
      if (type !== undefined) files.set(`/${name}`, { type, bytes: readFileSync(join(folder, name)) });
    }
  } catch (error) {
    throw new Mistake("the console's page is not here; install the package guestwire, whose command line has it", {
      cause: error,
    });
  }
  const index = files.get("/index.html");
  if (index !== undefined) files.set("/", index);
  return files;
}

/** What the page asks its server: whether there is a bridge. */
export function bridgeFile(hasBridge: boolean): Map<string, PageFile> {
  const bytes = Buffer.from(`${JSON.stringify({ bridge: hasBridge })}\n`);
  return new Map([["/bridge.json", { type: "application/json", bytes }]]);
}

/**
 * Plugins as modules for the page's agent, by their paths. They are read when the server starts. Throws a Mistake where one
 * cannot be read, or two have one name.
 */
export function pluginFiles(paths: readonly string[]): Map<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const path of paths) {
    const address = `/plugins/${basename(path)}`;
    if (files.has(address)) throw new Mistake(`two plugins have the file name ${basename(path)}; rename one`);
    files.set(address, { type: SCRIPT, bytes: readPlugin(path) });
  }
  return files;
}

function readPlugin(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Mistake(`the plugin ${path} cannot be read (${code}); name a file`, { cause: error });
  }
}
