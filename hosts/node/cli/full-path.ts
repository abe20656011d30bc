// Paths in full: a daemon's working directory changes.

import { isAbsolute, resolve } from "node:path";
import { Mistake } from "./mistake.ts";

/** Undefined where it was removed. */
export function workingFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** Throws a Mistake on a relative path where there is no folder that it counts from. */
export function fullPath(path: string, folder: string | undefined = workingFolder()): string {
  if (folder !== undefined || isAbsolute(path)) return resolve(folder ?? "/", path);
  throw new Mistake(`the working directory was removed; change to another one, or name ${path} in full`);
}
