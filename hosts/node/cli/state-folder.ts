// The folder for state: it keeps that file systems are frozen, in the file that qemu-ga has for that.

import { type Stats, existsSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FreezeState } from "../../common/index.ts";
import { fullPath } from "./full-path.ts";
import { Mistake } from "./mistake.ts";

/** Is there while the agent is frozen, and empty (PROTOCOL 7.2). */
const FLAG = "qga.state.isfrozen";

export class StateFolder implements FreezeState {
  /** The file that says that the agent is frozen. */
  readonly flag: string;
  /** What that file said when this was made. */
  readonly frozen: boolean;

  /** Throws a Mistake where there is no such folder. */
  constructor(folder: string) {
    if (folder === "") throw new Mistake("say which folder is for state: -t DIR");
    checkFolder(folder);
    this.flag = join(fullPath(folder), FLAG);
    this.frozen = existsSync(this.flag);
  }

  /** Throws where the file cannot be written, or removed. One that somebody else has removed is as well. */
  set(frozen: boolean): void {
    try {
      if (frozen) writeFileSync(this.flag, "", { mode: 0o600 });
      else unlinkSync(this.flag);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (!frozen && code === "ENOENT") return;
      throw new Error(`the file ${this.flag} cannot be ${frozen ? "written" : "removed"} (${code})`, { cause: error });
    }
  }

  /** What to say where an agent starts frozen. */
  get warning(): string {
    return (
      "previous instance appears to have exited with frozen filesystems. deferring logging/pidfile creation and " +
      "disabling non-fsfreeze-safe commands until guest-fsfreeze-thaw is issued, or filesystems are manually " +
      `unfrozen, the file ${this.flag} is removed and the agent is started again`
    );
  }
}

function checkFolder(folder: string): void {
  let found: Stats;
  try {
    found = statSync(folder);
  } catch (error) {
    throw stateFolderMistake(folder, error as NodeJS.ErrnoException);
  }
  if (!found.isDirectory()) throw new Mistake(`the state folder ${folder} is not a folder; name another with -t`);
}

function stateFolderMistake(folder: string, error: NodeJS.ErrnoException): Mistake {
  switch (error.code) {
    case "ENOENT":
      return new Mistake(`there is no state folder ${folder}; create it or name another with -t`);
    case "ENOTDIR":
      return new Mistake(
        `the state folder ${folder} leads through something that is not a folder; name another with -t`,
      );
    case "ELOOP":
      return new Mistake(`the state folder ${folder} is a loop of symbolic links; mend them or name another with -t`);
    case "ENAMETOOLONG":
      return new Mistake(`the name of the state folder is too long; name another with -t: ${folder}`);
    case "EACCES":
    case "EPERM":
      return new Mistake(`no permission for the state folder ${folder}; run as another user or name another with -t`);
    default:
      return new Mistake(`the state folder ${folder} cannot be used (${error.code}); name another with -t`);
  }
}
