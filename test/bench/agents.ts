// Agents that listen on a unix socket, as processes of their own.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { buildCHost, whyNoCHost } from "../c-host.ts";
import { atEnd } from "./cleanup.ts";
import { runNanoseconds } from "./processors.ts";

/** How one starts an agent that listens at a path. */
export interface AgentProgram {
  readonly subject: string;
  readonly file: string;
  /** `folder` is its own. */
  args(socket: string, folder: string): string[];
}

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** The command line of this package with this engine. */
export function ourAgent(engine: "js" | "wasm"): AgentProgram {
  return {
    subject: `guestwire, ${engine}`,
    file: process.execPath,
    args: (socket) => [CLI, "agent", "-m", "unix-listen", "-p", socket, "--core", engine],
  };
}

/** What the C host is called in the figures: the bounds for it are its own. */
export const C_HOST = "guestwire, C host";

/** The C host, which is built for it. Throws where that cannot be. */
export function cHost(): AgentProgram {
  if (whyNoCHost !== undefined) throw new Error(whyNoCHost);
  return { subject: C_HOST, file: buildCHost(), args: (socket) => ["--listen", socket] };
}

/** QEMU's own agent, where it is installed. */
export function realAgent(): AgentProgram | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"];
  const file = folders.map((folder) => join(folder, "qemu-ga")).find((path) => existsSync(path));
  if (file === undefined) return undefined;
  return {
    subject: "qemu-ga",
    file,
    args: (socket, folder) => ["-m", "unix-listen", "-p", socket, "-t", folder, "-f", join(folder, "pid")],
  };
}

/** An agent has this long for its first answer, and for its end. */
const PATIENCE_MS = 5000;
/** Between two attempts to connect, in milliseconds: the start-up time is known as well as that. */
const ATTEMPT_MS = 1;

export class RunningAgent {
  private static count = 0;
  readonly subject: string;
  readonly socket: string;
  /** From the start of the process to its first answer, in milliseconds. */
  readonly startMs: number;
  private readonly child: ChildProcess;
  private readonly forget: () => void;

  private constructor(subject: string, socket: string, startMs: number, child: ChildProcess, forget: () => void) {
    this.subject = subject;
    this.socket = socket;
    this.startMs = startMs;
    this.child = child;
    this.forget = forget;
  }

  /** Starts it in a new folder inside this one; settles when it has answered. */
  static async start(program: AgentProgram, parent: string): Promise<RunningAgent> {
    const folder = join(parent, String(++RunningAgent.count));
    mkdirSync(folder);
    const socket = join(folder, "socket");
    const start = performance.now();
    const child = spawn(program.file, program.args(socket, folder), { stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", (error) => (stderr += error.message));
    const forget = atEnd(() => child.kill("SIGKILL"));
    while (!(await answers(socket))) {
      const isLate = performance.now() - start > PATIENCE_MS;
      if (isLate || isOver(child)) {
        child.kill("SIGKILL");
        throw new Error(`${program.subject} did not start: ${stderr.trim() || "it does not answer"}`);
      }
      await sleep(ATTEMPT_MS);
    }
    return new RunningAgent(program.subject, socket, performance.now() - start, child, forget);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** For how long its threads have run so far; undefined where the system does not tell. */
  runNanoseconds(): number | undefined {
    return runNanoseconds(this.pid);
  }

  /** Resident memory in bytes; undefined where the system does not tell. */
  resident(): number | undefined {
    try {
      const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.pid}/status`, "utf8")) ?? [];
      return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
    } catch {
      return undefined;
    }
  }

  async stop(): Promise<void> {
    if (!isOver(this.child)) {
      const gone = once(this.child, "exit");
      this.child.kill("SIGTERM");
      const timer = setTimeout(() => this.child.kill("SIGKILL"), PATIENCE_MS);
      await gone;
      clearTimeout(timer);
    }
    this.forget();
  }
}

function isOver(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** Asks for a sync; false where nobody listens yet. */
function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect(socket);
    const finish = (isAnswered: boolean): void => {
      client.destroy();
      resolve(isAnswered);
    };
    client.setTimeout(PATIENCE_MS, () => finish(false));
    client.on("error", () => finish(false)).on("close", () => finish(false));
    client.on("data", () => finish(true));
    client.write('{"execute":"guest-sync","arguments":{"id":1}}\n');
  });
}
