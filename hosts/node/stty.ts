// The settings of a terminal. Node has no call for them; the program stty has.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { refuse } from "./device-file.ts";

/**
 * All 256 byte values go by as they are, both ways, which Node's own raw mode does not do: it writes CR LF for LF. And
 * nobody waits for a carrier.
 */
export const RAW = ["raw", "-echo", "-echonl", "-iexten", "clocal"];

/** How long a line that takes nothing may hold up its settings, in milliseconds. */
const RESTORE_MS = 1000;

/** Where programs are besides the directories of PATH, which a service may not have. */
const STANDARD_DIRECTORIES = ["/usr/local/bin", "/usr/bin", "/bin"];

function environment(): NodeJS.ProcessEnv {
  const { PATH = "" } = process.env;
  const directories = [...PATH.split(":"), ...STANDARD_DIRECTORIES].filter((directory) => directory !== "");
  return { ...process.env, LC_ALL: "C", PATH: directories.join(":") };
}

/** Changes settings, or asks for them. Returns what stty says. Throws GW_ERR_DEVICE; `path` is for its message. */
export function stty(fd: number, path: string, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = start(fd, words);
    let [said, failure] = ["", ""];
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (said += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (failure += text));
    child.on("error", (error) => reject(refuse("the program stty does not run; install it (coreutils)", error)));
    child.on("close", (status) => {
      if (status === 0) resolve(said.trim());
      else reject(refuse(`${path} cannot be put into raw mode: ${failure.trim()}`));
    });
  });
}

function start(fd: number, words: readonly string[]): ChildProcess {
  try {
    return spawn("stty", words, { stdio: [fd, "pipe", "pipe"], env: environment() });
  } catch (error) {
    // Node's permission model says so at once.
    throw refuse("the program stty may not be run; start node with --allow-child-process", error as Error);
  }
}

/** Changes settings before it returns, if that can be done within a second. */
export function sttyNow(fd: number, settings: string): void {
  spawnSync("stty", [settings], { stdio: [fd, "ignore", "ignore"], env: environment(), timeout: RESTORE_MS });
}
