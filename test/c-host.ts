// The C host, built where that can be. In CI it must be.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { CI } from "./ci.ts";

/** Where its sources are. */
export const C_FOLDER = join(import.meta.dirname, "../hosts/wasm/c");
const BUILD = join(C_FOLDER, "build");

const TOOLS = ["make", "cc", "wasm2c", "flock"];
const missing = TOOLS.filter((tool) => spawnSync(tool, ["--version"]).status !== 0);

/** Why it cannot be built here; undefined where it can. */
export const whyNoCHost =
  missing.length > 0 ? `${missing.join(", ")} not installed (Debian: make, gcc, wabt, util-linux)` : undefined;

/** Why tests of it are skipped; false where they are not. */
export const skipCHost: string | false = whyNoCHost ?? false;
if (skipCHost && CI) throw new Error(`the C host cannot be tested: ${skipCHost}`);

/** Runs make in the C host's folder. Throws with what it printed. */
export function make(...args: string[]): void {
  execFileSync("make", ["-s", "-C", C_FOLDER, ...args], { stdio: "pipe" });
}

/** Builds the program, or the one with sanitizers, unless that has been done; test files may do so at the same time. Returns its path. */
export function buildCHost(which: "plain" | "sanitized" = "plain"): string {
  mkdirSync(BUILD, { recursive: true });
  const target = which === "plain" ? "all" : "sanitize";
  execFileSync("flock", [join(BUILD, ".lock"), "make", "-s", "-C", C_FOLDER, target], { stdio: "pipe" });
  return join(BUILD, which === "plain" ? "guestwire-agent" : "guestwire-agent-san");
}
