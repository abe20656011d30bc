// The option --timeout.

import { type Command, InvalidArgumentError, Option } from "commander";
import { LONGEST_MS } from "../../common/range.ts";

/** Adds `--timeout`, in seconds. */
export function addTimeout(command: Command, what: string, seconds: number): Command {
  const option = new Option("--timeout <seconds>", `${what}; fractions are fine, 0: never`);
  return command.addOption(option.default(seconds).argParser(parseSeconds));
}

/** So many seconds as milliseconds: at least one, for none would be no time-out. */
export function milliseconds(seconds: number): number {
  return seconds === 0 ? 0 : Math.max(1, Math.round(seconds * 1000));
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (/^(\d+\.?\d*|\.\d+)$/.test(text) && seconds * 1000 <= LONGEST_MS) return seconds;
  throw new InvalidArgumentError(`It takes seconds, from 0 to ${Math.floor(LONGEST_MS / 1000)}.`);
}
