// Pseudo-terminals: programs that run on one as a person sees them, and devices with a test at the other end. Both come
// from `script`, whose input and output are what goes in and out at the other end.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import type { TestContext } from "node:test";
import { CI } from "../ci.ts";
import { CLI, moment, relayStderr, temporaryFolder } from "./rig.ts";

const missing = spawnSync("script", ["--version"]).status !== 0 && "there is no program script (Debian: bsdutils)";
if (missing && CI) throw new Error(missing);

/** Why tests on terminals are skipped; false where they are not. */
export const skipTerminal: string | false = missing;

/** Moments to wait for words before a test is lost. */
const PATIENCE = 2000;

interface OnTerminal {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
}

/** Runs a line of sh on a terminal of its own, and is ended with the test at the latest. */
function onTerminal(t: TestContext, line: string, env: NodeJS.ProcessEnv = {}): OnTerminal {
  const child = spawn("script", ["-qefc", line, "/dev/null"], {
    env: { ...process.env, TERM: "xterm", NO_COLOR: "", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  relayStderr(child);
  child.stdin?.on("error", () => {});
  const exited = once(child, "exit");
  t.after(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  return { child, exited };
}

/** What Ctrl-Z stopped goes on, as with a person who types `fg`. Not in a loop, which bash would leave. */
const AGAIN = "again() { status=$?; jobs %% >/dev/null 2>&1 || exit $status; echo stopped; fg >/dev/null; again; }";

/** The command line on a terminal. */
export class Person {
  /** All that the terminal was told. */
  output = "";
  readonly status: Promise<number | null>;
  private readonly child: ChildProcess;
  /** What was seen before the last key. */
  private seen = 0;

  constructor(t: TestContext, args: readonly string[], { env = {}, columns = 80, redirect = "" } = {}) {
    const words = [process.execPath, CLI, ...args].map((word) => `'${word}'`).join(" ");
    const line = `stty cols ${columns} rows 24; set -m; ${AGAIN}; ${words} ${redirect}; again`;
    this.child = onTerminal(t, line, env).child;
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    this.status = once(this.child, "close").then(([status]) => status as number | null);
  }

  /** What it says since the last key, without colours and the like. */
  get said(): string {
    return stripVTControlCharacters(this.output.slice(this.seen)).replaceAll("\r", "");
  }

  /** Types keys one by one, as no paste does. */
  async type(...keys: string[]): Promise<void> {
    for (const key of keys.flatMap((text) => (text.startsWith("\x1b") ? [text] : [...text]))) {
      this.seen = this.output.length;
      this.child.stdin?.write(key);
      // What comes in one piece is taken for a paste, so the next one waits for the echo of this one, where it has one.
      let left = key < " " ? 1 : PATIENCE;
      do await moment();
      while (--left > 0 && this.output.length === this.seen);
    }
  }

  /** Waits until it has said this since the last key. */
  async sees(text: string | RegExp): Promise<string> {
    for (let left = PATIENCE; ; left--) {
      const { said } = this;
      if (typeof text === "string" ? said.includes(text) : text.test(said)) return said;
      if (this.child.exitCode !== null || left === 0) throw new Error(`no ${String(text)} in ${JSON.stringify(said)}`);
      await moment();
    }
  }
}

/** A device that has this test at its other end. */
export class Device {
  /**
   * A name of its own, which goes with it: the system gives the name of a pseudo-terminal that has gone to the next one,
   * perhaps another test's, whose bytes would go to those who open it again.
   */
  readonly path: string;
  /** What it is told, and what it tells. */
  readonly otherEnd: Duplex;
  private readonly script: OnTerminal;

  private constructor(path: string, script: OnTerminal) {
    const { child } = script;
    this.path = path;
    this.script = script;
    this.otherEnd = Duplex.from({ readable: child.stdout ?? undefined, writable: child.stdin ?? undefined } as never);
    this.otherEnd.on("error", () => {});
  }

  static async make(t: TestContext): Promise<Device> {
    const path = join(temporaryFolder(t), "tty");
    const script = onTerminal(t, "stty -echo; tty; exec sleep 1000");
    const { child } = script;
    let said = "";
    for await (const piece of (child.stdout as NonNullable<typeof child.stdout>).iterator({ destroyOnReturn: false })) {
      said += String(piece);
      if (said.includes("\n")) break;
    }
    symlinkSync(said.trim(), path);
    return new Device(path, script);
  }

  /** The other end goes. */
  async hangUp(): Promise<void> {
    rmSync(this.path);
    this.script.child.kill("SIGKILL");
    await this.script.exited;
  }
}
