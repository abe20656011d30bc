// What `guestwire shell` does: connects, and runs what is typed, or what a script on stdin says.

import type { Transport } from "../../common/index.ts";
import { reconnecting } from "../../common/reconnecting.ts";
import { Prompt } from "./shell/prompt.ts";
import { runScript, scriptScreen } from "./shell/script.ts";
import { Shell } from "./shell/shell.ts";
import { Terminal } from "./shell/terminal.ts";
import { Tracer } from "./shell/tracer.ts";
import { watchLink } from "./shell/watch.ts";
import { asFailure, connectTo, openTarget } from "./target.ts";

/** How long connecting may take at the start, and the longest wait between two attempts later, in milliseconds. */
const CONNECT_MS = 10_000;
const LONGEST_PAUSE_MS = 500;

/** Throws a Mistake or a Failure. */
export async function runShell(target: string): Promise<void> {
  const terminal = process.stdin.isTTY && process.stdout.isTTY ? new Terminal() : undefined;
  const screen = terminal ?? scriptScreen;
  const tracer = new Tracer(screen);
  try {
    // What is not there at the start is not waited for.
    const opened: Transport[] = [await openTarget(target)];
    const open = async (): Promise<Transport> => tracer.of(opened.pop() ?? (await openTarget(target)));
    const client = await connectTo(target, reconnecting(open, { maxMs: LONGEST_PAUSE_MS }), CONNECT_MS);
    const shell = new Shell(target, client, screen, tracer);
    try {
      if (terminal === undefined) await runScript(shell);
      else {
        watchLink(shell);
        terminal.note(`connected to ${target}; .help says what can be typed`);
        await new Prompt(shell, terminal).run();
      }
    } finally {
      await client.close();
    }
  } catch (error) {
    throw asFailure(error, target);
  }
}
