// All cases of the corpus against the command line, over a unix socket.

import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { replayCorpus } from "./replay.ts";

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

for (const core of ["js", "wasm"]) {
  test(`the corpus on the command line with --core ${core}`, (t) =>
    replayCorpus(t, process.execPath, (path, folder) => {
      const place = ["-m", "unix-listen", "-p", path, "-t", folder];
      return [CLI, "agent", ...place, "--core", core, "--limit", "errorsInRow=0"];
    }));
}
