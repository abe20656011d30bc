// The command `call`: its options and its help page. What it does is loaded when it runs.

import type { Command } from "commander";
import { STATUS_HELP, TARGET_HELP } from "./failure.ts";
import { addTimeout } from "./seconds.ts";

/** The options of `guestwire call` as they were typed. */
export interface CallFlags {
  /** In seconds; 0: no end. */
  readonly timeout: number;
  readonly raw?: true;
}

const HELP = `
The value is printed as JSON: indented on a terminal, else in one line.
Integers are exact. A command that answers failure only, such as
guest-shutdown, prints nothing when all is well. A reply may have 10 MiB.
A device is put into raw mode and stays so. Where no agent answers it gets its
settings back.
${STATUS_HELP}
Examples:
  guestwire call /run/ga.sock guest-info
  guestwire call /dev/ttyS0 guest-sync '{"id": 9007199254740993}'
  echo '{"path": "/bin/date"}' | guestwire call /run/ga.sock guest-exec -
  guestwire call /run/ga.sock guest-fsfreeze-freeze --timeout 600
`;

/** Adds the command. */
export function addCall(program: Command): Command {
  const command = program
    .command("call")
    .summary("call one command of an agent")
    .description("Calls a command of a guest agent and prints what it returns.")
    .usage("TARGET COMMAND [JSON] [options]")
    .helpOption("-h, --help", "print this page")
    .argument("<target>", TARGET_HELP)
    .argument("<command>", "the command's name, such as guest-ping")
    .argument("[json]", "its arguments, a JSON object; - reads them from stdin")
    .option("--raw", "print the line that came, byte for byte")
    .addHelpText("after", HELP)
    .action(async (target: string, name: string, json: string | undefined, flags: CallFlags) => {
      const { runCall } = await import("./run-call.ts");
      await runCall(target, name, json, flags);
    });
  return addTimeout(command, "give up after so many seconds", 10);
}
