// All cases of the corpus against the C host, over a unix socket, and against the one that is built with sanitizers.

import { test } from "node:test";
import { buildCHost, skipCHost } from "../c-host.ts";
import { replayCorpus } from "./replay.ts";

for (const which of ["plain", "sanitized"] as const) {
  test(`the corpus on the C host, ${which}`, { skip: skipCHost }, (t) =>
    replayCorpus(t, buildCHost(which), (path) => ["--listen", path, "--limit", "errorsInRow=0"]),
  );
}
