// A terminal device as a transport: a serial line, or the terminal side of a pseudo-terminal.

import { isatty } from "node:tty";
import { GuestwireError, type Transport } from "../common/index.ts";
import { closeDescriptor } from "./descriptor.ts";
import { deviceError, openDeviceFile } from "./device-file.ts";
import { lineOf } from "./line.ts";
import { RAW, type Refusal, stty, sttyNow } from "./stty.ts";

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
  const fd = openTerminal(path);
  try {
    const settings = await sttyAt(path, ["-g"]);
    await sttyAt(path, RAW);
    return { transport: lineOf(fd), settings };
  } catch (error) {
    closeDescriptor(fd);
    throw deviceError(path, error as Error);
  }
}

/** Opens what has to be a terminal. Throws GW_ERR_DEVICE. */
export function openTerminal(path: string): number {
  const fd = openDeviceFile(path, "terminal device");
  if (isatty(fd)) return fd;
  closeDescriptor(fd);
  throw new NotATerminal(path);
}

/**
 * Runs stty on a descriptor of its own: Node makes what a child gets as its standard input block, for all who share it.
 * Throws GW_ERR_DEVICE.
 */
export async function sttyAt(path: string, words: readonly string[], refusal?: Refusal): Promise<string> {
  const fd = openDeviceFile(path);
  try {
    return await stty(fd, path, words, refusal);
  } finally {
    closeDescriptor(fd);
  }
}

/** Gives a device its settings back before it returns. A device that is gone has none. */
export function restoreSettings(path: string, settings: string): void {
  try {
    const fd = openDeviceFile(path);
    sttyNow(fd, settings);
    closeDescriptor(fd);
  } catch {
    // There is nothing to restore.
  }
}
