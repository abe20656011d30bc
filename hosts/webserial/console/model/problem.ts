// What went wrong, for people: what happened, and what they can do.

import { GuestwireError, textOf } from "../../../common/errors.ts";

export interface Problem {
  readonly text: string;
  /** What to do; empty where the text says it. */
  readonly advice: string;
  /** A GW_ERR code; empty where the error is none of ours. */
  readonly code: string;
}

const ADVICE: Record<string, string> = {
  GW_ERR_TIMEOUT:
    "Check that an agent runs at the other end, that nobody else talks to it, and on a serial line the speed.",
  GW_ERR_SYNC:
    "Something answers, but not as a guest agent does. Check what is at the other end, and the speed of a serial line.",
  GW_ERR_SOCKET:
    "Check that the bridge runs and that an agent listens at its socket. Each run of the bridge has an address of its own.",
  GW_ERR_LINK: "The channel has ended. Connect again when the other end is back.",
};

export function problemOf(error: unknown): Problem {
  const code = error instanceof GuestwireError ? error.code : "";
  return { text: sentence(textOf(error)), advice: ADVICE[code] ?? "", code };
}

/** With a capital, where it begins with a plain word, and a full stop. */
function sentence(text: string): string {
  const begun = text.replace(/^[a-z]+(?=[ ,:]?(?: |$))/, (word) => word.charAt(0).toUpperCase() + word.slice(1));
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
