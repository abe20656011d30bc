// A terminal with a line that is being typed: whatever is printed goes above it.

import { type Interface, clearScreenDown, cursorTo, moveCursor } from "node:readline";
import { DIM, IS_DUMB, painter } from "../paint.ts";
import type { Screen } from "./screen.ts";

export class Terminal implements Screen {
  readonly isForPeople = true;
  readonly paint = painter(process.stdout);
  /** What holds the line, as long as there is one. */
  line: Interface | undefined;

  print(text: string): void {
    const { line } = this;
    const { stdout } = process;
    if (line === undefined) {
      stdout.write(`${text}\n`);
      return;
    }
    if (IS_DUMB) {
      // Nothing can be taken back there, so the line is written once more.
      const typed = line.getPrompt() + line.line;
      stdout.write(`${typed === "" ? "" : "\n"}${text}\n${typed}`);
      return;
    }
    const { rows } = line.getCursorPos();
    moveCursor(stdout, 0, -rows);
    cursorTo(stdout, 0);
    clearScreenDown(stdout);
    stdout.write(`${text}\n`);
    // The line would go up by the rows that it had. Node does not document that, and does not count those of a paste.
    Reflect.set(line, "prevRows", 0);
    // An empty one it would draw as a space.
    if (line.getPrompt() + line.line !== "") line.prompt(true);
  }

  note(text: string): void {
    this.print(this.paint(DIM, text));
  }

  /** Forgets what was typed of the line. */
  clearTyped(): void {
    const { line } = this;
    if (line === undefined) return;
    if (IS_DUMB) {
      // Node has no other way there.
      Object.assign(line, { line: "", cursor: 0 });
      process.stdout.write(`\n${line.getPrompt()}`);
      return;
    }
    line.write(null, { ctrl: true, name: "e" });
    line.write(null, { ctrl: true, name: "u" });
  }
}
