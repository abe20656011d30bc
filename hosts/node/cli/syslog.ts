// The system's log, for records of the domain `syslog`: through one long-lived `logger`, for Node opens no datagram socket.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { LogDomain, Logger, LogLevel } from "../../common/index.ts";
import { inOneLine } from "./printable.ts";

/** Where systems keep it, whatever PATH says, if anything. */
const FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];

/** As qemu-ga's records are: whoever looks for them looks for its name. The level is in the text, as it is there. */
const ARGS = ["-t", "qemu-ga", "-p", "user.info"];

/** Bytes that wait for a `logger` that does not read. What comes beyond is lost. */
const WAITING_BYTES = 65_536;

/** How long it has for its end, in milliseconds. */
const END_MS = 1000;

/** Takes records of both domains: those for the system's log go to `logger`, the others to the log that it was made with. */
export class Syslog implements Logger {
  private readonly general: Logger;
  private readonly program: () => string | undefined;
  private child: ChildProcess | undefined;
  /** There is no `logger`, or no more: records are dropped. */
  private isGone = false;

  constructor(general: Logger, program: () => string | undefined = findLogger) {
    this.general = general;
    this.program = program;
  }

  log(level: LogLevel, domain: LogDomain, message: string): void {
    if (domain !== "syslog") return this.general.log(level, domain, message);
    if (this.isGone) return;
    const stdin = (this.child ??= this.start())?.stdin;
    if (stdin == null || stdin.writableLength > WAITING_BYTES) return;
    stdin.write(`${level}: ${inOneLine(message)}\n`);
  }

  /** Ends `logger` when it has read what is on its way, or after a second. */
  async close(): Promise<void> {
    const { child } = this;
    const isRunning = child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
    this.isGone = true;
    if (child === undefined || !isRunning) return;
    child.ref();
    const ended = once(child, "exit");
    const late = setTimeout(() => child.kill("SIGKILL"), END_MS);
    child.stdin?.end();
    await ended;
    clearTimeout(late);
  }

  private start(): ChildProcess | undefined {
    const file = this.program();
    if (file === undefined) {
      this.lost("there is no program logger");
      return undefined;
    }
    // In a session of its own: Ctrl-C is for the agent, which ends it.
    const child = spawn(file, ARGS, { cwd: "/", detached: true, stdio: ["pipe", "ignore", "ignore"] });
    child.on("error", ({ message }) => this.lost(message));
    child.on("exit", (status, signal) => this.lost(`${file} ended (${signal ?? `status ${status}`})`));
    child.stdin.on("error", () => {});
    child.unref();
    // A pipe in fact, which would keep the process alive.
    (child.stdin as unknown as { unref(): void }).unref();
    return child;
  }

  private lost(why: string): void {
    if (this.isGone) return;
    this.isGone = true;
    this.general.log("warning", "general", `records for the system's log are dropped: ${why}`);
  }
}

function findLogger(): string | undefined {
  const folders = [...FOLDERS, ...(process.env["PATH"] ?? "").split(delimiter)];
  return folders
    .filter((folder) => folder.startsWith("/"))
    .map((folder) => join(folder, "logger"))
    .find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}
