// What the tests of the Node host share: temporary folders, the command line as a child process, and clients that speak
// bytes over real sockets.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { type Socket, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const CLI = join(ROOT, "dist/cli.js");
export const ENGINE_NAMES = ["js", "wasm"] as const;

/** How long a test waits for something before it fails and says for what, in ms. Also a slow machine needs less. */
const PATIENCE_MS = 60_000;

/** A folder that goes with the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "guestwire-host-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Passes on what a child says on stderr to ours. One that inherits ours and outlives this process keeps the test runner, which
 * waits until nobody has it any more.
 */
export function relayStderr(child: ChildProcess): void {
  child.stderr?.on("data", (bytes: Buffer) => process.stderr.write(bytes));
}

/** Whether there is such a process. One that nobody has waited for is dead, but has its number. */
export function isAlive(pid: number | string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** How a process ended. */
export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A child process with what it says; it is ended with the test at the latest. */
export class Program {
  stdout = "";
  stderr = "";
  readonly ended: Promise<Ending>;
  private readonly child: ChildProcess;

  constructor(
    t: TestContext,
    file: string,
    args: readonly string[],
    options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
  ) {
    const child = spawn(file, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.child = child;
    this.ended = once(child, "close").then(([status, signal]) => ({
      status: status as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
    t.after(async () => {
      this.kill("SIGKILL");
      await this.ended;
    });
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  kill(signal: NodeJS.Signals): void {
    if (this.isRunning) this.child.kill(signal);
  }

  /** Waits until it has said so on stdout. */
  async says(text: string): Promise<void> {
    await this.until(() => this.stdout.includes(text), `'${text}' on stdout`);
  }

  /** Waits until this is so. Fails where the process ends first, or patience does. */
  async until(isSo: () => boolean, what: string): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!isSo()) {
      if (!this.isRunning) throw new Error(`it ended before ${what}; stderr: ${this.stderr}`);
      if (performance.now() > end) throw new Error(`waited in vain: ${what}; stderr: ${this.stderr.slice(-2000)}`);
      await moment();
    }
  }

  /** Resident memory in bytes, now. */
  resident(): number {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.child.pid}/status`, "utf8")) ?? [];
    return Number(kilobytes) * 1024;
  }

  /** The most resident memory so far, in bytes. */
  residentPeak(): number {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.child.pid}/status`, "utf8")) ?? [];
    return Number(kilobytes) * 1024;
  }

  /** How many files it has open. */
  openFiles(): number {
    return readdirSync(`/proc/${this.child.pid}/fd`).length;
  }
}

/** Runs the command line to its end. */
export function run(t: TestContext, ...args: string[]): Promise<Ending> {
  return new Program(t, process.execPath, [CLI, ...args]).ended;
}

/** An agent of the command line, which listens. */
export interface RunningAgent {
  readonly path: string;
  readonly program: Program;
}

/** Starts `guestwire agent -m unix-listen -p …` with further options and waits until it listens. */
export async function startAgent(t: TestContext, ...options: string[]): Promise<RunningAgent> {
  const path = join(temporaryFolder(t), "socket");
  const program = new Program(t, process.execPath, [CLI, "agent", "-m", "unix-listen", "-p", path, ...options]);
  await listens(program, path);
  return { path, program };
}

/** Starts qemu-ga on a socket and waits until it listens. */
export async function startRealAgent(t: TestContext, file: string): Promise<RunningAgent> {
  const folder = temporaryFolder(t);
  const path = join(folder, "socket");
  const program = new Program(t, file, ["-m", "unix-listen", "-p", path, "-t", folder, "-f", join(folder, "pid")]);
  await listens(program, path);
  return { path, program };
}

/** Waits until the program listens at the path. */
export async function listens(program: Program, path: string): Promise<void> {
  (await connected(program, path)).reset();
}

/** Connects as soon as the program listens at the path. */
export async function connected(program: Program, path: string): Promise<Client> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await Client.connect(path);
    } catch (error) {
      if (!program.isRunning || performance.now() > end) {
        throw new Error(`it does not listen at ${path}: ${program.stderr}`, { cause: error });
      }
      await moment();
    }
  }
}

/** Lets others run for a moment. */
export function moment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}

/** A client that speaks bytes, given and taken as latin-1. While it waits for some, something has to come all the time. */
export class Client {
  readonly socket: Socket;
  /** What was received and not yet taken. */
  private received: Buffer[] = [];
  private wake: () => void = () => {};
  private over = false;
  private isLate = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("close", () => {
      this.over = true;
      this.wake();
    });
    socket.on("end", () => {
      this.over = true;
      this.wake();
    });
  }

  /** Connects; reads nothing before it is asked for something. */
  static async connect(path: string): Promise<Client> {
    const socket = connect({ path, allowHalfOpen: true });
    await once(socket, "connect");
    return new Client(socket);
  }

  /** Sends bytes; settles when they are on their way. */
  send(text: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.socket.write(typeof text === "string" ? Buffer.from(text, "latin1") : text, () => resolve());
    });
  }

  /** Ends this side; the other may still send. */
  end(): void {
    this.socket.end();
  }

  /** Goes without another word. What was not read makes it a reset. */
  reset(): void {
    this.socket.destroy();
  }

  /** Reads until what was received ends so, and takes it all. Fails where the agent closes first. */
  async until(end: string): Promise<string> {
    const bytes = await this.take((tail) => tail.endsWith(end), end.length, JSON.stringify(end.slice(-300)));
    const text = bytes.toString("latin1");
    if (!text.endsWith(end)) throw new Error(`the agent closed after ${JSON.stringify(text.slice(-300))}`);
    return text;
  }

  /** Sends and reads until what was received ends so. */
  async ask(text: string, end = "\n"): Promise<string> {
    void this.send(text);
    return this.until(end);
  }

  /** Reads until the agent closes. */
  async rest(): Promise<string> {
    return (await this.take(() => false, 0, "the agent to close")).toString("latin1");
  }

  private async take(isEnough: (tail: string) => boolean, size: number, what: string): Promise<Buffer> {
    let tail = "";
    this.isLate = false;
    const late = setTimeout(() => {
      this.isLate = true;
      this.wake();
    }, PATIENCE_MS);
    const collect = (bytes: Buffer): void => {
      late.refresh();
      this.received.push(bytes);
      if (size > 0) tail = (tail + bytes.subarray(-size).toString("latin1")).slice(-size);
      if (isEnough(tail)) this.wake();
    };
    this.socket.on("data", collect).resume();
    while (!this.over && !this.isLate && !isEnough(tail)) await new Promise<void>((resolve) => (this.wake = resolve));
    clearTimeout(late);
    this.socket.off("data", collect).pause();
    const all = Buffer.concat(this.received);
    this.received = [];
    if (this.isLate && !isEnough(tail)) {
      throw new Error(`waited in vain for ${what}, after ${JSON.stringify(all.toString("latin1", all.length - 300))}`);
    }
    return all;
  }
}
