// The file that stands for a unix socket: whose it is, and what is in the way of making one.

import { type BigIntStats, lstatSync, renameSync, statSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { GuestwireError } from "../common/index.ts";

/** What `sockaddr_un` holds, without its final NUL. */
export const PATH_BYTES = 107;

/** Throws GW_ERR_SOCKET where no socket can have this path: empty, with a NUL, or longer than 107 bytes. */
export function checkSocketPath(path: string): void {
  if (path === "" || path.includes("\0")) throw refuse("a socket needs a path without NUL characters; name one");
  const size = Buffer.byteLength(path);
  if (size > PATH_BYTES) {
    throw refuse(
      `the path of a socket has at most ${PATH_BYTES} bytes, this one has ${size}; use a shorter one: ${path}`,
    );
  }
}

/** The file at the path itself, not what a link there points to; undefined where there is none that we can see. */
export function fileAt(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

/** Whether both are the same file. The time of birth tells apart two that got the same number one after the other. */
export function isSameFile(a: BigIntStats | undefined, b: BigIntStats | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.ino === b.ino && a.dev === b.dev && a.birthtimeNs === b.birthtimeNs;
}

/** Removes a socket on which nobody listens any more. Throws GW_ERR_SOCKET where the path is taken by anything else. */
export async function removeLeftover(path: string): Promise<void> {
  const found = fileAt(path);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw refuse(`${path} is ${kindOf(found)}, not a socket; remove it or choose another path`);
  }
  if (await isListening(path)) {
    throw refuse(`somebody listens on ${path} already; stop that program or choose another path`);
  }
  // Another agent that starts at the same time may have replaced it by now.
  if (!isSameFile(fileAt(path), found)) return;
  try {
    unlinkSync(path);
  } catch (error) {
    throw socketError(path, error as NodeJS.ErrnoException);
  }
}

/** Removes the file if it is still this one. */
export function removeOwn(path: string, own: BigIntStats | undefined): void {
  if (!isSameFile(fileAt(path), own)) return;
  try {
    unlinkSync(path);
  } catch {
    // Then it stays behind as the leftover of a dead agent, which the next one replaces.
  }
}

/** Runs `close`, which unlinks whatever lies at the path; what lies there steps aside for that moment. */
export function closeSparing(path: string, close: () => void): void {
  const aside = `${path}.${process.pid}`;
  let moved = false;
  try {
    renameSync(path, aside);
    moved = true;
  } catch {
    // Nothing is there, or it cannot be removed either.
  }
  close();
  if (moved) renameSync(aside, path);
}

/** Says what to do about an error of listening or connecting. */
export function socketError(path: string, error: NodeJS.ErrnoException): GuestwireError {
  const folder = dirname(path);
  // For a missing folder libuv says EACCES, so we look for ourselves.
  if (isMissing(folder)) return refuse(`there is no folder ${folder}; create it or choose another path`, error);
  switch (error.code) {
    case "ENOTDIR":
      return refuse(`${folder} is not a folder; choose another path`, error);
    case "EACCES":
    case "EPERM":
      return refuse(`no permission for the socket ${path}; run as another user or choose another path`, error);
    case "EROFS":
      return refuse(`${folder} is on a read-only file system; choose another path`, error);
    default:
      return refuse(`the socket ${path} cannot be used: ${error.message}`, error);
  }
}

export function refuse(message: string, cause?: Error): GuestwireError {
  return new GuestwireError("GW_ERR_SOCKET", message, { cause });
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.on("connect", () => {
      probe.destroy();
      resolve(true);
    });
    // Any other error comes from a socket that is alive, such as one whose queue is full.
    probe.on("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code !== "ECONNREFUSED" && error.code !== "ENOENT");
    });
  });
}

function isMissing(folder: string): boolean {
  try {
    return statSync(folder, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

function kindOf(file: BigIntStats): string {
  if (file.isFile()) return "a regular file";
  if (file.isDirectory()) return "a folder";
  return file.isSymbolicLink() ? "a symbolic link" : "a special file";
}
