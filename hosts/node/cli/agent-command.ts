// The command `agent`: its options and its help page. What it does is loaded when it runs.

import { type Command, Option } from "commander";
import { LIMIT_NAMES, type LimitName, completeLimits, rangeOf } from "../../common/limits.ts";
import { DEFAULT_ENGINE, ENGINES, type EngineName } from "./engines.ts";

/** The options of `guestwire agent` as they were typed. */
export interface AgentFlags {
  readonly method?: string;
  readonly path?: string;
  readonly statedir?: string;
  readonly logfile?: string;
  readonly verbose?: true;
  readonly version?: true;
  /** One entry for each time that the option was given; each is a list. So in allowRpcs. */
  readonly blockRpcs?: readonly string[];
  readonly allowRpcs?: readonly string[];
  readonly core?: EngineName;
  /** NAME=VALUE each. */
  readonly limit?: readonly string[];
  /** Modules with plugins, in order. */
  readonly plugin?: readonly string[];
  readonly watch?: true;
}

const help = (): string => `
Lists are names with commas between them and no spaces; -b and -a may be given
several times.

A plugin is a module whose default export is what definePlugin of
guestwire/plugin returns, or a list of that. A name that begins with ./ or ../
or / is a file's; any other is a package's, looked for from the working
directory and then from where guestwire is. TypeScript runs where Node runs it:
22.18 or newer. What its commands log is in the log, with -v all of it.
'guestwire new-plugin' writes a plugin to begin with.

With --watch the agent is started again, in a new process, when a plugin's file
changes, or one that it imports by a relative path. Its clients have to connect
anew. Where a plugin does not load stderr says why, and the next change tries
again.

SIGTERM and SIGINT end the agent: it answers what is under way and removes its
socket.

Limits, and what --limit may set them to:
${limitTable()}

Examples:
  guestwire agent -m unix-listen -p /run/guestwire.sock
  guestwire agent -m unix-listen -p ga.sock -v -l ga.log
  guestwire agent -m unix-listen -p ga.sock -b guest-ping,guest-sync
  guestwire agent -m unix-listen -p ga.sock -a guest-sync-delimited,guest-info
  guestwire agent -m unix-listen -p ga.sock --core js --limit errorsInRow=0
  guestwire agent -m unix-listen -p ga.sock --plugin ./clock.js --watch
  guestwire agent -m unix-listen -p ga.sock --plugin guestwire/introspect
  guestwire agent --plugin ./clock.js -b help
`;

/** Adds the command. */
export function addAgent(program: Command): Command {
  return program
    .command("agent")
    .summary("serve the guest agent protocol")
    .description("Serves QEMU's guest agent protocol. Options of one letter are qemu-ga's.")
    .usage("-m unix-listen -p PATH [options]")
    .helpOption("-h, --help", "print this page")
    .option("-m, --method <name>", "the channel: unix-listen")
    .option("-p, --path <path>", "where the socket is to be")
    .option("-t, --statedir <dir>", "a folder for state; it must be there, but nothing is kept in it yet")
    .option("-l, --logfile <file>", "append the log to this file; without it the log goes to stderr")
    .option("-v, --verbose", "log all; without it only what is of level error or critical")
    .option("-V, --version", "print the version")
    .option("-b, --block-rpcs <list>", "disable these commands; 'help' or '?' prints all names", append)
    .option("-a, --allow-rpcs <list>", "enable only these commands; 'help' or '?' prints all names", append)
    .addOption(
      new Option(
        "--core <engine>",
        `the engine; default ${DEFAULT_ENGINE}, or js where there is no WebAssembly`,
      ).choices(Object.keys(ENGINES)),
    )
    .option("--limit <name=value>", "change a limit, see below; may be given several times", append)
    .option("--plugin <module>", "add the commands of a plugin, see below; may be given several times", append)
    .option("--watch", "start the agent again when a plugin's files change")
    .addHelpText("after", help)
    .action(async (flags: AgentFlags) => {
      const { runAgent } = await import("./run-agent.ts");
      await runAgent(flags);
    });
}

function append(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** What each limit bounds; its name has the unit. */
const BOUNDS: Readonly<Record<LimitName, string>> = {
  messageBytes: "one message",
  tokens: "tokens of one message",
  depth: "brackets that are open at once",
  replyBytes: "one return value",
  queueBytes: "replies that a peer does not read",
  errorsInRow: "errors until silence; 0: no cap",
  totalBytes: "unfinished messages, all peers'",
  commandMs: "a plugin's command; 0: no deadline",
};

/** Each limit with its default, its range and what it bounds, in columns. */
function limitTable(): string {
  const defaults = completeLimits();
  const rows = LIMIT_NAMES.map((name) => [name, defaults[name], rangeOf(name).least, rangeOf(name).most, BOUNDS[name]]);
  const line = ([name = "", value = "", least = "", most = "", what = ""]: (string | number)[]): string =>
    `  ${String(name).padEnd(12)}${String(value).padStart(10)}${String(least).padStart(7)}${String(most).padStart(12)}  ${what}`;
  return [["name", "default", "least", "most", "what it bounds"], ...rows].map(line).join("\n");
}
