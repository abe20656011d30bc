// Where a shell's words go.

import type { Paint } from "../paint.ts";

export interface Screen {
  readonly paint: Paint;
  /** Values are laid out for people: indented, and what guest-info returns as a table. */
  readonly isForPeople: boolean;
  /** Prints what was asked for, in one line or several. */
  print(text: string): void;
  /** Prints what happens besides. */
  note(text: string): void;
}
