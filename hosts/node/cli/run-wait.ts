// What `guestwire wait` does: tries again and again until the agent is in step.

import type { Transport } from "../../common/index.ts";
import { reconnecting } from "../../common/reconnecting.ts";
import { Failure, STATUS } from "./failure.ts";
import { Mistake } from "./mistake.ts";
import { inOneLine } from "./printable.ts";
import { Progress } from "./progress.ts";
import { milliseconds } from "./seconds.ts";
import { LONGEST_PAUSE_MS, Target, asFailure } from "./target.ts";
import type { WaitFlags } from "./wait-command.ts";

/** Throws a Mistake or a Failure. */
export async function runWait(path: string, { timeout }: WaitFlags): Promise<void> {
  const target = new Target(path);
  const progress = new Progress();
  const giveUp = new AbortController();
  let state = "";
  const tell = (text: string): void => {
    state = inOneLine(text);
    progress.tell(state);
  };
  const open = async (): Promise<Transport> => {
    try {
      const transport = await target.open();
      tell(`${path} is there, but no agent answers`);
      return transport;
    } catch (error) {
      if (error instanceof Mistake) giveUp.abort(error);
      else tell((error as Error).message);
      throw error;
    }
  };
  try {
    const transport = reconnecting(open, { maxMs: LONGEST_PAUSE_MS });
    const client = await target.connect(transport, { timeoutMs: milliseconds(timeout), signal: giveUp.signal });
    await client.close();
  } catch (error) {
    if (!(error instanceof Failure)) throw asFailure(error, path);
    throw new Failure(STATUS.noAnswer, `no answer within ${timeout} s, trying again and again: ${state}`);
  } finally {
    progress.end();
  }
}
