// Which files plugins are made of, and whether they change: each plugin's module, what it imports by a relative path, and so
// on. That is read from the source, so that it is known of a plugin that does not load as well.

import { type Stats, readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** How often the files are looked at, in milliseconds. */
const LOOK_MS = 200;

/** `from "./x.js"`, `import "./x.js"`, `import("./x.js")`, `require("./x")`. One in a comment does no harm. */
const IMPORT = /\b(?:from|import|require)\s*\(?\s*["'](\.{1,2}\/[^"'\n]+)["']/g;
/** What `require` lets one leave out. */
const ENDINGS = ["", ".js", ".cjs", ".json", "/index.js"];

export class PluginFiles {
  private readonly paths: readonly string[];
  private readonly before: string;

  /** The files of the modules with these addresses, as they are now; they need not be there. */
  constructor(addresses: readonly string[]) {
    this.paths = filesOf(addresses.filter((address) => address.startsWith("file:")));
    this.before = this.look();
  }

  /** Settles when one has changed, and two looks were alike: whoever writes them is done. */
  async changed(): Promise<void> {
    for (let last = this.before; ;) {
      await sleep(LOOK_MS);
      const now = this.look();
      if (now === last && now !== this.before) return;
      last = now;
    }
  }

  private look(): string {
    const files = this.paths.map(statOf);
    return files.map((file) => (file === undefined ? "" : `${file.ino} ${file.size} ${file.mtimeMs}`)).join();
  }
}

function filesOf(addresses: readonly string[]): string[] {
  const found = new Set<string>();
  const open = [...addresses];
  for (let url = open.pop(); url !== undefined; url = open.pop()) {
    const path = pathOf(url);
    if (path === undefined || found.has(path)) continue;
    found.add(path);
    for (const [, name = ""] of sourceOf(path).matchAll(IMPORT)) open.push(meant(new URL(name, url).href));
  }
  return [...found];
}

/** The address of the file that is there, or else as it was written. */
function meant(url: string): string {
  return ENDINGS.map((ending) => url + ending).find((each) => statOf(pathOf(each) ?? "")?.isFile()) ?? url;
}

/** The file with this address; undefined where no file can have it, as `./%s` in a comment. */
function pathOf(url: string): string | undefined {
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function sourceOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
