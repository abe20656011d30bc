// A terminal device as a transport: a serial line, or the terminal side of a pseudo-terminal.

import { spawn, spawnSync } from "node:child_process";
import { closeSync, constants, openSync, statSync } from "node:fs";
import { ReadStream, isatty } from "node:tty";
import { GuestwireError, type Transport } from "../common/index.ts";
import { SocketTransport } from "./socket.ts";

/**
 * All 256 byte values go by as they are, both ways, which Node's own raw mode does not do: it writes CR LF for LF. And
 * nobody waits for a carrier: Node opens the device once more, which would.
 */
const MODE = ["raw", "-echo", "-echonl", "-iexten", "clocal"];

/** How long a line that takes nothing may hold up its settings, in milliseconds. */
const RESTORE_MS = 1000;

/** What the path names is no terminal, and will not become one. */
export class NotATerminal extends GuestwireError {
  constructor(path: string) {
    super("GW_ERR_DEVICE", `${path} is no terminal; name a serial line or a pseudo-terminal`);
  }
}

/**
 * Opens a terminal device and puts it into raw mode; speed, parity and stop bits stay as they are. It stays in raw mode
 * when the transport closes, so that nothing that an agent says in between is echoed back to it. It does not become the
 * terminal that controls this process. When the other side hangs up the transport closes.
 *
 * @throws GuestwireError GW_ERR_DEVICE, with a line that says what to do: there is none, it is no terminal, there is no
 *   permission, the program `stty` is missing
 */
export async function openDevice(path: string): Promise<Transport> {
  return (await openSaving(path)).transport;
}

/** The same, with what the device was set to before, for `restoreSettings`. */
export async function openSaving(path: string): Promise<{ transport: Transport; settings: string }> {
  const fd = open(path);
  try {
    if (!isatty(fd)) throw new NotATerminal(path);
    const settings = await stty(path, fd, ["-g"]);
    await stty(path, fd, MODE);
    const stream = new ReadStream(fd);
    // It opens the device once more for itself. Node does not document that: where it does not, the descriptor is in use.
    if (descriptorOf(stream) !== fd) closeSync(fd);
    return { transport: new SocketTransport(stream), settings };
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

/** Gives a device its settings back before it returns. A device that is gone has none. */
export function restoreSettings(path: string, settings: string): void {
  try {
    const fd = open(path);
    spawnSync("stty", [settings], { stdio: [fd, "ignore", "ignore"], timeout: RESTORE_MS });
    closeSync(fd);
  } catch {
    // There is nothing to restore.
  }
}

/** Node has no call that does it. Returns what it says. */
function stty(path: string, fd: number, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("stty", words, { stdio: [fd, "pipe", "pipe"] });
    let [said, failure] = ["", ""];
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (said += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (failure += text));
    child.on("error", (error) => reject(refuse("the program stty does not run; install it (coreutils)", error)));
    child.on("close", (status) => {
      if (status === 0) resolve(said.trim());
      else reject(refuse(`${path} cannot be put into raw mode: ${failure.trim()}`));
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
