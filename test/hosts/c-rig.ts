// What the tests of the C host share.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { Program, type RunningAgent, listens, temporaryFolder } from "./rig.ts";

export const MB = 1_000_000;
export const PING = '{"execute":"guest-ping"}';
export const PONG = '{"return": {}}\n';

/** Runs the program to its end, with this in latin-1 on its standard input. */
export function runCHost(file: string, input: string, ...args: string[]) {
  const options = { input: Buffer.from(input, "latin1"), encoding: "latin1", maxBuffer: 100 * MB } as const;
  const { status, stdout, stderr } = spawnSync(file, args, options);
  return { status, stdout, stderr };
}

/** Starts it on a socket, with a program that is to run it in front where one is given, and waits until it listens. */
export async function startCHost(
  t: TestContext,
  file: string,
  options: string[] = [],
  wrapper: string[] = [],
): Promise<RunningAgent> {
  const path = join(temporaryFolder(t), "socket");
  const [command = "", ...args] = [...wrapper, file, "--listen", path, ...options];
  const program = new Program(t, command, args);
  await listens(program, path);
  return { path, program };
}
