// Replays the whole corpus on an agent that listens on a unix socket, each case on a connection of its own.

import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { connectUnix } from "guestwire/node";
import { runConformance } from "guestwire/testing";
import { Program, listens, temporaryFolder } from "../hosts/rig.ts";

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
  assert.deepEqual(await runConformance(() => connectUnix(path)), { passed: 795, failed: [] });
  agent.kill("SIGTERM");
  assert.equal((await agent.ended).status, 0);
}
