#!/usr/bin/env node
// The command line's entry.

import { run } from "./program.ts";

// Somebody who closes the pipe has read enough: `guestwire --help | head -1`.
process.stdout.on("error", () => process.exit());

process.exitCode = await run(process.argv.slice(2));
