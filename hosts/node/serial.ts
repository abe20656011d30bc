// A serial line that an agent serves.

import type { Duplex } from "node:stream";
import { promisify } from "node:util";
import type { Transport } from "../common/index.ts";
import { checkRange } from "../common/range.ts";
import { closeDescriptor, discardInput } from "./descriptor.ts";
import { openTerminal, sttyAt } from "./device.ts";
import { deviceError } from "./device-file.ts";
import { lineOf } from "./line.ts";
import { SocketTransport } from "./socket.ts";
import { RAW } from "./stty.ts";

/** The first serial line. */
export const SERIAL_PATH = "/dev/ttyS0";

/** As QEMU's own agent has it. */
const BAUD = 38_400;
/** What Linux has a name for. */
const LEAST_BAUD = 50;
const MOST_BAUD = 4_000_000;

export interface SerialOptions {
  /** Bits per second, 50 to 4,000,000; the line has to know it. Default 38400. */
  readonly baud?: number | undefined;
}

/** What of the package `serialport` is used. */
interface SerialPort extends Duplex {
  open(done: (error: Error | null) => void): void;
  flush(done: (error: Error | null) => void): void;
}
interface SerialPortModule {
  readonly SerialPort: new (options: { path: string; baudRate: number; autoOpen: false }) => SerialPort;
}

/** An optional peer of this package; a name, for nothing is to be bundled. */
const PACKAGE = "serialport";

/**
 * Opens a serial line in raw mode at this speed, with parity and stop bits as they are: through the package `serialport`
 * where that is installed, otherwise with the program `stty`. What had come in before is dropped. When the other side
 * hangs up the transport closes; `reconnecting` opens it again.
 *
 * @throws GuestwireError GW_ERR_DEVICE, with a line that says what to do: there is none, it is no terminal, there is no
 *   permission, it is gone, it does not know that speed, both `serialport` and `stty` are missing; GW_ERR_LIMIT where baud
 *   is out of its range
 */
export async function openSerial(path: string = SERIAL_PATH, { baud = BAUD }: SerialOptions = {}): Promise<Transport> {
  checkRange("baud", baud, LEAST_BAUD, MOST_BAUD);
  const module = await serialport();
  return module === undefined ? openWithStty(path, baud) : openWithPackage(module, path, baud);
}

/** Undefined where it is not installed, or not for this system. */
async function serialport(): Promise<SerialPortModule | undefined> {
  try {
    return (await import(PACKAGE)) as SerialPortModule;
  } catch {
    return undefined;
  }
}

async function openWithStty(path: string, baud: number): Promise<Transport> {
  const fd = openTerminal(path);
  try {
    await sttyAt(path, RAW);
    const refusal = (said: string): string =>
      `${path} does not know the speed ${baud} (${said}); name another baud rate`;
    await sttyAt(path, [String(baud)], refusal);
    // What came while the line was set otherwise may be garbled, and echoed.
    discardInput(fd);
    return lineOf(fd);
  } catch (error) {
    closeDescriptor(fd);
    throw deviceError(path, error as Error);
  }
}

async function openWithPackage({ SerialPort }: SerialPortModule, path: string, baud: number): Promise<Transport> {
  const port = new SerialPort({ path, baudRate: baud, autoOpen: false });
  try {
    await promisify(port.open.bind(port))();
    await promisify(port.flush.bind(port))();
    return new SocketTransport(port);
  } catch (error) {
    port.destroy();
    // Its errors have no codes; ours say what to do.
    closeDescriptor(openTerminal(path));
    throw deviceError(path, error as Error);
  }
}
