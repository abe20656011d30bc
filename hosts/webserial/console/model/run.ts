// One call of a person's, from the request to how it ended.

import { messageOf, textOf } from "../../../common/errors.ts";
import { AgentError, CallError } from "../../../common/client/errors.ts";

/** How a call ended: with a value; with the agent's error; without an answer that can be trusted; given up. */
export type Outcome =
  | { readonly type: "value"; readonly value: unknown }
  | { readonly type: "refused"; readonly errorClass: string; readonly text: string }
  | { readonly type: "failed"; readonly code: string; readonly text: string; readonly hasRun: string }
  | { readonly type: "aborted" };

export interface Run {
  readonly number: number;
  readonly command: string;
  /** The arguments as JSON; empty where there were none. */
  readonly text: string;
  /** Undefined: it is on its way. */
  readonly outcome?: Outcome;
  /** How long it took, in milliseconds. */
  readonly ms?: number;
}

/** What an error says about a call. */
export function outcomeOf(error: unknown, wasAborted: boolean): Outcome {
  if (error instanceof AgentError) return { type: "refused", errorClass: error.errorClass, text: error.message };
  if (error instanceof CallError) {
    const hasRun = error.sent
      ? "Nobody can know whether the command has run."
      : "The command has not run, and will not.";
    return { type: "failed", code: error.code, text: error.message, hasRun };
  }
  if (wasAborted) return { type: "aborted" };
  return { type: "failed", code: "", text: messageOf(error) ?? textOf(error), hasRun: "" };
}
