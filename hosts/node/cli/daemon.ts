// The agent in the background. Node cannot fork: the program starts itself once more, in a session of its own, and waits until
// that one serves.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { STOP_SIGNALS } from "./stop-signal.ts";

/** In the environment of the one that is to be the daemon. */
const MARK = "GUESTWIRE_DAEMON";
/** What it says when it serves. */
const SERVES = "serves";
/** How long what it has said by then may take to arrive, in milliseconds. */
const LAST_WORDS_MS = 1000;

/**
 * Starts this program with its arguments as a daemon, and waits until it serves; what it says until then goes to stderr. Returns
 * the exit status: 1 where it does not come to that. A signal that stops an agent stops the daemon, which is waited for.
 */
export async function startDaemon(): Promise<number> {
  const daemon = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    env: { ...process.env, [MARK]: "1" },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let said = false;
  daemon.stderr?.on("data", (bytes: Uint8Array) => {
    said = true;
    process.stderr.write(bytes);
  });
  const told = daemon.stderr === null ? Promise.resolve() : once(daemon.stderr, "close");
  const ended = once(daemon, "exit").then(([code, signal]: unknown[]) => String(signal ?? `status ${String(code)}`));
  let isStopped = false;
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => {
      isStopped = true;
      daemon.kill(signal);
    });
  }
  const failure = await Promise.race([
    once(daemon, "message").then(() => undefined),
    ended.then((how) => (isStopped && how === "status 0" ? undefined : `it ended with ${how}`)),
  ]).catch((error: unknown) => (error as Error).message);
  await Promise.race([told, sleep(LAST_WORDS_MS, undefined, { ref: false })]);
  if (isStopped) await ended;
  if (failure === undefined) return 0;
  if (!said) process.stderr.write(`guestwire: the daemon did not start: ${failure}\n`);
  return 1;
}

/**
 * Makes a daemon of this process where `startDaemon` has started it: files that it makes are its user's alone. Returns what is to
 * be called when it serves, undefined where it is no daemon. From that call on its working directory is `/`, nobody hears
 * what it says, and it outlives the one that has started it; until then it ends with that one.
 */
export function daemonStarted(): (() => void) | undefined {
  const isDaemon = process.env[MARK] !== undefined && process.send !== undefined;
  delete process.env[MARK];
  if (!isDaemon) return undefined;
  process.umask(0o077);
  return () => {
    // It is about to end.
    if (!process.connected) return;
    process.chdir("/");
    // The lowest free number is what the file gets.
    closeSync(2);
    openSync("/dev/null", "r+");
    process.send?.(SERVES, undefined, undefined, (error: Error | null) => {
      if (error !== null) return;
      // Otherwise the end of the channel is the end of the agent (stop-signal.ts).
      process.removeAllListeners("disconnect");
      if (process.connected) process.disconnect();
    });
  };
}
