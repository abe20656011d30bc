// A shell whose lines come from a file or a pipe: they run in order, up to the first that fails.

import { createInterface } from "node:readline";
import { Failure } from "../failure.ts";
import { Mistake } from "../mistake.ts";
import { painter } from "../paint.ts";
import { asFailure } from "../target.ts";
import type { Screen } from "./screen.ts";
import type { Shell } from "./shell.ts";

export const scriptScreen: Screen = {
  paint: painter(process.stderr),
  isForPeople: false,
  print: (text) => void process.stdout.write(`${text}\n`),
  note: (text) => void process.stderr.write(`${text}\n`),
};

/** Throws a Mistake or a Failure, with the line's number. */
export async function runScript(shell: Shell): Promise<void> {
  let number = 0;
  try {
    for await (const line of createInterface({ input: process.stdin })) {
      number++;
      if (!line.trimStart().startsWith("#")) await shell.run(line);
      if (shell.isOver) return;
    }
  } catch (error) {
    throw atLine(number, asFailure(error, shell.target));
  } finally {
    // Who writes the lines may have more of them, later.
    process.stdin.destroy();
  }
}

function atLine(number: number, error: unknown): unknown {
  if (error instanceof Mistake) return new Mistake(`line ${number}: ${error.message}`);
  return error instanceof Failure ? new Failure(error.status, `line ${number}: ${error.message}`) : error;
}
