// The command `shell`: its help page. What it does is loaded when it runs.

import type { Command } from "commander";
import { STATUS_HELP, TARGET_HELP } from "./failure.ts";

const HELP = `
At the prompt: COMMAND, COMMAND {JSON}, {"execute": COMMAND, "arguments": {JSON}}, or .help. Tab completes, the arrow keys go
through the history, Ctrl-C gives a call up, Ctrl-D leaves. An agent that goes is found again when it comes back.
Where stdin is no terminal its lines are run in order, up to the first error, and what is returned is printed as 'call'
prints it.
${STATUS_HELP}
Examples:
  guestwire shell /run/ga.sock
  guestwire shell /dev/pts/3
  echo guest-info | guestwire shell /run/ga.sock
`;

/** Adds the command. */
export function addShell(program: Command): Command {
  return program
    .command("shell")
    .summary("talk to an agent")
    .description("Talks to a guest agent: a prompt for its commands.")
    .usage("TARGET [options]")
    .helpOption("-h, --help", "print this page")
    .argument("<target>", TARGET_HELP)
    .addHelpText("after", HELP)
    .action(async (target: string) => {
      const { runShell } = await import("./run-shell.ts");
      await runShell(target);
    });
}
