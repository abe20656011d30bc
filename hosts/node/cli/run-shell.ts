// What `guestwire shell` does: connects, and runs what is typed, or what a script on stdin says.

import type { Transport } from "../../common/index.ts";
import { reconnecting } from "../../common/reconnecting.ts";
import { expectResults } from "./output.ts";
import { Progress } from "./progress.ts";
import { milliseconds } from "./seconds.ts";
import type { ShellFlags } from "./shell-command.ts";
import { Prompt } from "./shell/prompt.ts";
import { runScript, scriptScreen } from "./shell/script.ts";
import { Shell } from "./shell/shell.ts";
import { Terminal } from "./shell/terminal.ts";
import { Tracer } from "./shell/tracer.ts";
import { LinkWatch } from "./shell/watch.ts";
import { LONGEST_PAUSE_MS, Target, asFailure } from "./target.ts";

/** How long connecting may take at the start, in milliseconds. */
const CONNECT_MS = 10_000;

/** Throws a Mistake or a Failure. */
export async function runShell(path: string, { timeout }: ShellFlags): Promise<void> {
  const terminal = process.stdin.isTTY && process.stdout.isTTY ? new Terminal() : undefined;
  const screen = terminal ?? scriptScreen;
  const tracer = new Tracer(screen);
  const watch = new LinkWatch();
  const target = new Target(path);
  const progress = new Progress();
  try {
    progress.tell(`connecting to ${path}`);
    // What is not there at the start is not waited for.
    const opened: Transport[] = [await target.open()];
    const open = async (): Promise<Transport> => tracer.of(opened.pop() ?? (await target.open()));
    const transport = watch.of(reconnecting(open, { maxMs: LONGEST_PAUSE_MS }));
    const client = await target.connect(transport, { timeoutMs: CONNECT_MS, callTimeoutMs: milliseconds(timeout) });
    progress.end();
    const shell = new Shell(path, client, screen, tracer);
    try {
      expectResults();
      if (terminal === undefined) await runScript(shell);
      else {
        watch.begin(shell);
        terminal.note(`connected to ${path}; .help says what can be typed`);
        await new Prompt(shell, terminal).run();
      }
    } finally {
      await client.close();
    }
  } catch (error) {
    throw asFailure(error, path);
  } finally {
    progress.end();
  }
}
