// Plugins that the command line names: found, loaded, and what is wrong with them told in one line.

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { resolve } from "import-meta-resolve";
import type { Plugin } from "../../../plugins/api.ts";
import { textOf } from "../../common/errors.ts";
import { fullPath, workingFolder } from "./full-path.ts";
import { Mistake } from "./mistake.ts";

/** What names a file, and not a package. */
const PATH = /^(\.{0,2}\/|\.{1,2}$)/;
/** Where an error came from, as its stack has it: before the error where it is one of syntax, behind it else. */
const PLACE = /(?:^|file:\/\/|\()(\/[^\n]*?\.[cm]?[jt]sx?):(\d+)/;

/**
 * The address of a plugin's module: of a file, should it be there or not, or of a package, from the working directory or
 * else from this one. Throws a Mistake where there is no such package.
 */
export function pluginAddress(name: string): string {
  if (name === "") throw new Mistake("name a plugin: --plugin ./FILE or --plugin PACKAGE");
  if (PATH.test(name)) return pathToFileURL(fullPath(name)).href;
  const here = pathToFileURL(join(workingFolder() ?? "/", "plugin")).href;
  const failures: NodeJS.ErrnoException[] = [];
  for (const from of [here, import.meta.url]) {
    try {
      return resolve(name, from);
    } catch (error) {
      failures.push(error as NodeJS.ErrnoException);
    }
  }
  const known = failures.find(({ code }) => code !== "ERR_MODULE_NOT_FOUND");
  if (known !== undefined) throw new Mistake(`plugin ${name} cannot be found: ${known.message}`);
  const hint = existsSync(name) ? `for the file use --plugin ./${name}` : `install it, or name a file: ./${name}`;
  throw new Mistake(`there is no package ${name}; ${hint}`);
}

interface Module {
  readonly default?: unknown;
}

/** The plugins of these modules, in order. Throws a Mistake where one cannot be loaded, or has none. */
export async function loadPlugins(names: readonly string[]): Promise<Plugin[]> {
  const sources = new Map<Plugin, string>();
  for (const name of names) {
    for (const plugin of pluginsIn(name, await load(name))) {
      const before = sources.get(plugin);
      if (before !== undefined) throw new Mistake(`${before} and ${name} are one plugin: name it once`);
      sources.set(plugin, name);
    }
  }
  return [...sources.keys()];
}

/** What the module exports by default; where a compiler made CommonJS of it, that is one level further down. */
async function load(name: string): Promise<unknown> {
  const address = pluginAddress(name);
  if (address.startsWith("file:")) {
    const file = fileURLToPath(address);
    const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
    if (!isFile) throw new Mistake(`there is no plugin ${name}: ${file} is no file`);
  }
  let stuck = (): void => {};
  try {
    const idle = new Promise<never>((_, reject) => {
      stuck = () => reject(new Error("it waits at its top level for what never comes"));
    });
    process.once("beforeExit", stuck);
    const { default: exported } = (await Promise.race([import(address), idle])) as Module;
    return isCompiled(exported) ? exported.default : exported;
  } catch (error) {
    throw new Mistake(`plugin ${name} cannot be loaded: ${reasonOf(error)}`, { cause: error });
  } finally {
    process.removeListener("beforeExit", stuck);
  }
}

function isCompiled(exported: unknown): exported is Module {
  return typeof exported === "object" && exported !== null && "__esModule" in exported;
}

function pluginsIn(name: string, exported: unknown): Plugin[] {
  const plugins: unknown[] = Array.isArray(exported) ? exported : [exported];
  if (plugins.length > 0 && plugins.every(isPlugin)) return plugins;
  throw new Mistake(
    `there is no plugin in ${name}: its default export must be what definePlugin returns, or a list of it`,
  );
}

/** Whether it looks like one; what is wrong with it the agent says. */
function isPlugin(value: unknown): value is Plugin {
  return typeof value === "object" && value !== null && "name" in value;
}

/** What was thrown, and where, should that be known: of a module's syntax Node does not say. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `it threw ${textOf(error)}`;
  if ((error as NodeJS.ErrnoException).code === "ERR_UNKNOWN_FILE_EXTENSION" && /"\.[cm]?tsx?"/.test(error.message)) {
    return `Node ${process.versions.node} does not run TypeScript; compile it, or take Node 22.18 or newer`;
  }
  const [, path = "", line] = PLACE.exec(error.stack?.replace(error.message, "") ?? "") ?? [];
  const isKnown = path !== "" && path !== fileURLToPath(import.meta.url);
  return isKnown ? `${textOf(error)} (${path}:${line})` : textOf(error);
}
