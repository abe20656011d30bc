// What goes wrong on the embedder's side. What a peer of an agent does wrong is an error on the wire, never a throw.

import type { ErrorClass } from "../../plugins/api.ts";

/** Codes of GuestwireError; docs/errors.md says what to do about each. */
export type ErrorCode =
  | "GW_ERR_API"
  | "GW_ERR_ARGUMENTS"
  | "GW_ERR_CLOSED"
  | "GW_ERR_COMMAND_NAME"
  | "GW_ERR_CORE"
  | "GW_ERR_DEVICE"
  | "GW_ERR_DUPLICATE_COMMAND"
  | "GW_ERR_DUPLICATE_PLUGIN"
  | "GW_ERR_FORBIDDEN"
  | "GW_ERR_INSECURE"
  | "GW_ERR_LIMIT"
  | "GW_ERR_LINK"
  | "GW_ERR_NOT_CHOSEN"
  | "GW_ERR_PLUGIN"
  | "GW_ERR_REPLY"
  | "GW_ERR_SCHEMA"
  | "GW_ERR_SOCKET"
  | "GW_ERR_SYNC"
  | "GW_ERR_TIMEOUT"
  | "GW_ERR_UNKNOWN_COMMAND"
  | "GW_ERR_UNKNOWN_PLUGIN"
  | "GW_ERR_UNSUPPORTED"
  | "GW_ERR_WASM";

/** An embedder's mistake, or a resource that is not there. */
export class GuestwireError extends Error {
  override readonly name = "GuestwireError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What was thrown, or a peer's reason to go, as an Error. */
export function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(textOf(reason));
}

/** A thrown value in words, for a log. Anything can be thrown, and asking it for its text can throw again. */
export function textOf(error: unknown): string {
  return attempted(() => (error instanceof Error ? `${error.message}` : String(error))) ?? "a value that has no text";
}

/** What a thrown value says to a peer: the message of an Error, or a string; undefined where it says nothing. */
export function messageOf(error: unknown): string | undefined {
  const text = attempted(() => (error instanceof Error ? `${error.message}` : error));
  return typeof text === "string" && text !== "" ? text : undefined;
}

/**
 * The class that a thrown value names for the peer, as a CommandError does. By its member, not by its constructor: the
 * bundle of a plugin has a copy of CommandError of its own.
 */
export function errorClassOf(error: unknown): ErrorClass | undefined {
  const name = attempted(() => (error instanceof Error && "errorClass" in error ? error.errorClass : undefined));
  return name === "GenericError" || name === "CommandNotFound" ? name : undefined;
}

function attempted<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
