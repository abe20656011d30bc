#!/usr/bin/env node
// The command line's entry.

import { outputText } from "./output.ts";
import { outputStatus, run } from "./program.ts";

// Node would open its debugger's port. A process without a handler ends by the signal.
process.once("SIGUSR1", () => process.kill(process.pid, "SIGUSR1"));

const args = process.argv.slice(2);

process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
  // Somebody who closes the pipe has read enough: `guestwire --help | head -1`.
  if (code === "EPIPE") process.exit();
  process.stderr.write(`guestwire: ${outputText(code)}\n`);
  process.exit(outputStatus(args));
});
// There is nowhere left to say so.
process.stderr.on("error", () => {});

// Not awaited here: in the one file the modules that the commands load are evaluated after this one.
void run(args).then((status) => (process.exitCode = status));
