// The package as somebody gets it, without a network.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

export const ROOT = join(import.meta.dirname, "../..");

/** A program of the repository's development dependencies. */
export function tool(name: string): string {
  return join(ROOT, "node_modules/.bin", name);
}

/** Runs a program and returns what it prints. A failure shows both of its outputs. */
export async function run(
  file: string,
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<string> {
  const outcome = await promisify(execFile)(file, args, options).catch(
    (error: Error & { stdout: string; stderr: string }) => {
      throw new Error(`${error.message}\n${error.stdout}${error.stderr}`, { cause: error });
    },
  );
  return outcome.stdout;
}

/**
 * Runs npm in a folder, without a network, with a cache of its own. Returns what it prints. Under `npm test` the settings of
 * that npm are in the environment, and those of its test runner: they are kept from it.
 */
export function npm(args: readonly string[], options: { cwd: string; cache: string }): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_TEST)/i.test(name)));
  return run("npm", [...args, "--offline", "--cache", options.cache], { cwd: options.cwd, env });
}

/** Makes a package of the repository's one of a folder. */
export function link(name: string, folder: string): void {
  const target = join(folder, "node_modules", name);
  mkdirSync(join(target, ".."), { recursive: true });
  symlinkSync(join(ROOT, "node_modules", name), target, "dir");
}

/** Packs the package and installs it, with its two dependencies, in a folder. Returns the files that were packed. */
export async function install(folder: string): Promise<readonly string[]> {
  const options = ["--json", "--ignore-scripts", "--pack-destination", folder];
  const printed = await npm(["pack", ...options], { cwd: ROOT, cache: join(folder, "cache") });
  const [tarball] = JSON.parse(printed) as { filename: string; files: { path: string }[] }[];
  assert.ok(tarball);
  await run("tar", ["-xzf", tarball.filename], { cwd: folder });
  for (const name of ["tsyringe", "reflect-metadata"]) link(name, folder);
  renameSync(join(folder, "package"), join(folder, "node_modules/guestwire"));
  return tarball.files.map(({ path }) => path);
}
