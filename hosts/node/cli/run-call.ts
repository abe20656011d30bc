// What `guestwire call` does: connects, calls, and prints the answer when all is closed.

import { text } from "node:stream/consumers";
import { AgentError } from "../../common/client/index.ts";
import { parseObject } from "./arguments.ts";
import type { CallFlags } from "./call-command.ts";
import { Failure, STATUS } from "./failure.ts";
import { Mistake } from "./mistake.ts";
import { expectResults } from "./output.ts";
import { jsonText } from "./printable.ts";
import { RawReply } from "./raw-reply.ts";
import { milliseconds } from "./seconds.ts";
import { Target, asFailure, isTimeOut } from "./target.ts";

/** Throws a Mistake or a Failure. */
export async function runCall(target: string, name: string, json: string | undefined, flags: CallFlags): Promise<void> {
  const args = json === undefined ? undefined : parseObject("JSON", json === "-" ? await readStdin() : json);
  const reply = new RawReply();
  try {
    const value = await call(reply, target, name, args, flags.timeout);
    // Silence is success too, of some commands: then there is nothing to print.
    if (value === undefined) return;
    process.stdout.write(flags.raw ? reply.bytes : `${jsonText(value, process.stdout.isTTY)}\n`);
  } catch (error) {
    if (flags.raw && error instanceof AgentError) process.stdout.write(reply.bytes);
    throw asFailure(error, target);
  }
}

async function call(
  reply: RawReply,
  path: string,
  name: string,
  args: object | undefined,
  seconds: number,
): Promise<unknown> {
  const timeoutMs = milliseconds(seconds);
  const start = performance.now();
  const target = new Target(path);
  const client = await target.connect(reply.of(await target.open()), { timeoutMs });
  expectResults();
  const left = timeoutMs && Math.max(1, Math.round(timeoutMs - (performance.now() - start)));
  try {
    return await client.executeUntyped(name, args, { timeoutMs: left });
  } catch (error) {
    if (!isTimeOut(error)) throw error;
    const advice = "it may still run; --timeout gives it longer";
    throw new Failure(STATUS.noAnswer, `${path}: no answer to ${name} within ${seconds} s; ${advice}`);
  } finally {
    await client.close();
  }
}

async function readStdin(): Promise<string> {
  let json: string;
  try {
    json = await text(process.stdin);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Mistake(`stdin cannot be read (${code}); give a JSON object there, or in place of -`);
  }
  if (json.trim() === "") throw new Mistake("stdin is empty; give a JSON object there, or in place of -");
  return json;
}
