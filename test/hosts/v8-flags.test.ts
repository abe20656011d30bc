// What the command line sets of V8.

import { join } from "node:path";
import { test } from "node:test";
import { CLI, Client, Program, listens, temporaryFolder } from "./rig.ts";

const MANY = `${'{"execute":"guest-info"}\n'.repeat(100)}{"execute":"guest-ping","id":"last"}\n`;

// V8 has collected to save memory, as its words are.
const SAVED = "Mark-Compact (reduce)";

test("what the start took is given back, also while the agent works", { timeout: 60_000 }, async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const program = new Program(t, process.execPath, ["--trace-gc", CLI, "agent", "-m", "unix-listen", "-p", path]);
  await listens(program, path);
  const client = await Client.connect(path);
  // So much garbage that V8 by itself would look again and again, in vain.
  while (!program.stdout.includes(SAVED)) await client.ask(MANY, '"last"}\n');
  client.reset();
});
