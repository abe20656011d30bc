// The switch that restricts an agent while file systems are frozen, and how they thaw at its end.

import type { Freeze, Freezer } from "../../plugins/api.ts";
import type { Clock } from "./clock.ts";
import type { Engine } from "./engine.ts";
import { textOf } from "./errors.ts";
import type { AgentLogger } from "./logger.ts";

/** Where it is kept that an agent is frozen, so that one that is started anew is frozen too. */
export interface FreezeState {
  /** What was kept; asked once, when the agent is made. */
  readonly frozen: boolean;
  /**
   * Keeps it: `true` before anything freezes, `false` when all has thawed. Where it throws at `true` the agent is not
   * frozen, otherwise a record says that it is, the last one until the thaw. Where it throws at `false` the agent is
   * thawed all the same, and a warning is logged.
   */
  set(frozen: boolean): void;
}

/** How long a plugin has to thaw at the agent's end, in milliseconds. */
const THAW_MS = 5000;

export class FreezeSwitch implements Freeze {
  private readonly engine: Engine;
  private readonly logger: AgentLogger;
  private readonly state: FreezeState | undefined;
  private readonly changed: () => void;

  /** `changed` is called after each freeze and thaw. */
  constructor(engine: Engine, logger: AgentLogger, state: FreezeState | undefined, changed: () => void) {
    this.engine = engine;
    this.logger = logger;
    this.state = state;
    this.changed = changed;
    if (state?.frozen !== true) return;
    engine.frozen = true;
    logger.enabled = false;
  }

  get frozen(): boolean {
    return this.engine.frozen;
  }

  freeze(): void {
    this.engine.checkOpen();
    if (this.frozen) return;
    this.state?.set(true);
    try {
      this.engine.freeze(true);
    } catch (error) {
      this.state?.set(false);
      throw error;
    }
    this.logger.log(
      "warning",
      "general",
      "freezing: until the thaw only commands that may run then do, and nothing is logged",
    );
    this.logger.enabled = false;
    this.changed();
  }

  thaw(): void {
    const wasFrozen = this.frozen;
    this.engine.freeze(false);
    if (!wasFrozen) return;
    let failure: string | undefined;
    try {
      this.state?.set(false);
    } catch (error) {
      failure = textOf(error);
    }
    this.logger.enabled = true;
    if (failure !== undefined) {
      this.logger.log("warning", "general", `thawed, but the next agent will start frozen: ${failure}`);
    }
    this.changed();
  }
}

/** Thaws what a plugin has frozen. Returns why that failed, if it did. */
export function thawed(freezer: () => Freezer, clock: Clock): Promise<string | undefined> {
  return new Promise((resolve) => {
    const cancel = clock.after(THAW_MS, () => resolve(`it takes more than ${THAW_MS} ms`));
    void (async () => freezer().thaw())()
      .then(
        () => undefined,
        (error: unknown) => textOf(error),
      )
      .then((failure) => {
        cancel();
        resolve(failure);
      });
  });
}
