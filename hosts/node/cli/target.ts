// What TARGET names, as a transport, and how it is told what went wrong with it.

import { type Stats, fstatSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { isatty } from "node:tty";
import { AgentError, CallError, type ClientOptions, type GuestClient, connect } from "../../common/client/index.ts";
import { GuestwireError, type Transport } from "../../common/index.ts";
import { NotATerminal, openSaving, restoreSettings } from "../device.ts";
import { checkSocketPath } from "../socket-file.ts";
import { connectUnix } from "../unix.ts";
import { Failure, STATUS } from "./failure.ts";
import { Mistake } from "./mistake.ts";
import { inOneLine } from "./printable.ts";

/** The signals that end a program that connects. */
const ENDS = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/** The longest wait between two tries to open a target that is tried again, in milliseconds: someone waits for it. */
export const LONGEST_PAUSE_MS = 500;

/** A unix socket or a terminal device. */
export class Target {
  readonly path: string;
  /** What a device was set to before it was opened first. */
  private settings: string | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Opens it. Throws a Mistake where it can be neither, and a GuestwireError where it could become one. */
  async open(): Promise<Transport> {
    const { path } = this;
    if (path === "") throw new Mistake("name the agent's socket or device");
    const found = lookAt(path);
    if (found === undefined || found.isSocket()) return openSocket(path);
    if (!found.isCharacterDevice()) throw new Mistake(`${path} is neither a socket nor a device; name one`);
    if (isOwnTerminal(found)) throw new Mistake(`${path} is the terminal you type at; name another device`);
    try {
      const { transport, settings } = await openSaving(path);
      this.settings ??= settings;
      return transport;
    } catch (error) {
      throw error instanceof NotATerminal ? new Mistake(error.message) : error;
    }
  }

  /**
   * Connects a client. Where nobody answers, or the program is ended meanwhile, a device gets its settings back: it may be
   * somebody's terminal.
   */
  async connect(transport: Transport, options: ClientOptions): Promise<GuestClient> {
    const end = (signal: NodeJS.Signals): void => {
      this.restore();
      process.kill(process.pid, signal);
    };
    for (const signal of ENDS) process.once(signal, end);
    try {
      return await connect(transport, options);
    } catch (error) {
      this.restore();
      if (!isTimeOut(error)) throw error;
      const why = "its agent does not run, or talks to somebody else";
      const text = `${this.path}: no answer to a sync within ${(options.timeoutMs ?? 0) / 1000} s; ${why}`;
      throw new Failure(STATUS.noAnswer, text, { cause: error });
    } finally {
      for (const signal of ENDS) process.off(signal, end);
    }
  }

  private restore(): void {
    if (this.settings !== undefined) restoreSettings(this.path, this.settings);
  }
}

/** The end of the run that an error of a client or a transport means. What is no such error stays as it is. */
export function asFailure(error: unknown, target: string): unknown {
  if (error instanceof AgentError) {
    const text = inOneLine(`${error.errorClass}: ${error.message}`);
    return new Failure(STATUS.agentError, text, { cause: error });
  }
  if (!(error instanceof GuestwireError)) return error;
  // An option of the library, which the command line has not.
  const message = error.message.replace(/; raise replyBytes$/, "");
  const text = error instanceof CallError ? `${target}: ${message}` : message;
  return new Failure(STATUS.noAnswer, text, { cause: error });
}

/** Whether a client waited in vain. */
export function isTimeOut(error: unknown): boolean {
  return error instanceof CallError && error.code === "GW_ERR_TIMEOUT";
}

function openSocket(path: string): Promise<Transport> {
  try {
    checkSocketPath(path);
  } catch (error) {
    throw new Mistake((error as Error).message);
  }
  return connectUnix(path);
}

/** Undefined where nothing is there that one can see. */
function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOTDIR") return undefined;
    throw new Mistake(`${dirname(path)} is not a folder; name another path`);
  }
}

/** Whether it is the terminal that this program was started at: raw mode would stay with it. */
function isOwnTerminal({ rdev }: Stats): boolean {
  const own = [0, 1, 2].filter((fd) => isatty(fd)).map((fd) => fstatSync(fd));
  return own.some((terminal) => terminal.rdev === rdev) || lookAt("/dev/tty")?.rdev === rdev;
}
