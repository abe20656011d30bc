// One line on a terminal that tells what is waited for and for how long, and goes when that is over. A terminal that
// cannot take lines back gets one whenever something else is waited for, which stays.

import { clearLine, cursorTo } from "node:readline";
import { IS_DUMB } from "./paint.ts";

/** How often it is drawn again. */
const EVERY_MS = 1000;

/** Of a terminal that does not know how wide it is. */
const USUAL_COLUMNS = 80;

export class Progress {
  private readonly terminal = process.stderr;
  private readonly start = performance.now();
  private readonly timer: NodeJS.Timeout | undefined;
  private text = "";

  constructor() {
    if (!this.terminal.isTTY || IS_DUMB) return;
    this.timer = setInterval(() => this.draw(), EVERY_MS);
    process.once("SIGINT", this.interrupted);
  }

  /** From now on this is what is waited for. */
  tell(text: string): void {
    if (this.terminal.isTTY && IS_DUMB && text !== this.text) this.terminal.write(`${text}\n`);
    this.text = text;
    this.draw();
  }

  /** Leaves nothing behind. */
  end(): void {
    clearInterval(this.timer);
    process.off("SIGINT", this.interrupted);
    this.clear();
  }

  private draw(): void {
    if (this.timer === undefined) return;
    const seconds = Math.floor((performance.now() - this.start) / 1000);
    const time = ` (${seconds} s)`;
    // A line that is wrapped could not be rewritten.
    const room = Math.max(0, (this.terminal.columns || USUAL_COLUMNS) - 1 - time.length);
    const text = this.text.length > room ? `${this.text.slice(0, Math.max(0, room - 1))}…` : this.text;
    this.clear();
    this.terminal.write(text + time);
  }

  private clear(): void {
    if (this.timer === undefined) return;
    cursorTo(this.terminal, 0);
    clearLine(this.terminal, 0);
  }

  /** Ctrl-C ends the program as it always does. */
  private readonly interrupted = (): void => {
    this.end();
    process.kill(process.pid, "SIGINT");
  };
}
