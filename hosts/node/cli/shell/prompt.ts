// A shell at a terminal: a prompt with history and completion. What is typed while a call is under way waits for its turn.

import { type Interface, createInterface } from "node:readline";
import { mistakeOf } from "../mistake.ts";
import { RED } from "../paint.ts";
import { asFailure } from "../target.ts";
import { Completion } from "./completion.ts";
import { HISTORY_SIZE, History } from "./history.ts";
import type { Shell } from "./shell.ts";
import type { Terminal } from "./terminal.ts";

const PROMPT = "guestwire> ";

/** Why a call ended that was given up with Ctrl-C. */
class GivenUp extends Error {}

export class Prompt {
  private readonly shell: Shell;
  private readonly terminal: Terminal;
  private readonly history = new History();
  private readonly line: Interface;
  /** Lines that wait, and what gives up the one that runs. */
  private readonly typed: string[] = [];
  private running: AbortController | undefined;
  /** The last thing typed was Ctrl-C, at an empty line. */
  private wasInterrupted = false;
  private leave: (error?: unknown) => void = () => {};

  constructor(shell: Shell, terminal: Terminal) {
    const completion = new Completion(shell.client);
    this.shell = shell;
    this.terminal = terminal;
    this.line = createInterface({
      input: process.stdin,
      output: process.stdout,
      history: this.history.load(),
      historySize: HISTORY_SIZE,
      removeHistoryDuplicates: true,
      completer: (text: string, offer: (error: null, result: [string[], string]) => void) => {
        if (this.running !== undefined) offer(null, [[], text]);
        else void completion.complete(text).then((result) => offer(null, result));
      },
    });
  }

  /** Settles when the user leaves. */
  run(): Promise<void> {
    const { line } = this;
    line.on("line", (text) => this.enter(text));
    line.on("SIGINT", () => this.interrupt());
    line.on("close", () => this.close());
    // It pauses itself when the program goes on after Ctrl-Z.
    line.on("SIGCONT", () => line.resume());
    this.terminal.line = line;
    line.setPrompt(PROMPT);
    line.prompt();
    return new Promise((resolve, reject) => {
      this.leave = (error) => (error === undefined ? resolve() : reject(error as Error));
    });
  }

  private enter(text: string): void {
    this.wasInterrupted = false;
    this.history.add(text);
    this.typed.push(text);
    if (this.running === undefined) void this.work().catch((error: unknown) => this.leave(error));
  }

  private async work(): Promise<void> {
    this.line.setPrompt("");
    for (let text = this.typed.shift(); text !== undefined && !this.shell.isOver; text = this.typed.shift()) {
      this.running = new AbortController();
      await this.runLine(text, this.running.signal);
      // It was echoed above the answer to the one before.
      if (this.typed.length > 0) this.terminal.print(PROMPT + this.typed[0]);
    }
    this.running = undefined;
    if (this.terminal.line === undefined) this.leave();
    else if (this.shell.isOver) this.line.close();
    else {
      this.line.setPrompt(PROMPT);
      this.line.prompt(true);
    }
  }

  private async runLine(text: string, signal: AbortSignal): Promise<void> {
    const { shell, terminal } = this;
    const sent = shell.client.stats.calls;
    try {
      await shell.run(text, signal);
    } catch (error) {
      if (error instanceof GivenUp) {
        const hasGoneOut = shell.client.stats.calls > sent;
        terminal.note(hasGoneOut ? "given up; what has gone out may still run" : "given up; nothing had gone out");
      } else terminal.print(terminal.paint(RED, mistakeOf(asFailure(error, shell.target), "guestwire shell")));
    }
  }

  /** Ctrl-C. */
  private interrupt(): void {
    if (this.running !== undefined) {
      this.typed.length = 0;
      this.running.abort(new GivenUp());
    } else if (this.line.line === "" && this.wasInterrupted) {
      this.line.close();
    } else {
      this.wasInterrupted = this.line.line === "";
      if (this.wasInterrupted) this.terminal.note("Ctrl-C once more leaves, as does Ctrl-D");
      else this.terminal.clearTyped();
    }
  }

  /** Nothing is typed any more: what was typed before is done first. */
  private close(): void {
    this.terminal.line = undefined;
    if (!this.shell.isOver) process.stdout.write("\n");
    if (this.running === undefined || this.shell.isOver) this.leave();
  }
}
