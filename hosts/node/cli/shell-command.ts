// The command `shell`: its option and its help page. What it does is loaded when it runs.

import type { Command } from "commander";
import { STATUS_HELP, TARGET_HELP } from "./failure.ts";
import { addTimeout } from "./seconds.ts";

/** The options of `guestwire shell` as they were typed. */
export interface ShellFlags {
  /** Of each call, in seconds; 0: no end. */
  readonly timeout: number;
}

const HELP = `
At the prompt: COMMAND, COMMAND {JSON},
{"execute": COMMAND, "arguments": {JSON}}, or .help. Tab completes, the arrow
keys go through the history, Ctrl-C gives a call up, Ctrl-D leaves. An agent
that goes is found again when it comes back.

The history is in $XDG_STATE_HOME/guestwire/history, or else in
~/.local/state/guestwire/history. A line that begins with a space is not kept
there, nor is one with guest-set-user-password.

Where stdin is no terminal its lines are run in order, up to the first error,
and what is returned is printed as 'call' prints it. Lines that begin with #
are comments.

A device is put into raw mode and stays so. Where no agent answers it gets its
settings back.
${STATUS_HELP}
Examples:
  guestwire shell /run/ga.sock
  guestwire shell /dev/pts/3
  echo guest-info | guestwire shell /run/ga.sock
`;

/** Adds the command. */
export function addShell(program: Command): Command {
  const command = program
    .command("shell")
    .summary("talk to an agent")
    .description("Talks to a guest agent: a prompt for its commands.")
    .usage("TARGET [options]")
    .helpOption("-h, --help", "print this page")
    .argument("<target>", TARGET_HELP)
    .addHelpText("after", HELP)
    .action(async (target: string, flags: ShellFlags) => {
      const { runShell } = await import("./run-shell.ts");
      await runShell(target, flags);
    });
  return addTimeout(command, "give a call up after so many seconds", 60);
}
