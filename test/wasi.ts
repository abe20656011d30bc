// A WASI command under node:wasi as a child process: what it is asked over pipes, and what it says.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

/** The file that gives a WASI command to node:wasi. */
export const RUNNER = fileURLToPath(new URL("../hosts/wasm/examples/custom/run.mjs", import.meta.url));
export const AGENT = fileURLToPath(new URL("../dist/agent-wasi.wasm", import.meta.url));

/** What node needs to run a WASI command. It calls node:wasi experimental; that is not the command's to say. */
export function nodeArguments(module: string): string[] {
  return ["--no-warnings", RUNNER, module];
}

export class WasiProgram {
  /** In latin-1: one character stands for one byte. */
  stderr = "";
  /** Its exit status. */
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcessWithoutNullStreams;
  private pieces: string[] = [];
  private tail = "";
  private wanted = "";
  private isOver = false;
  private wake: () => void = () => {};

  /** It is ended with the test at the latest. */
  constructor(t: TestContext, module = AGENT) {
    const child = spawn(process.execPath, nodeArguments(module));
    child.stdin.on("error", () => {});
    child.stdout.setEncoding("latin1").on("data", (piece: string) => {
      this.pieces.push(piece);
      this.tail = (this.tail + piece).slice(-100);
      if (this.tail.endsWith(this.wanted)) this.wake();
    });
    child.stderr.setEncoding("latin1").on("data", (text: string) => (this.stderr += text));
    this.child = child;
    this.ended = once(child, "close").then(([status]) => {
      this.isOver = true;
      this.wake();
      return status as number | null;
    });
    t.after(async () => {
      child.kill("SIGKILL");
      await this.ended;
    });
  }

  /** Writes characters as bytes. */
  send(text: string): void {
    this.child.stdin.write(text, "latin1");
  }

  /** Sends, reads until what came since the last time ends so, in 100 characters at most, and takes it. */
  async ask(text: string, end = "\n"): Promise<string> {
    this.send(text);
    while (!this.tail.endsWith(end)) {
      if (this.isOver) throw new Error(`it ended; stderr: ${this.stderr}`);
      this.wanted = end;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return this.take();
  }

  /** Sends no more. Returns what it says until its own end. */
  async finish(): Promise<string> {
    this.child.stdin.end();
    await this.ended;
    return this.take();
  }

  /** Reads no more of its stdout. */
  closeStdout(): void {
    this.child.stdout.destroy();
  }

  private take(): string {
    const text = this.pieces.join("");
    this.pieces = [];
    this.tail = "";
    return text;
  }
}
