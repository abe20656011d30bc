// What the agent is told to be: by its configuration file, and above that by the command line (PROTOCOL 7.3).

import { type Stats, readFileSync, statSync } from "node:fs";
import { SERIAL_PATH } from "../serial.ts";
import { VIRTIO_PATH } from "../virtio.ts";
import type { AgentFlags } from "./agent-command.ts";
import { fullPath } from "./full-path.ts";
import { KeyFile, KeyFileError } from "./key-file.ts";
import { Mistake } from "./mistake.ts";

/** What qemu-ga's options and the keys of its file say. */
export interface Configuration {
  readonly daemon: boolean;
  /** Not checked yet: `-D` prints any. */
  readonly method: string;
  /** Undefined where none was given and the method has no default. */
  readonly path: string | undefined;
  readonly logfile: string | undefined;
  readonly pidfile: string;
  readonly fsfreezeHook: string | undefined;
  readonly statedir: string;
  readonly verbose: boolean;
  readonly retryPath: boolean;
  /** Lists of names with commas between them, those of the file first. So is allowRpcs. */
  readonly blockRpcs: readonly string[];
  readonly allowRpcs: readonly string[];
  /** What its user should know, in a line each. */
  readonly warnings: readonly string[];
}

const FOLDER = "/etc/qemu";
const FILE = `${FOLDER}/qemu-ga.conf`;
const HOOK = `${FOLDER}/fsfreeze-hook`;
const GROUP = "general";
/** A file beyond this is no configuration. */
const MOST_BYTES = 16 * 1024 * 1024;

const DEFAULT_PATHS: ReadonlyMap<string, string> = new Map([
  ["virtio-serial", VIRTIO_PATH],
  ["isa-serial", SERIAL_PATH],
]);

/**
 * Reads the configuration file, and puts the options over it; lists add up. The file is the one of `-c`, or that of the
 * environment's QGA_CONF, or /etc/qemu/qemu-ga.conf; only the first has to be there. A relative name counts from `folder`,
 * undefined where that was removed. Throws a Mistake on a file that cannot be read.
 */
export function configure(flags: AgentFlags, env: NodeJS.ProcessEnv, folder: string | undefined): Configuration {
  const name = flags.config ?? env["QGA_CONF"] ?? FILE;
  try {
    return merge(flags, load(name, name && fullPath(name, folder), flags.config !== undefined), name);
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    throw unreadable(name, error.message);
  }
}

function merge(flags: AgentFlags, file: KeyFile | undefined, name: string): Configuration {
  const text = (key: string): string | undefined => file?.string(GROUP, key);
  const flag = (key: string): boolean => file?.boolean(GROUP, key) ?? false;
  const lists = (...keys: string[]): string[] => keys.map(text).filter((list) => list !== undefined);

  const method = flags.method ?? text("method") ?? "virtio-serial";
  const hook = flags.fsfreezeHook === true ? HOOK : flags.fsfreezeHook;
  return {
    daemon: flag("daemon") || (flags.daemonize ?? false),
    method,
    path: flags.path ?? text("path") ?? DEFAULT_PATHS.get(method),
    logfile: flags.logfile ?? text("logfile"),
    pidfile: flags.pidfile ?? text("pidfile") ?? "/var/run/qemu-ga.pid",
    fsfreezeHook: hook ?? text("fsfreeze-hook"),
    statedir: flags.statedir ?? text("statedir") ?? "/var/run",
    verbose: flag("verbose") || (flags.verbose ?? false),
    retryPath: flag("retry-path") || (flags.retryPath ?? false),
    // The newest qemu-ga knows no `blacklist` any more, and runs what an older file forbids. That is no way to upgrade.
    blockRpcs: [...lists("blacklist", "block-rpcs"), ...(flags.blockRpcs ?? [])],
    allowRpcs: [...lists("allow-rpcs"), ...(flags.allowRpcs ?? [])],
    warnings:
      text("blacklist") === undefined
        ? []
        : [`${name}: config using deprecated 'blacklist' key, should be replaced with the 'block-rpcs' key`],
  };
}

/** Undefined where there is no such file, and there need not be one. */
function load(name: string, path: string, isNeeded: boolean): KeyFile | undefined {
  let found: Stats;
  try {
    found = statSync(path);
    if (!found.isFile()) throw unreadable(name, "it is not a regular file");
    if (found.size > MOST_BYTES) throw unreadable(name, `it has more than ${MOST_BYTES} bytes`);
    return new KeyFile(readFileSync(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === "ENOENT" && !isNeeded) return undefined;
    throw unreadable(name, code === "ENOENT" ? "there is no such file" : `it cannot be read (${code})`);
  }
}

/** In qemu-ga's words. */
function unreadable(name: string, reason: string): Mistake {
  return new Mistake(`error loading configuration from path: ${name}, ${reason}`);
}
