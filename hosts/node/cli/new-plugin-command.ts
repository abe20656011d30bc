// The command `new-plugin`: its options and its help page. What it does is loaded when it runs.

import type { Command } from "commander";

/** The options of `guestwire new-plugin` as they were typed. */
export interface NewPluginFlags {
  readonly dir?: string;
}

const HELP = `
NAME has small letters, digits and single '-', a letter first, 64 of them at
most. The package is guestwire-plugin-NAME, and its commands begin with NAME-;
guest- and guestwire- are taken. Nothing is installed; what to do next is
printed.

Examples:
  guestwire new-plugin clock
  guestwire new-plugin clock --dir plugins/clock
`;

/** Adds the command. */
export function addNewPlugin(program: Command): Command {
  return program
    .command("new-plugin")
    .summary("write a package with a plugin to begin with")
    .description(
      "Writes a small package: a plugin in TypeScript, its tests, and scripts that build it, test it and serve it.",
    )
    .usage("NAME [options]")
    .helpOption("-h, --help", "print this page")
    .argument("<name>", "what the plugin is about, such as clock")
    .option("--dir <folder>", "write into this folder, which is empty or not there; default guestwire-plugin-NAME")
    .addHelpText("after", HELP)
    .action(async (name: string, flags: NewPluginFlags) => {
      const { runNewPlugin } = await import("./run-new-plugin.ts");
      runNewPlugin(name, flags);
    });
}
