// Whether two agents said the same, where one of them is the real one: byte for byte, but for what docs/wire.md says is
// different on purpose. Those differences are narrow, and each is a rule here.

import { isRecord, parseExact, sameValue } from "../../hosts/common/testing/exact-json.ts";

/** A number beyond a double: the real agent prints `inf`, which is no JSON; ours refuses the id. */
const REFUSED_ID = '{"error": {"class": "GenericError", "desc": "QMP input member \'id\' has a number out of range"}}';
const INFINITY = /[ [{]-?inf[,\]} ]/;

/** Sentences that echo a piece of the request. Ours cuts it at 256 bytes; the real agent some of them at 1023. */
const ECHOING: readonly (readonly [before: string, after: string])[] = [
  ["JSON parse error, stray '", "'"],
  ["JSON parse error, invalid keyword '", "'"],
  ["The command ", " has not been found"],
  ["QMP input member '", "' is unexpected"],
  ["Parameter '", "' is unexpected"],
];
/** A cut echo is at least this long: a cut leaves whole characters only, and up to six broken bytes are shown as one. */
const LEAST_CUT = 250 / 6;

/** Whether what ours wrote stands for what the real agent wrote. Both are in latin-1, one character a byte. */
export function agree(ours: string, real: string): boolean {
  if (ours === real) return true;
  const mine = ours.split("\n");
  const theirs = real.split("\n");
  return mine.length === theirs.length && mine.every((line, index) => agreeLine(line, theirs[index] ?? ""));
}

function agreeLine(ours: string, real: string): boolean {
  if (ours === real) return true;
  if (ours === REFUSED_ID) return INFINITY.test(real.replace(/"(?:[^"\\]|\\.)*"/g, '""'));
  const flagged = real.startsWith("\xff");
  if (ours.startsWith("\xff") !== flagged) return false;
  let mine: unknown;
  let theirs: unknown;
  try {
    mine = parseExact(ours.slice(flagged ? 1 : 0));
    theirs = parseExact(real.slice(flagged ? 1 : 0));
  } catch {
    return false;
  }
  return sameOrder(mine, theirs) && (sameValue(mine, theirs) || sameButCut(mine, theirs));
}

/** The order of a reply's own keys is not free. */
function sameOrder(ours: unknown, real: unknown): boolean {
  return isRecord(ours) && isRecord(real) && Object.keys(ours).join() === Object.keys(real).join();
}

/** Errors that differ only in how much of the request they echo. */
function sameButCut(ours: unknown, real: unknown): boolean {
  const mine = description(ours);
  const theirs = description(real);
  if (mine === undefined || theirs === undefined || !sameValue(withoutError(ours), withoutError(real))) return false;
  return ECHOING.some(([before, after]) => {
    if (!mine.startsWith(before) || !mine.endsWith(after)) return false;
    const echo = mine.slice(before.length, mine.length - after.length);
    return echo.length >= LEAST_CUT && theirs.length > mine.length && theirs.startsWith(before + echo);
  });
}

function withoutError(reply: unknown): unknown {
  return { ...(reply as Record<string, unknown>), serror: "" };
}

function description(reply: unknown): string | undefined {
  const error = isRecord(reply) ? reply["serror"] : undefined;
  const text = isRecord(error) ? error["sdesc"] : undefined;
  return typeof text === "string" ? text.slice(1) : undefined;
}
