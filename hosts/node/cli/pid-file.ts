// The file with the agent's process id, which no second agent may have. qemu-ga locks it, and Node knows no locks: an agent keeps
// the file open as long as it lives, and whoever comes looks whether the process that the file names has it open. So we see a live
// qemu-ga, which has it open too; qemu-ga, which looks for a lock only, does not see us.

import {
  type BigIntStats,
  closeSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { fileAt, isSameFile, removeOwn } from "../socket-file.ts";
import { fullPath } from "./full-path.ts";
import { Mistake } from "./mistake.ts";

/** How often one that is gone again is looked at: two that start at once get in each other's way. */
const ATTEMPTS = 10;

export class PidFile {
  private readonly path: string;
  private readonly target: number;
  private readonly own: BigIntStats;

  /**
   * Writes the file, in the place of one that a dead agent has left behind. Throws a Mistake where a live agent has it, or where
   * it cannot be written.
   */
  constructor(path: string) {
    if (path === "") throw new Mistake("say which file the process id goes to: -f FILE");
    this.path = fullPath(path);
    // Whole before it has its name, so that nobody reads half of it.
    const draft = `${this.path}.${process.pid}`;
    try {
      removeAt(draft);
      this.target = openSync(draft, "wx+", 0o600);
    } catch (error) {
      throw unusable(this.path, error as NodeJS.ErrnoException);
    }
    try {
      writeSync(this.target, `${process.pid}\n`);
      this.own = fstatSync(this.target, { bigint: true });
      claim(draft, this.path);
    } catch (error) {
      closeSync(this.target);
      throw error instanceof Mistake ? error : unusable(this.path, error as NodeJS.ErrnoException);
    } finally {
      removeAt(draft);
    }
  }

  /** Removes the file, should it still be this one, and nobody else's: qemu-ga writes over one that it finds. */
  remove(): void {
    if (this.isOwn()) removeOwn(this.path, this.own);
    closeSync(this.target);
  }

  private isOwn(): boolean {
    try {
      return pidIn(this.path) === process.pid;
    } catch {
      return false;
    }
  }
}

/** Gives the draft its name, which nobody alive may have. */
function claim(draft: string, path: string): void {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      linkSync(draft, path);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    try {
      const found = fileAt(path);
      if (found !== undefined) removeStale(path, found, `${draft}.old`);
    } catch (error) {
      // It has gone meanwhile.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  throw new Mistake(`Cannot lock pid file: Resource temporarily unavailable: others take ${path} all the time`);
}

/** Removes what a dead agent has left behind. Throws a Mistake where it is not dead. */
function removeStale(path: string, found: BigIntStats, aside: string): void {
  if (!found.isFile()) throw new Mistake(`Could not create '${path}': it is not a regular file; name another with -f`);
  const pid = pidIn(path);
  if (pid !== undefined && hasOpen(pid, found)) {
    throw new Mistake(
      `Cannot lock pid file: Resource temporarily unavailable: process ${pid} has ${path}; stop it, or name another with -f`,
    );
  }
  // Another agent that starts at the same time may have replaced it by now: then that one's goes back.
  renameSync(path, aside);
  try {
    if (!isSameFile(fileAt(aside), found)) linkSync(aside, path);
  } finally {
    unlinkSync(aside);
  }
}

function pidIn(path: string): number | undefined {
  const [, digits] = /^\s*([1-9]\d{0,9})\s*$/.exec(readFileSync(path, "latin1")) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** Whether this process is alive and has the file open. Where that cannot be seen, one that is alive has. */
function hasOpen(pid: number, file: BigIntStats): boolean {
  // An agent before this one had the same number: containers count from 1.
  if (pid === process.pid || !isAlive(pid)) return false;
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return isAlive(pid);
  }
  return names.some((name) => {
    try {
      return isSameFile(statSync(`/proc/${pid}/fd/${name}`, { bigint: true }), file);
    } catch {
      return false;
    }
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function removeAt(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function unusable(path: string, error: NodeJS.ErrnoException): Mistake {
  const why = error.message.replace(/, .*/, "");
  return new Mistake(`Could not create '${path}': ${why}; name another with -f`);
}
