// Mistakes of whoever types the command: told in one line that says what to do.

import { CommanderError } from "commander";
import { Failure } from "./failure.ts";
import { inOneLine } from "./printable.ts";

/** A mistake in what was typed, or in what it names. */
export class Mistake extends Error {}

/** The line that tells a mistake made with this command, or its failure. Throws on what is neither, but our mistake. */
export function mistakeOf(error: unknown, command: string): string {
  if (error instanceof CommanderError) {
    const text = oneLine(error.message.replace(/^error: /, "")).replace(/\.$/, "");
    return text.includes("--help'") ? text : `${text}; see '${command} --help'`;
  }
  // By name: the class of the library is loaded by those commands only that need it.
  const isKnown = error instanceof Mistake || error instanceof Failure;
  if (isKnown || (error instanceof Error && error.name === "GuestwireError")) return oneLine(error.message);
  throw error;
}

/** Longer lines lose their middle: what is to be done stands at the end. */
const MOST_CHARS = 1000;

function oneLine(text: string): string {
  const line = inOneLine(text.replace(/\s*\n\s*/g, " "));
  return line.length <= MOST_CHARS ? line : `${line.slice(0, MOST_CHARS / 2)} … ${line.slice(-MOST_CHARS / 2)}`;
}
