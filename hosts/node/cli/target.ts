// What TARGET names, as a transport, and how it is told what went wrong with it.

import { type Stats, fstatSync, statSync } from "node:fs";
import { isatty } from "node:tty";
import { AgentError, CallError, type GuestClient, connect } from "../../common/client/index.ts";
import { GuestwireError, type Transport } from "../../common/index.ts";
import { openDevice } from "../device.ts";
import { connectUnix } from "../unix.ts";
import { Failure, STATUS } from "./failure.ts";
import { Mistake } from "./mistake.ts";
import { inOneLine } from "./printable.ts";

/**
 * Opens a unix socket or a terminal device. Throws a Mistake where the path can be neither, and a GuestwireError where it
 * could become one.
 */
export async function openTarget(target: string): Promise<Transport> {
  if (target === "") throw new Mistake("name the agent's socket or device");
  const found = lookAt(target);
  if (found === undefined || found.isSocket()) return connectUnix(target);
  if (!found.isCharacterDevice()) throw new Mistake(`${target} is neither a socket nor a device; name one`);
  if (isOwnTerminal(found)) throw new Mistake(`${target} is the terminal you type at; name another device`);
  return openDevice(target);
}

/** The end of the run that an error of a client or a transport means. What is no such error stays as it is. */
export function asFailure(error: unknown, target: string): unknown {
  if (error instanceof AgentError) {
    const text = inOneLine(`${error.errorClass}: ${error.message}`);
    return new Failure(STATUS.agentError, text, { cause: error });
  }
  if (!(error instanceof GuestwireError)) return error;
  const text = error instanceof CallError ? `${target}: ${error.message}` : error.message;
  return new Failure(STATUS.noAnswer, text, { cause: error });
}

/** Connects a client within so many milliseconds, 0: whenever that is. Throws a Failure where nobody answers. */
export async function connectTo(target: string, transport: Transport, timeoutMs: number): Promise<GuestClient> {
  try {
    return await connect(transport, { timeoutMs });
  } catch (error) {
    if (!isTimeOut(error)) throw error;
    const why = "its agent does not run, or talks to somebody else";
    const text = `${target}: no answer to a sync within ${timeoutMs / 1000} s; ${why}`;
    throw new Failure(STATUS.noAnswer, text, { cause: error });
  }
}

/** Whether a client waited in vain. */
export function isTimeOut(error: unknown): boolean {
  return error instanceof CallError && error.code === "GW_ERR_TIMEOUT";
}

function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Whether it is the terminal that this program was started at: raw mode would stay with it. */
function isOwnTerminal({ rdev }: Stats): boolean {
  const own = [0, 1, 2].filter((fd) => isatty(fd)).map((fd) => fstatSync(fd));
  return own.some((terminal) => terminal.rdev === rdev) || lookAt("/dev/tty")?.rdev === rdev;
}
