// Replays the whole corpus on an agent that listens on a unix socket, each case on a connection of its own.

import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { Client, Program, listens, temporaryFolder } from "../hosts/rig.ts";
import { sync, synced } from "../peer.ts";
import { CASES, type Case, matches } from "./corpus.ts";

async function replay(path: string, one: Case, id: number): Promise<void> {
  const client = await Client.connect(path);
  await client.ask(sync(id), synced(id));
  for (const chunk of [...one.send, sync(id + 1)]) void client.send(chunk);
  const reply = (await client.until(synced(id + 1))).slice(0, -synced(id + 1).length);
  client.reset();
  if (!matches(one, reply)) assert.equal(reply, one.reply, one.name);
}

/**
 * Starts the agent in a new folder, with the arguments that `argsOf` makes of that folder and of the path of its socket,
 * replays all cases and ends it with SIGTERM, which must be a clean end.
 */
export async function replayCorpus(
  t: TestContext,
  file: string,
  argsOf: (path: string, folder: string) => string[],
): Promise<void> {
  const folder = temporaryFolder(t);
  const path = join(folder, "socket");
  const agent = new Program(t, file, argsOf(path, folder));
  await listens(agent, path);
  let id = 1000;
  for (const one of CASES) await replay(path, one, (id += 2));
  agent.kill("SIGTERM");
  assert.equal((await agent.ended).status, 0);
}
