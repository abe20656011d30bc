// The command line's frame: its commands, its help, and how mistakes are told.

import { Command, CommanderError } from "commander";
import { VERSION } from "../../common/version.ts";
import { addAgent } from "./agent-command.ts";
import { addHelp, refuseCommand } from "./help-command.ts";
import { mistakeOf } from "./mistake.ts";

/** Each adds a command of its own. */
const COMMANDS: readonly ((program: Command) => void)[] = [addAgent, addHelp];

const EXAMPLES = `
Examples:
  guestwire agent -m unix-listen -p /run/guestwire.sock    serve QEMU's guest agent protocol on a socket
  guestwire agent --help                                   all that the agent understands
`;

/** Runs the command line; returns the exit status. Does not throw for a user's mistake, but says it on stderr in one line. */
export async function run(args: readonly string[]): Promise<number> {
  const program = new Command("guestwire");
  program
    .description("A QEMU guest agent, byte for byte.")
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
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const known = program.commands.find((command) => command.name() === args[0]);
    const typed = known === undefined ? "guestwire" : `guestwire ${known.name()}`;
    process.stderr.write(`guestwire: ${mistakeOf(error, typed)}\n`);
    return 1;
  }
}
