// A line as a reply: {"return": VALUE} or {"error": {"class": C, "desc": D}}, with the request's id (PROTOCOL 5.1).

import { parseJson } from "../json.ts";

export interface Success {
  readonly kind: "return";
  readonly value: unknown;
  /** Undefined where there is none. */
  readonly id: unknown;
}

export interface Failure {
  readonly kind: "error";
  readonly errorClass: string;
  readonly desc: string;
  readonly id: unknown;
}

/** A line that is no reply. */
export interface Noise {
  readonly kind: "noise";
  readonly why: string;
}

export type Reply = Success | Failure | Noise;

const BRACE = 0x7b;
const SPACE = 0x20;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder();

export function readReply(line: Uint8Array): Reply {
  if (!isBraced(line)) return noise("it is no JSON object");
  let value: Record<string, unknown>;
  try {
    value = parseJson(decoder.decode(line)) as Record<string, unknown>;
  } catch {
    return noise("it is no JSON");
  }
  const id = own(value, "id");
  const error = own(value, "error");
  if (Object.hasOwn(value, "return")) {
    return error === undefined ? { kind: "return", value: value["return"], id } : noise("it has both return and error");
  }
  if (!isObject(error)) return noise("it has neither return nor error");
  const errorClass = own(error, "class");
  const desc = own(error, "desc");
  if (typeof errorClass !== "string" || typeof desc !== "string") return noise("its error has no class or no desc");
  return { kind: "error", errorClass, desc, id };
}

/** Whether it may be a reply with one of these texts in it. That is cheaper to know than what it says. */
export function mayHold(line: Uint8Array, texts: readonly string[]): boolean {
  if (!isBraced(line)) return false;
  const text = lenient.decode(line);
  return texts.some((each) => text.includes(each));
}

/** Whether the first byte that is neither white space nor a control character opens an object. */
function isBraced(line: Uint8Array): boolean {
  let at = 0;
  while (line[at]! <= SPACE) at++;
  return line[at] === BRACE;
}

function noise(why: string): Noise {
  return { kind: "noise", why };
}

function own(value: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
