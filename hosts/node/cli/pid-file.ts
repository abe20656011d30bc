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

/** How often one that is gone again, or being replaced, is looked at: agents that start at once get in each other's way. */
const ATTEMPTS = 100;
/** How long one that replaces a file has for it, until the next look, in milliseconds. */
const PAUSE_MS = 10;

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
      const owner = claim(draft, this.path);
      if (owner !== undefined) {
        throw new Mistake(
          `Cannot lock pid file: Resource temporarily unavailable: process ${owner} has ${this.path}; ` +
            "stop it, or name another with -f",
        );
      }
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

/** Gives the draft this name, unless somebody alive has it: then it returns his process id. */
function claim(draft: string, path: string): number | undefined {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (isLinked(draft, path)) return undefined;
    const found = fileAt(path);
    if (found === undefined) continue;
    const owner = ownerOf(path, found);
    if (owner !== undefined) return owner;
    // What is dead may be replaced by one at a time, who has this name: two would replace each other.
    const next = `${path}.next`;
    if (claim(draft, next) !== undefined) {
      pause();
    } else if (isSameFile(fileAt(path), found)) {
      renameSync(next, path);
      return undefined;
    } else {
      unlinkSync(next);
    }
  }
  throw new Mistake(`Cannot lock pid file: Resource temporarily unavailable: others take ${path} all the time`);
}

/** Whether the draft has this name now; false where there is one. */
function isLinked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

/** The process that is alive and has the file. Throws a Mistake where it is no file. */
function ownerOf(path: string, file: BigIntStats): number | undefined {
  if (!file.isFile()) throw new Mistake(`Could not create '${path}': it is not a regular file; name another with -f`);
  const pid = pidIn(path);
  return pid !== undefined && hasOpen(pid, file) ? pid : undefined;
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}

/** Undefined also where the file has gone meanwhile. */
function pidIn(path: string): number | undefined {
  try {
    const [, digits] = /^\s*([1-9]\d{0,9})\s*$/.exec(readFileSync(path, "latin1")) ?? [];
    return digits === undefined ? undefined : Number(digits);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  }
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
