// Where the agent's log goes: stderr, or a file.

import { closeSync, constants, openSync, writeSync } from "node:fs";
import type { Logger, LogLevel } from "../../common/index.ts";
import { Mistake } from "./mistake.ts";
import { inOneLine } from "./printable.ts";

const STDERR = 2;

/** What is logged without --verbose. */
const GRAVE: ReadonlySet<LogLevel> = new Set(["error", "critical"]);

/** A log with an end. */
export interface Log extends Logger {
  close(): void;
}

/**
 * Opens the log: the file, to which it appends, or stderr where none is named. It takes records of the general domain,
 * and of those only errors and critical ones unless `verbose`. A record that cannot be written is lost: a full disk must
 * not stop the agent. Throws a Mistake where the file cannot be opened.
 */
export function openLog(file: string | undefined, verbose: boolean): Log {
  const target = file === undefined ? STDERR : openFile(file);
  return {
    log(level, domain, message) {
      if (domain !== "general" || !(verbose || GRAVE.has(level))) return;
      try {
        writeSync(target, logLine(Date.now(), level, message));
      } catch {
        // There is nowhere left to say so.
      }
    },
    close() {
      if (target !== STDERR) closeSync(target);
    },
  };
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
  if (file === "") throw new Mistake("say which file the log goes to: -l FILE");
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
