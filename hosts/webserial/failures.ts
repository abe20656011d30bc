// What goes wrong with ports, in words for people.

import { type ErrorCode, GuestwireError, textOf } from "../common/errors.ts";
import type { SerialPortLike } from "./types.ts";

/** Read errors that a port survives: it has a new stream then. */
const SURVIVED: Readonly<Record<string, string>> = {
  BreakError: "the other end sent a break",
  FramingError: "a framing error: check that both ends have one baud rate and one format",
  ParityError: "a parity error: check that both ends have one parity, or the line for noise",
  BufferOverrunError: "bytes came faster than they were read, and some are lost: raise bufferSize or use flow control",
};

/** There is no Web Serial here: `isSecure` says whether for want of https. */
export function noSerial(isSecure: boolean): GuestwireError {
  return isSecure
    ? new GuestwireError(
        "GW_ERR_UNSUPPORTED",
        "this browser has no Web Serial; use Chrome, Edge or Opera on a computer, or another that has it",
      )
    : new GuestwireError(
        "GW_ERR_INSECURE",
        "browsers give serial ports to secure pages only; open this page by https or from localhost",
      );
}

export function noChooser(): GuestwireError {
  return new GuestwireError(
    "GW_ERR_UNSUPPORTED",
    "a worker cannot ask for a port; call requestPort in the page, then the worker finds the port by navigator.serial.getPorts()",
  );
}

/** What `requestPort` of the browser rejected with. */
export function chooserError(error: unknown): GuestwireError {
  switch (nameOf(error)) {
    case "NotFoundError":
      return failure("GW_ERR_NOT_CHOSEN", "no port was chosen; ask again, and choose one", error);
    case "SecurityError":
      return because(
        "GW_ERR_FORBIDDEN",
        'the browser does not let this page ask for a port; ask when a button is clicked or a key is pressed, in a frame with allow="serial"',
        error,
      );
    case "TypeError":
      return because("GW_ERR_LIMIT", "the filters are not as they must be", error);
    default:
      return because("GW_ERR_DEVICE", "the browser could not ask for a port", error);
  }
}

/** What `open` of a port rejected with. */
export function openError(error: unknown, port: SerialPortLike): GuestwireError {
  switch (nameOf(error)) {
    case "NetworkError":
      return port.connected === false
        ? failure("GW_ERR_DEVICE", "the device is gone; plug it in", error)
        : failure(
            "GW_ERR_DEVICE",
            "the port cannot be opened; close the other tab or program that has it, or see to the permission for the device",
            error,
          );
    case "InvalidStateError":
      return because("GW_ERR_DEVICE", "this page has the port open already, or may not use it any more", error);
    case "SecurityError":
      return because("GW_ERR_FORBIDDEN", "the browser does not let this page use the port", error);
    case "TypeError":
      return because("GW_ERR_LIMIT", "the port does not take these options", error);
    default:
      return because("GW_ERR_DEVICE", "the port cannot be opened", error);
  }
}

/** Why a port that was open is of no use any more. */
export function lossError(port: SerialPortLike, error?: unknown): GuestwireError {
  return port.connected === false
    ? failure("GW_ERR_DEVICE", "the device is gone; plug it in again", error)
    : because("GW_ERR_DEVICE", "the port was lost: the device is gone, or its other end hung up", error);
}

/** A read error that the port survives, in words; undefined where it is another one. */
export function survivedError(error: unknown): GuestwireError | undefined {
  const name = nameOf(error);
  const what = typeof name === "string" && Object.hasOwn(SURVIVED, name) ? SURVIVED[name] : undefined;
  return what === undefined ? undefined : failure("GW_ERR_DEVICE", what, error);
}

function nameOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "name" in error ? error.name : undefined;
}

/** With the browser's own words behind ours. */
function because(code: ErrorCode, message: string, cause: unknown): GuestwireError {
  return failure(code, cause === undefined ? message : `${message} (${textOf(cause)})`, cause);
}

function failure(code: ErrorCode, message: string, cause: unknown): GuestwireError {
  return new GuestwireError(code, message, cause === undefined ? undefined : { cause });
}
