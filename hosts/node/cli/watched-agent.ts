// `guestwire agent --watch`: the agent as a child process, which is started anew when a file of its plugins changes. Within
// a process an imported module stays what it was.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { PluginFiles } from "./plugin-files.ts";
import { pluginAddress } from "./plugins.ts";
import { stopSignal } from "./stop-signal.ts";

/** How long an agent has to end, in milliseconds: more than it waits for its commands. */
const END_MS = 7000;

/**
 * Runs the agent with these of its options, spelled out, and again after each change, until SIGTERM or SIGINT, which is passed
 * on. Returns the agent's exit status. One that ends without a failure is not started again, one that fails after a change.
 * Throws a Mistake where there is no package of a plugin's name.
 */
export async function watchAgent(plugins: readonly string[], words: readonly string[]): Promise<number> {
  const addresses = plugins.map(pluginAddress);
  let signal: NodeJS.Signals | undefined;
  const stopped = stopSignal().then((name) => (signal = name));
  for (;;) {
    const changed = new PluginFiles(addresses).changed();
    const agent = startAgent(words);
    const ended = statusOf(agent);
    const failure = await Promise.race([ended, stopped.then(() => undefined), changed]);
    if (failure === 0) return 0;
    if (failure !== undefined) {
      say(`the agent ended with status ${failure}; it starts again when a plugin changes`);
      await Promise.race([stopped, changed]);
    }
    const status = failure ?? (await end(agent, ended, signal ?? "SIGTERM"));
    if (signal !== undefined) return status;
    say("a plugin has changed; the agent starts again");
  }
}

function startAgent(words: readonly string[]): ChildProcess {
  const args = [...process.argv.slice(1, 3), ...words.filter((word) => word !== "--watch")];
  // Through the channel it finds out should this process be killed.
  return spawn(process.execPath, [...process.execArgv, ...args], { stdio: ["inherit", "inherit", "inherit", "ipc"] });
}

/** Settles with the exit status, as a shell has it. */
async function statusOf(agent: ChildProcess): Promise<number> {
  const [code, signal] = (await once(agent, "exit")) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

/** Ends an agent, one that a command holds up as well. */
async function end(agent: ChildProcess, ended: Promise<number>, signal: NodeJS.Signals): Promise<number> {
  agent.kill(signal);
  const late = new AbortController();
  void sleep(END_MS, undefined, { signal: late.signal }).then(
    () => agent.kill("SIGKILL"),
    () => {},
  );
  const status = await ended;
  late.abort();
  return status;
}

function say(text: string): void {
  process.stderr.write(`guestwire: ${text}\n`);
}
