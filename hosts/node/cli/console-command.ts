// The command `console`: its options and its help page. What it does is loaded when it runs.

import { type Command, InvalidArgumentError } from "commander";
import { append } from "./lists.ts";

/** The options of `guestwire console` as they were typed. */
export interface ConsoleFlags {
  readonly port?: number;
  readonly bridge?: string;
  readonly plugin?: readonly string[];
}

const HELP = `
It is served on this machine only, at localhost. In the page a person picks a
serial port, which browsers with Web Serial have: Chrome, Edge and Opera.
With --bridge the page speaks to an agent on a unix socket too, in any
browser. Whoever has the printed address may use that bridge: the token in it
is new with each start.
Without --port it is the port 8486, or any other that is free. What a browser
keeps for the page, as its history, it keeps for that address.
--plugin is for the agent in the page: one file without imports, as bundlers
make it. It is at /plugins/FILE, and loaded when a person says so.

Examples:
  guestwire console
  guestwire console --bridge /run/ga.sock
  guestwire console --port 9000 --plugin ./clock.mjs
`;

/** Adds the command. */
export function addConsole(program: Command): Command {
  return program
    .command("console")
    .summary("serve the console for browsers")
    .description("Serves a page in which one talks to an agent, and which can be one, on a serial port.")
    .helpOption("-h, --help", "print this page")
    .option("--port <number>", "serve it at this port", parsePort)
    .option("--bridge <socket>", "let the page speak to the agent on this unix socket")
    .option("--plugin <file>", "serve a plugin for the page's agent; may be given several times", append)
    .addHelpText("after", HELP)
    .action(async (flags: ConsoleFlags) => {
      const { runConsole } = await import("./run-console.ts");
      await runConsole(flags);
    });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError("It takes a whole number from 1 to 65535.");
}
