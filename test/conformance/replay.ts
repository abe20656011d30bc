// Replays the whole corpus on an agent that listens on a unix socket, each case on a connection of its own.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type Socket, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sync, synced } from "../peer.ts";
import { CASES, type Case, matches } from "./corpus.ts";

async function connected(path: string): Promise<Socket> {
  const socket = connect(path);
  await once(socket, "connect");
  return socket;
}

/** Waits until somebody listens. */
async function listening(path: string, agent: ChildProcess): Promise<void> {
  for (;;) {
    try {
      (await connected(path)).destroy();
      return;
    } catch (error) {
      if (agent.exitCode !== null) throw new Error(`the agent went with status ${agent.exitCode}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Writes and reads on until the answer ends so. */
async function until(socket: Socket, chunks: readonly string[], end: string): Promise<string> {
  const pieces: string[] = [];
  let tail = "";
  const done = new Promise<void>((resolve, reject) => {
    socket.on("data", (bytes: Buffer) => {
      const piece = bytes.toString("latin1");
      pieces.push(piece);
      tail = (tail + piece).slice(-end.length);
      if (tail === end) resolve();
    });
    socket.once("close", () => reject(new Error(`closed after ${JSON.stringify(pieces.join("").slice(-300))}`)));
  });
  for (const chunk of chunks) socket.write(chunk, "latin1");
  await done;
  socket.removeAllListeners("data").removeAllListeners("close");
  return pieces.join("").slice(0, -end.length);
}

async function replay(path: string, one: Case, id: number): Promise<void> {
  const socket = await connected(path);
  await until(socket, [sync(id)], synced(id));
  const reply = await until(socket, [...one.send, sync(id + 1)], synced(id + 1));
  socket.destroy();
  if (!matches(one, reply)) assert.equal(reply, one.reply, one.name);
}

/**
 * Starts the agent in a new folder, with the arguments that `argsOf` makes of that folder and of the path of its socket,
 * replays all cases and ends it with SIGTERM, which must be a clean end.
 */
export async function replayCorpus(file: string, argsOf: (path: string, folder: string) => string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "guestwire-corpus-"));
  const path = join(folder, "socket");
  const agent = spawn(file, argsOf(path, folder), { stdio: ["ignore", "ignore", "inherit"] });
  const exited = once(agent, "exit");
  try {
    await listening(path, agent);
    let id = 1000;
    for (const one of CASES) await replay(path, one, (id += 2));
  } finally {
    agent.kill("SIGTERM");
    await exited;
    rmSync(folder, { recursive: true, force: true });
  }
  assert.equal(agent.exitCode, 0);
}
