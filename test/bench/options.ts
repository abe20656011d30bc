// The benchmark's command line.

export const HELP = `Measures guestwire and prints its figures beside the bounds that its design sets.

npm run bench -- [options]

  --only in-process   both engines in this process, against JSON.parse
  --only socket       the command line and the C host on unix sockets, against qemu-ga where it is installed
  --rounds N          measure for longer or shorter: 1 to 1000, default 5 (about a minute)
  --json [FILE]       write the figures as JSON to FILE, or to stdout and the table to stderr
  --help              print this page

Figures of one run were taken in turns, on one machine: their ratios say something, the figures by themselves little.
Use 'npm run --silent bench -- --json' where stdout is to hold nothing but JSON.
`;

export interface Options {
  readonly help: boolean;
  readonly inProcess: boolean;
  readonly socket: boolean;
  readonly rounds: number;
  /** Where the figures go as JSON; "" for stdout. */
  readonly json: string | undefined;
}

/** A mistake of whoever typed the command. */
export class Mistake extends Error {}

/** Reads the arguments. Throws a Mistake. */
export function optionsOf(args: readonly string[]): Options {
  const options = { help: false, inProcess: true, socket: true, rounds: 5, json: undefined as string | undefined };
  const rest = [...args];
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    switch (name) {
      case "--help":
        options.help = true;
        break;
      case "--only": {
        const part = rest.shift();
        if (part !== "in-process" && part !== "socket") throw new Mistake("--only takes 'in-process' or 'socket'");
        options.inProcess = part === "in-process";
        options.socket = part === "socket";
        break;
      }
      case "--rounds": {
        const rounds = Number(rest.shift());
        if (!Number.isInteger(rounds) || rounds < 1 || rounds > 1000) {
          throw new Mistake("--rounds takes a number from 1 to 1000");
        }
        options.rounds = rounds;
        break;
      }
      case "--json":
        options.json = rest[0] === undefined || rest[0].startsWith("--") ? "" : rest.shift();
        break;
      default:
        throw new Mistake(`there is no option '${name}'; see --help`);
    }
  }
  return options;
}
