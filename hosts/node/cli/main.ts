#!/usr/bin/env node
// The command line's entry.

import { run } from "./program.ts";

process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
  // Somebody who closes the pipe has read enough: `guestwire --help | head -1`.
  if (code === "EPIPE") process.exit();
  process.stderr.write(`guestwire: the output cannot be written (${code})\n`);
  process.exit(1);
});
// There is nowhere left to say so.
process.stderr.on("error", () => {});

process.exitCode = await run(process.argv.slice(2));
