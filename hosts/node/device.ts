// A terminal device as a transport: a serial line, or the terminal side of a pseudo-terminal.

import { spawn } from "node:child_process";
import { closeSync, constants, openSync, statSync } from "node:fs";
import { ReadStream, isatty } from "node:tty";
import { GuestwireError, type Transport } from "../common/index.ts";
import { SocketTransport } from "./socket.ts";

/**
 * All 256 byte values go by as they are, both ways, which Node's own raw mode does not do: it writes CR LF for LF. And
 * nobody waits for a carrier: Node opens the device once more, which would.
 */
const MODE = ["raw", "-echo", "-echonl", "-iexten", "clocal"];

/**
 * Opens a terminal device and puts it into raw mode, which it keeps; speed, parity and stop bits stay as they are. It does
 * not become the terminal that controls this process. When the other side hangs up the transport closes.
 *
 * @throws GuestwireError GW_ERR_DEVICE, with a line that says what to do: there is none, it is no terminal, there is no
 *   permission, the program `stty` is missing
 */
export async function openDevice(path: string): Promise<Transport> {
  const fd = open(path);
  try {
    if (!isatty(fd)) throw refuse(`${path} is no terminal; name a serial line or a pseudo-terminal`);
    await setMode(path, fd);
    const stream = new ReadStream(fd);
    // It opens the device once more for itself. Node does not document that: where it does not, the descriptor is in use.
    if (descriptorOf(stream) !== fd) closeSync(fd);
    return new SocketTransport(stream);
  } catch (error) {
    closeSync(fd);
    throw error instanceof GuestwireError ? error : deviceError(path, error as NodeJS.ErrnoException);
  }
}

function open(path: string): number {
  try {
    // Opening some other thing could do something, or take for ever.
    if (!statSync(path).isCharacterDevice()) throw refuse(`${path} is no terminal device; name one`);
    return openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  } catch (error) {
    throw error instanceof GuestwireError ? error : deviceError(path, error as NodeJS.ErrnoException);
  }
}

/** Node has no call that does it. */
function setMode(path: string, fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stty = spawn("stty", MODE, { stdio: [fd, "ignore", "pipe"] });
    let said = "";
    stty.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
    stty.on("error", (error) => reject(refuse("the program stty does not run; install it (coreutils)", error)));
    stty.on("close", (status) => {
      if (status === 0) resolve();
      else reject(refuse(`${path} cannot be put into raw mode: ${said.trim()}`));
    });
  });
}

function descriptorOf(stream: ReadStream): unknown {
  const handle: unknown = Reflect.get(stream, "_handle");
  return typeof handle === "object" && handle !== null ? Reflect.get(handle, "fd") : undefined;
}

function deviceError(path: string, error: NodeJS.ErrnoException): GuestwireError {
  switch (error.code) {
    case "ENOENT":
    case "ENOTDIR":
      return refuse(`there is no device ${path}; attach it or name another one`, error);
    case "EACCES":
    case "EPERM":
      return refuse(`no permission for the device ${path}; run as another user or join its group`, error);
    case "EBUSY":
      return refuse(`somebody else has the device ${path} for himself; stop that program`, error);
    case "EIO":
    case "ENXIO":
    case "ENODEV":
      return refuse(`nothing is at the other end of ${path}; start what serves it`, error);
    default:
      return refuse(`the device ${path} cannot be used: ${error.message}`, error);
  }
}

function refuse(message: string, cause?: Error): GuestwireError {
  return new GuestwireError("GW_ERR_DEVICE", message, { cause });
}
