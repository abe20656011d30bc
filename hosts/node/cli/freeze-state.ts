// What the command line does about a freeze: it keeps it in the folder for state, and does not touch files that may lie on
// file systems that are frozen.

import type { FreezeState } from "../../common/index.ts";
import type { Log } from "./log.ts";
import type { StateFolder } from "./state-folder.ts";

/**
 * The state of an agent that has this folder and this log, which is held where the agent starts frozen. `thawed` is called at
 * each thaw: by then files may be opened that could not be at the start.
 */
export function freezeState(folder: StateFolder, log: Log, thawed: () => void): FreezeState {
  return {
    frozen: folder.frozen,
    set(frozen) {
      if (frozen) {
        folder.set(true);
        // That it freezes is told next, and waits already.
        log.log("warning", "general", "what is logged from here on is written at the thaw");
        log.hold();
        return;
      }
      try {
        folder.set(false);
      } finally {
        log.release();
        thawed();
      }
    },
  };
}
