// The command `help`. Commander's own says nothing about a command that there is not.

import type { Command } from "commander";

/** Adds the command. */
export function addHelp(program: Command): Command {
  return program
    .command("help")
    .summary("print the page of a command")
    .description("Prints the page of a command; without one, that of guestwire.")
    .helpOption("-h, --help", "print this page")
    .argument("[command]")
    .action((name?: string) => {
      if (name === undefined) return program.outputHelp();
      const asked = program.commands.find((command) => command.name() === name);
      if (asked === undefined) refuseCommand(program, name);
      asked.outputHelp();
    });
}

/** Ends the run: there is no such command. */
export function refuseCommand(program: Command, name: string): never {
  return program.error(`there is no command '${name}'; see 'guestwire --help'`);
}
