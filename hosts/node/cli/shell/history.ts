// What was typed in earlier sessions: a file that only its user can read. Where there can be none, nothing is kept.

import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Lines that are kept. */
export const HISTORY_SIZE = 1000;

/** What stands in lines with a password. */
const SECRET = "guest-set-user-password";

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

export class History {
  private readonly folder = join(stateFolder(), "guestwire");
  private readonly file = join(this.folder, "history");
  private last: string | undefined;

  /** The lines, the newest first. */
  load(): string[] {
    try {
      const lines = readFileSync(this.file, "utf8").split("\n").slice(0, -1);
      const kept = lines.slice(-HISTORY_SIZE);
      // So that it does not grow without end.
      if (lines.length > 2 * HISTORY_SIZE) {
        writeFileSync(this.file, kept.map((line) => `${line}\n`).join(""), { mode: FILE_MODE });
      }
      this.last = kept.at(-1);
      return kept.toReversed();
    } catch {
      return [];
    }
  }

  /** Keeps a line, unless it is the last one again, begins with a space, or sets a password. */
  add(line: string): void {
    if (line === this.last || line.startsWith(" ") || line === "" || line.includes(SECRET)) return;
    this.last = line;
    try {
      mkdirSync(this.folder, { recursive: true, mode: FOLDER_MODE });
      appendFileSync(this.file, `${line}\n`, { mode: FILE_MODE });
    } catch {
      // It is a convenience.
    }
  }
}

/** As the XDG base directories have it: a path that is not absolute does not count. */
function stateFolder(): string {
  const folder = process.env["XDG_STATE_HOME"] ?? "";
  return isAbsolute(folder) ? folder : join(homedir(), ".local/state");
}
