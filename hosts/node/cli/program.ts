// The command line's frame: its commands, its help, and how mistakes are told.

import { Command, CommanderError } from "commander";
import { VERSION } from "../../common/version.ts";
import { addAgent, agentOptions } from "./agent-command.ts";
import { addCall } from "./call-command.ts";
import { addConsole } from "./console-command.ts";
import { Failure, STATUS } from "./failure.ts";
import { addHelp, refuseCommand } from "./help-command.ts";
import { mistakeOf } from "./mistake.ts";
import { addNewPlugin } from "./new-plugin-command.ts";
import { addShell } from "./shell-command.ts";
import { addWait } from "./wait-command.ts";

const COMMANDS: readonly ((program: Command) => Command)[] = [
  addAgent,
  addCall,
  addShell,
  addWait,
  addConsole,
  addNewPlugin,
  addHelp,
];

/** The commands that have statuses of their own. Those of the agent are qemu-ga's. */
const CLIENTS: ReadonlySet<unknown> = new Set(["call", "shell", "wait"]);

/** The status of a run whose output cannot be written. */
export function outputStatus([name]: readonly string[]): number {
  return CLIENTS.has(name) ? STATUS.noAnswer : 1;
}

const EXAMPLES = `
Examples:
  guestwire agent -m unix-listen -p /run/ga.sock    serve QEMU's guest agent protocol on a socket
  guestwire call /run/ga.sock guest-info            ask an agent, this one or qemu-ga
  guestwire shell /run/ga.sock                      talk to it
  guestwire wait /dev/ttyS0 --timeout 60            wait until one answers, here on a serial line
  guestwire console --bridge /run/ga.sock           the same in a browser, which may have serial ports too
  guestwire new-plugin clock                        write a plugin with commands of your own
  guestwire call --help                             all that one of them understands
`;

/** Runs the command line; returns the exit status. Does not throw for a user's mistake, but says it on stderr in one line. */
export async function run(args: readonly string[]): Promise<number> {
  const program = new Command("guestwire");
  program
    .description("A QEMU guest agent, byte for byte, and a client for any.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this page")
    .helpCommand(false)
    // So that `guestwire agent -V` is the agent's.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .addHelpText("after", EXAMPLES)
    // Reached where no command is named.
    .argument("[command...]")
    .usage("[options] COMMAND [options of the command]")
    .action(([name]: string[]) => {
      if (name === undefined) return program.error("say what to do; see 'guestwire --help'");
      refuseCommand(program, name);
    });
  for (const add of COMMANDS) add(program);

  try {
    await program.parseAsync(spelledOut(program, args), { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const known = program.commands.find((command) => command.name() === args[0]);
    const typed = known === undefined ? "guestwire" : `guestwire ${known.name()}`;
    process.stderr.write(`guestwire: ${mistakeOf(error, typed)}\n`);
    if (error instanceof Failure) return error.status;
    return CLIENTS.has(known?.name()) ? STATUS.mistake : 1;
  }
}

/** The options of the agent are qemu-ga's, and read as there. */
function spelledOut(program: Command, [name, ...words]: readonly string[]): string[] {
  const agent = program.commands.find((command) => command.name() === "agent");
  if (name === undefined || agent === undefined || name !== agent.name()) return [...(name ? [name] : []), ...words];
  return [name, ...agentOptions(agent, words)];
}
