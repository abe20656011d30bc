// Says on stderr what is going on, so that nobody is left waiting.

/** Takes what is being measured, and how much of it is done, from 0 to 1. */
export type Tell = (what: string, done: number) => void;

/** On a terminal one line that changes; elsewhere a line for each thing that is measured. */
export class Progress {
  private last = "";
  private readonly start = performance.now();

  readonly tell: Tell = (what, done) => {
    const { stderr } = process;
    if (stderr.isTTY) {
      const seconds = Math.round((performance.now() - this.start) / 1000);
      stderr.write(`\r\x1b[K${seconds} s  ${what}: ${Math.round(done * 100)} %`);
    } else if (what !== this.last) {
      stderr.write(`measuring ${what}\n`);
    }
    this.last = what;
  };

  /** Leaves the terminal clean. */
  end(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  }
}
