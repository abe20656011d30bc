// Where the agent's log goes: stderr, or a file.

import { closeSync, constants, openSync, writeSync } from "node:fs";
import type { LogDomain, Logger, LogLevel } from "../../common/index.ts";
import { fullPath } from "./full-path.ts";
import { Mistake } from "./mistake.ts";
import { inOneLine } from "./printable.ts";

const STDERR = 2;

/** What is logged without --verbose. */
const GRAVE: ReadonlySet<LogLevel> = new Set(["error", "critical"]);

/** The records that are kept in memory while nothing may be written. */
const HELD = 100;

/**
 * A log that can be opened anew, and held. It takes records of the general domain, and of those only errors and critical ones
 * unless it is verbose. A record that cannot be written is lost: a full disk must not stop the agent.
 */
export class Log implements Logger {
  private readonly file: string | undefined;
  private readonly verbose: boolean;
  /** Undefined until the first `release` of one that is held from the start. */
  private target: number | undefined;
  /** The file is to be opened before the next record is written. */
  private isStale = false;
  /** The records of a log that is held. */
  private held: string[] | undefined;
  /** Whether a record was cut off: the disk was full, or a pipe. */
  private isTorn = false;

  /** Appends to the file, or writes to stderr. Throws a Mistake where the file cannot be opened, unless `held`. */
  constructor(file: string | undefined, verbose: boolean, held = false) {
    if (file === "") throw new Mistake("say which file the log goes to: -l FILE");
    this.file = file === undefined ? undefined : fullPath(file);
    this.verbose = verbose;
    if (held) this.hold();
    if (this.file === undefined) this.target = STDERR;
    else if (held) this.isStale = true;
    else this.target = openFile(this.file);
  }

  log(level: LogLevel, domain: LogDomain, message: string): void {
    if (domain !== "general" || !(this.verbose || GRAVE.has(level))) return;
    const line = logLine(Date.now(), level, message);
    if (this.held === undefined) this.write(line);
    else if (this.held.length < HELD) this.held.push(line);
  }

  /** Opens the file of this name again, for what was there may have been moved. Where it cannot, it keeps the old one. */
  reopen(): void {
    this.isStale = this.file !== undefined;
    if (this.held === undefined) this.refresh();
  }

  /** From now on records wait: the file may lie on a file system that is frozen, and writing would never return. */
  hold(): void {
    this.held ??= [];
  }

  /** Writes the records that waited, the oldest hundred of them. */
  release(): void {
    const held = this.held ?? [];
    this.held = undefined;
    this.refresh();
    for (const line of held) this.write(line);
  }

  /** What still waits goes to stderr, for it cannot go to the file. */
  close(): void {
    for (const line of this.held ?? []) writeTo(STDERR, Buffer.from(line));
    if (this.target !== undefined && this.target !== STDERR) closeSync(this.target);
    this.target = STDERR;
  }

  private refresh(): void {
    if (!this.isStale || this.file === undefined) return;
    this.isStale = false;
    const old = this.target;
    try {
      this.target = openFile(this.file);
      this.isTorn = false;
    } catch (error) {
      this.target ??= STDERR;
      const text = `${(error as Error).message}; the log goes on where it was`;
      this.log("error", "general", text);
      // Nobody may read the old file any more. A daemon's stderr is nobody's.
      if (this.target !== STDERR) writeTo(STDERR, Buffer.from(logLine(Date.now(), "error", text)));
      return;
    }
    if (old !== undefined && old !== STDERR) closeSync(old);
  }

  private write(line: string): void {
    const bytes = Buffer.from(this.isTorn ? `\n${line}` : line);
    const written = writeTo(this.target ?? STDERR, bytes);
    if (written > 0) this.isTorn = written < bytes.length;
  }
}

/** Returns how many bytes went out: there is nowhere left to say that they did not. */
function writeTo(target: number, bytes: Uint8Array): number {
  try {
    return writeSync(target, bytes);
  } catch {
    return 0;
  }
}

/**
 * A record as qemu-ga writes it, `SECONDS.MICROSECONDS: LEVEL: TEXT` (PROTOCOL 7.5), at this time in whole milliseconds:
 * the only clock with finer digits does not follow when the time is set, as it is in a guest that is resumed.
 */
function logLine(ms: number, level: LogLevel, message: string): string {
  const fraction = String(ms % 1000).padStart(3, "0");
  return `${Math.floor(ms / 1000)}.${fraction}000: ${level}: ${inOneLine(message)}\n`;
}

function openFile(file: string): number {
  const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;
  try {
    // Not blocking, or a named pipe that nobody reads would hold the agent up.
    return openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o666);
  } catch (error) {
    throw asMistake(file, error as NodeJS.ErrnoException);
  }
}

function asMistake(file: string, error: NodeJS.ErrnoException): Error {
  switch (error.code) {
    case "EISDIR":
      return new Mistake(`the log file ${file} is a folder; name a file with -l`);
    case "ENOENT":
      return new Mistake(`the folder of the log file ${file} is not there; create it or name another file with -l`);
    default:
      return new Mistake(`the log file ${file} cannot be opened (${error.code}); name another with -l`);
  }
}
