// A WASI runtime for one command, in which a test decides what each read and write comes to. Time passes only in waits.

import { readFileSync } from "node:fs";
import { AGENT } from "../wasi.ts";

export const AGAIN = 6;
export const INTR = 27;
export const IO = 29;
export const NOTSUP = 58;
export const PIPE = 64;

export const CHARACTER_DEVICE = 2;
export const SOCKET = 6;
const NONBLOCK = 4;

/** Thrown out of the command: the test has nothing more to say. */
const OVER = new Error("over");

class Exit extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`exit ${status}`);
    this.status = status;
  }
}

/** What a read comes to: bytes in latin-1, the end of the file (""), or an errno. */
export type Read = string | number;

/** What a write of so many bytes comes to, after what happened so far: how many are taken, or an errno as a negative number. */
export type Write = (count: number, sofar: Outcome) => number;

export interface Settings {
  /** One read after the other; behind the last one the command is stopped. */
  readonly reads: readonly Read[];
  /** Stdin's type. Default: a socket. */
  readonly type?: number;
  /** Stdin does not block. */
  readonly nonblocking?: boolean;
  /** Fails fd_fdstat_get. */
  readonly statErrno?: number;
  /** Fails waits for stdin. */
  readonly pollErrno?: number;
  readonly stdout?: Write;
  readonly stderr?: Write;
}

export interface Outcome {
  stdout: string;
  stderr: string;
  /** Each wait: milliseconds, or for stdin. */
  readonly waits: (number | "stdin")[];
  /** How many reads were made. */
  reads: number;
  /** The exit status; undefined where it still ran. */
  status: number | undefined;
}

/** Runs agent-wasi.wasm. */
export function runFake(settings: Settings): Outcome {
  const outcome: Outcome = { stdout: "", stderr: "", waits: [], reads: 0, status: undefined };
  let memory: WebAssembly.Memory;
  const view = (): DataView => new DataView(memory.buffer);
  const vector = (at: number): Buffer =>
    Buffer.from(memory.buffer, view().getUint32(at, true), view().getUint32(at + 4, true));

  const wasi = {
    fd_fdstat_get(fd: number, stat: number): number {
      if (fd !== 0 || settings.statErrno !== undefined) return settings.statErrno ?? NOTSUP;
      view().setUint8(stat, settings.type ?? SOCKET);
      view().setUint16(stat + 2, settings.nonblocking ? NONBLOCK : 0, true);
      return 0;
    },
    fd_read(_fd: number, vectors: number, _count: number, size: number): number {
      const read = settings.reads[outcome.reads++];
      if (read === undefined) throw OVER;
      if (typeof read === "number") return read;
      view().setUint32(size, vector(vectors).write(read, "latin1"), true);
      return 0;
    },
    fd_write(fd: number, vectors: number, _count: number, size: number): number {
      const bytes = vector(vectors);
      const result = (fd === 1 ? settings.stdout : settings.stderr)?.(bytes.length, outcome) ?? bytes.length;
      if (result < 0) return -result;
      outcome[fd === 1 ? "stdout" : "stderr"] += bytes.toString("latin1", 0, result);
      view().setUint32(size, result, true);
      return 0;
    },
    poll_oneoff(subscription: number, event: number, _count: number, size: number): number {
      const isClock = view().getUint8(subscription + 8) === 0;
      if (!isClock && settings.pollErrno !== undefined) return settings.pollErrno;
      outcome.waits.push(isClock ? Number(view().getBigUint64(subscription + 24, true)) / 1e6 : "stdin");
      view().setUint16(event + 8, 0, true);
      view().setUint32(size, 1, true);
      return 0;
    },
    proc_exit(status: number): never {
      throw new Exit(status);
    },
  };
  const { exports } = new WebAssembly.Instance(MODULE, { wasi_snapshot_preview1: wasi });
  memory = exports["memory"] as WebAssembly.Memory;
  try {
    (exports["_start"] as () => void)();
    outcome.status = 0;
  } catch (error) {
    if (error instanceof Exit) outcome.status = error.status;
    else if (error !== OVER) throw error;
  }
  return outcome;
}

const MODULE = new WebAssembly.Module(readFileSync(AGENT));
