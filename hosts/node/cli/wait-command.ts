// The command `wait`: its options and its help page. What it does is loaded when it runs.

import type { Command } from "commander";
import { STATUS_HELP, TARGET_HELP } from "./failure.ts";
import { addTimeout } from "./seconds.ts";

/** The options of `guestwire wait` as they were typed. */
export interface WaitFlags {
  /** In seconds; 0: no end. */
  readonly timeout: number;
}

const HELP = `
TARGET need not be there yet: a socket or device that is missing, that nobody
serves or that may not be opened is tried again until the time is over. Nothing
is printed, but on a terminal what is waited for, on stderr. A device that
answers stays in raw mode, another gets its settings back.
${STATUS_HELP}
Examples:
  guestwire wait /run/ga.sock && guestwire call /run/ga.sock guest-get-osinfo
  guestwire wait /dev/ttyS0 --timeout 60
`;

/** Adds the command. */
export function addWait(program: Command): Command {
  const command = program
    .command("wait")
    .summary("wait until an agent answers")
    .description("Waits until a guest agent answers, as in a script that boots a guest.")
    .usage("TARGET [options]")
    .helpOption("-h, --help", "print this page")
    .argument("<target>", TARGET_HELP)
    .addHelpText("after", HELP)
    .action(async (target: string, flags: WaitFlags) => {
      const { runWait } = await import("./run-wait.ts");
      await runWait(target, flags);
    });
  return addTimeout(command, "give up after so many seconds", 300);
}
