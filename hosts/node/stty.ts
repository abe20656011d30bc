// The settings of a terminal. Node has no call for them; the program stty has.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { deviceError, refuse } from "./device-file.ts";

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

/** What stty says, in the words of several C libraries, where the line has hung up or its device has gone. */
const GONE = /Input\/output error|I\/O error|No such device/;

/** The line that tells that settings were refused, from what stty says of it. */
export type Refusal = (said: string) => string;

/**
 * Changes settings, or asks for them. Returns what stty says. Throws GW_ERR_DEVICE; `path` and `refusal` are for its
 * message.
 */
export function stty(
  fd: number,
  path: string,
  words: readonly string[],
  refusal: Refusal = (said) => `${path} cannot be put into raw mode: ${said}`,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = start(fd, words);
    let [said, failure] = ["", ""];
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (said += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (failure += text));
    child.on("error", (error) => reject(notStarted(error)));
    child.on("close", (status, signal) => {
      if (status === 0) return resolve(said.trim());
      // Behind the first line it names its help.
      const [reason = ""] = failure.trim().split("\n");
      reject(refused(path, reason === "" ? `stty ended with ${signal ?? `status ${status}`}` : reason, refusal));
    });
  });
}

function notStarted(error: NodeJS.ErrnoException): Error {
  switch (error.code) {
    case "ENOENT":
      return refuse("there is no program stty; install it (coreutils)", error);
    // Of Node's permission model.
    case "ERR_ACCESS_DENIED":
      return refuse("the program stty may not be run; start node with --allow-child-process", error);
    default:
      return refuse(`the program stty cannot be started (${error.code})`, error);
  }
}

function refused(path: string, said: string, refusal: Refusal): Error {
  if (!GONE.test(said)) return refuse(refusal(said));
  return deviceError(path, Object.assign(new Error(said), { code: "EIO" }));
}

function start(fd: number, words: readonly string[]): ChildProcess {
  try {
    return spawn("stty", words, { stdio: [fd, "pipe", "pipe"], env: environment() });
  } catch (error) {
    throw notStarted(error as Error);
  }
}

/** Changes settings before it returns, if that can be done within a second. */
export function sttyNow(fd: number, settings: string): void {
  spawnSync("stty", [settings], { stdio: [fd, "ignore", "ignore"], env: environment(), timeout: RESTORE_MS });
}
