// The shell's own commands: they begin with a dot, which no command of an agent does.

import { Mistake } from "../mistake.ts";
import type { Shell } from "./shell.ts";
import { columns } from "./table.ts";

interface OwnCommand {
  readonly usage: string;
  readonly summary: string;
  /** What may stand behind it; none: nothing. */
  readonly choices: readonly string[];
  /** Returns what to print, if anything. */
  run(shell: Shell, choice: string, signal: AbortSignal | undefined): string | void | Promise<string | void>;
}

export const OWN_COMMANDS: Readonly<Record<string, OwnCommand>> = {
  ".help": {
    usage: ".help",
    summary: "print this list",
    choices: [],
    run: () =>
      columns([...AGENTS_OWN, ...Object.values(OWN_COMMANDS).map((own) => [own.usage, own.summary])]).join("\n"),
  },
  ".info": {
    usage: ".info",
    summary: "print where the agent is, and which one",
    choices: [],
    run: async (shell, _, signal) => {
      const { version, supported_commands: commands } = await shell.reach().info({ signal });
      const rows = [
        ["target", shell.target],
        ["state", shell.client.state],
        ["agent", `version ${version}, ${commands.length} commands`],
      ];
      return columns(rows).join("\n");
    },
  },
  ".sync": {
    usage: ".sync",
    summary: "get into step with it again",
    choices: [],
    run: (shell, _, signal) => shell.reach().sync({ signal }),
  },
  ".stats": {
    usage: ".stats",
    summary: "print counters of this session",
    choices: [],
    run: ({ client }) => {
      const { calls, resyncs, bytesDiscarded, lateReplies } = client.stats;
      const rows = Object.entries({ calls, resyncs, "bytes discarded": bytesDiscarded, "late replies": lateReplies });
      return columns(rows.map(([name, count]) => [name, String(count)])).join("\n");
    },
  },
  ".trace": {
    usage: ".trace on|off",
    summary: "show the bytes in both directions, or no more",
    choices: ["on", "off"],
    run: (shell, choice) => {
      shell.tracer.isOn = choice === "on";
    },
  },
  ".exit": {
    usage: ".exit",
    summary: "leave; so does Ctrl-D",
    choices: [],
    run: (shell) => {
      shell.isOver = true;
    },
  },
};

const AGENTS_OWN = [
  ["COMMAND", "call a command of the agent"],
  ["COMMAND {JSON}", "the same, with arguments"],
  ['{"execute": …}', "the same, as it goes over the wire"],
];

/** Throws a Mistake where there is none such. */
export async function runOwn(
  shell: Shell,
  name: string,
  argument: string,
  signal: AbortSignal | undefined,
): Promise<string | void> {
  const own = Object.hasOwn(OWN_COMMANDS, name) ? OWN_COMMANDS[name] : undefined;
  if (own === undefined) throw new Mistake(`there is no ${name}; see .help`);
  const fits = own.choices.length === 0 ? argument === "" : own.choices.includes(argument);
  if (!fits) throw new Mistake(`it is ${own.usage}`);
  return own.run(shell, argument, signal);
}
