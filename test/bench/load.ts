// The load generator: compiled from load.c, run against a socket.

import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { atEnd } from "./cleanup.ts";

/** What it does; load.c describes them. */
export type Load =
  { readonly mode: "alone" | "pipelined" } | { readonly mode: "echo"; /** Of the string. */ readonly bytes: number };

export interface Outcome {
  readonly requests: number;
  readonly seconds: number;
}

/** It gives up by itself after ten seconds of silence; a run that then still goes on hangs. */
const GRACE_MS = 60_000;
/** The time bounds a run, not the count. */
const MOST_REQUESTS = 100_000_000;

/** Compiles it into the folder and returns the program. Throws where there is no C compiler. */
export function compileLoad(folder: string): string {
  const program = join(folder, "load");
  const compiler = process.env["CC"] ?? "cc";
  execFileSync(compiler, ["-O2", "-o", program, join(import.meta.dirname, "load.c")], { stdio: "pipe" });
  return program;
}

/** Runs it, with what may stand before it, for so many seconds at least; counts the requests that were answered. Throws where a reply was wrong. */
export function runLoad(command: readonly string[], socket: string, load: Load, seconds: number): Promise<Outcome> {
  const [program = "", ...before] = command;
  const args = [...before, socket, load.mode, String(MOST_REQUESTS), String(seconds)];
  if (load.mode === "echo") args.push(String(load.bytes));
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { timeout: seconds * 1000 + GRACE_MS }, (error, stdout, stderr) => {
      ended();
      const [requests, elapsed] = stdout.split(" ").map(Number);
      if (error !== null) reject(new Error(`the load generator failed: ${stderr.trim() || error.message}`));
      else if (!requests || !elapsed) reject(new Error(`the load generator said '${stdout}'`));
      else resolve({ requests, seconds: elapsed });
    });
    const ended = atEnd(() => child.kill("SIGKILL"));
  });
}
