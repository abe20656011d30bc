// Mistakes of whoever types the command: told in one line that says what to do.

import { CommanderError } from "commander";

/** A mistake in what was typed, or in what it names. */
export class Mistake extends Error {}

/** The line that tells a mistake made with this command. Throws on what is no mistake of the user, but ours. */
export function mistakeOf(error: unknown, command: string): string {
  if (error instanceof CommanderError) {
    const text = inOneLine(error.message.replace(/^error: /, "")).replace(/\.$/, "");
    return text.includes("--help'") ? text : `${text}; see '${command} --help'`;
  }
  // By name: the class of the library is loaded by those commands only that need it.
  if (error instanceof Mistake || (error instanceof Error && error.name === "GuestwireError")) {
    return inOneLine(error.message);
  }
  throw error;
}

function inOneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ");
}
