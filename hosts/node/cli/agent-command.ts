// The command `agent`: its options and its help page. What it does is loaded when it runs.

import { type Command, InvalidArgumentError, Option } from "commander";
import { LIMIT_NAMES, type LimitName, completeLimits, rangeOf } from "../../common/limits.ts";
import { DEFAULT_ENGINE, ENGINES, type EngineName } from "./engines.ts";
import { Getopt } from "./getopt.ts";
import { append } from "./lists.ts";

/** The options of `guestwire agent` as they were typed. */
export interface AgentFlags {
  readonly config?: string;
  readonly method?: string;
  readonly path?: string;
  readonly logfile?: string;
  readonly pidfile?: string;
  /** True where no file was named. */
  readonly fsfreezeHook?: string | true;
  readonly statedir?: string;
  readonly verbose?: true;
  readonly version?: true;
  readonly daemonize?: true;
  /** One entry for each time that the option was given; each is a list. So in allowRpcs. */
  readonly blockRpcs?: readonly string[];
  readonly allowRpcs?: readonly string[];
  readonly dumpConf?: true;
  readonly retryPath?: true;
  /** Bits a second. */
  readonly baud?: number;
  /** The number of an inherited descriptor. */
  readonly fd?: number;
  readonly core?: EngineName;
  /** NAME=VALUE each. */
  readonly limit?: readonly string[];
  /** Modules with plugins, in order. */
  readonly plugin?: readonly string[];
  readonly watch?: true;
}

const NAME = "guestwire agent";

/** Gone from the newest qemu-ga. Who still has it in a script means what it says. */
const ALIASES = { "--blacklist": "--block-rpcs" };

const help = (): string => `
Methods:
  virtio-serial  a port of the virtual machine, as libvirt and Proxmox VE give
                 it; hosts may come and go
  isa-serial     a serial line
  unix-listen    a socket, each connection a session of its own
  unix-connect   a socket where somebody else listens; the agent ends with it
  stdio          stdin and stdout; the agent ends with stdin
With --retry-path a channel that cannot be opened, or has ended, is tried again
every 5 seconds. A service that systemd starts by its socket needs no method.

Examples:
  guestwire agent                                     in a virtual machine
  guestwire agent -m isa-serial -p /dev/ttyS1 -r      on a serial line
  guestwire agent -m unix-listen -p /run/ga.sock      on a socket
  guestwire agent -m unix-listen -p ga.sock -v -l ga.log
  guestwire agent -b help                             which commands there are
  guestwire agent -b guest-ping,guest-sync            without these two
  guestwire agent -a guest-sync-delimited,guest-info  with these two only
  guestwire agent -b guest-ping -D                    as a configuration file
  guestwire agent -m unix-listen -p ga.sock --core js --limit errorsInRow=0
  guestwire agent -m unix-listen -p ga.sock --plugin ./clock.js --watch
  guestwire agent -m unix-listen -p ga.sock --plugin guestwire/introspect
  guestwire agent --plugin ./clock.js -b help

The file of -c has the long names as keys of a group [general], with 'daemon'
for --daemonize; -D prints one. Without -c it is the file that QGA_CONF in the
environment names, or /etc/qemu/qemu-ga.conf, where there is one. The command
line goes over the file; lists add up.

Lists are names with commas between them and no spaces; -b and -a may be given
several times. A command that is both allowed and blocked is blocked.

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
socket. SIGHUP opens the log file anew, reads the configuration file again and
applies its lists.

Limits, and what --limit may set them to:
${limitTable()}

Exit codes:
  0  ended by SIGTERM or SIGINT, or because its only peer has ended
  1  a mistake in what was typed or in the file, or a channel or a file that
     cannot be opened
`;

/** Adds the command. */
export function addAgent(program: Command): Command {
  const agent = program.command("agent");
  return agent
    .summary("serve the guest agent protocol")
    .description("Serves QEMU's guest agent protocol. Takes qemu-ga's options and configuration file.")
    .usage("[-m METHOD] [-p PATH] [options]")
    .optionsGroup("The channel:")
    .option(
      "-m, --method <name>",
      "virtio-serial, isa-serial, unix-listen, unix-connect or stdio; default virtio-serial",
    )
    .option("-p, --path <path>", "the device or the socket; virtio-serial and isa-serial have a default")
    .option("-r, --retry-path", "keep trying to open the channel")
    .option("--baud <n>", "the speed of isa-serial; default 38400", wholeNumber)
    .option("--fd <n>", "serve an inherited descriptor instead", wholeNumber)
    .optionsGroup("Commands:")
    .option("-b, --block-rpcs <list>", "disable these; 'help' or '?' prints all names", append)
    .option("-a, --allow-rpcs <list>", "enable only these; 'help' or '?' prints all names", append)
    .option("--plugin <module>", "add those of a plugin; may be given several times", append)
    .option("--watch", "start the agent again when a plugin's files change")
    .option("-F, --fsfreeze-hook [file]", "taken for -D; nothing freezes file systems yet")
    .optionsGroup("Configuration and files:")
    .option("-c, --config <file>", "the configuration file; it has to be there")
    .option("-D, --dump-conf", "print the configuration as a file, and do nothing else")
    .option("-t, --statedir <dir>", "the folder for state; default /var/run")
    .option("-d, --daemonize", "go to the background")
    .option("-f, --pidfile <file>", "its process id, with -d; default /var/run/qemu-ga.pid")
    .optionsGroup("Log:")
    .option("-l, --logfile <file>", "append to this file; without it the log goes to stderr")
    .option("-v, --verbose", "log all; without it only what is of level error or critical")
    .optionsGroup("The engine:")
    .addOption(
      new Option(
        "--core <engine>",
        `the engine; default ${DEFAULT_ENGINE}, or js where there is no WebAssembly`,
      ).choices(Object.keys(ENGINES)),
    )
    .option("--limit <name=value>", "change a limit, see below; may be given several times", append)
    .optionsGroup("Information:")
    .option("-V, --version", "print the version")
    .helpOption("-h, --help", "print this page")
    .addHelpText("after", help)
    .action(async (flags: AgentFlags) => {
      const { runAgent } = await import("./run-agent.ts");
      await runAgent(flags, agentOptions(agent, process.argv.slice(3)));
    });
}

/** What was typed behind `guestwire agent`, with each option spelled out. Throws a Mistake. */
export function agentOptions(agent: Command, words: readonly string[]): string[] {
  return new Getopt(NAME, agent.createHelp().visibleOptions(agent), ALIASES).read(words);
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It takes a whole number.");
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
