// A channel that the process was started with, as a descriptor.

import { type Stats, constants, fstatSync, readFileSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { isatty } from "node:tty";
import { systemClock } from "../common/clock.ts";
import type { Transport } from "../common/index.ts";
import { checkRange } from "../common/range.ts";
import { canBePolled } from "./character-device.ts";
import { refuse } from "./device-file.ts";
import { EpollPort } from "./epoll-port.ts";
import { LineTransport } from "./line.ts";
import type { Port } from "./port.ts";
import { Reader } from "./reader.ts";
import { SocketTransport } from "./socket.ts";
import { RAW, stty } from "./stty.ts";
import { VirtioTransport } from "./virtio.ts";

const MOST_FD = 2_147_483_647;
/** Of the flags of an open file: reading, writing or both. */
const ACCESS_MODE = 3;

/**
 * Takes an inherited descriptor over: a connected unix or TCP socket, a terminal, which is put into raw mode, or a virtio
 * port, whose end of file is no end. It has to be open for reading and writing. The transport closes it.
 *
 * @throws GuestwireError GW_ERR_DEVICE, with a line that says what to do: it is not open, or something else;
 *   GW_ERR_LIMIT where fd is no integer from 0 to 2,147,483,647
 */
export async function openFd(fd: number): Promise<Transport> {
  const found = lookAt(fd);
  if (found.isSocket()) return connected(fd);
  // Node has descriptors of its own, which come after those that it was started with.
  if (!found.isCharacterDevice() || !canBePolled(fd)) {
    throw refuse(`descriptor ${fd} is neither a socket nor a terminal nor a virtio port; hand in one of these`);
  }
  if (!goesBothWays(fd)) {
    throw refuse(`descriptor ${fd} is not open for reading and writing; hand in one that is`);
  }
  if (!isatty(fd)) return new VirtioTransport(portAt(fd), systemClock);
  // It blocks from here on, until it becomes a port.
  await stty(fd, `descriptor ${fd}`, RAW);
  return new LineTransport(portAt(fd), systemClock);
}

/** What the descriptor is. Throws GW_ERR_DEVICE where it is not open. */
export function lookAt(fd: number): Stats {
  checkRange("fd", fd, 0, MOST_FD);
  try {
    return fstatSync(fd);
  } catch (error) {
    throw refuse(`descriptor ${fd} is not open; start this program with it, or name another one`, error as Error);
  }
}

function connected(fd: number): Transport {
  const reader = new Reader();
  const options = { fd, allowHalfOpen: true, onread: reader.onread };
  let socket: Socket;
  try {
    socket = new Socket(options).pause();
  } catch (error) {
    throw refuse(`descriptor ${fd} is no unix or TCP socket; hand in one of these`, error as Error);
  }
  if (isConnected(socket, fd)) return new SocketTransport(socket, reader);
  socket.destroy();
  throw refuse(`descriptor ${fd} is a socket without a peer; hand in one that is connected`);
}

function isConnected(socket: Socket, fd: number): boolean {
  // Only TCP's have an address here.
  if ("address" in socket.address()) return socket.remoteAddress !== undefined;
  try {
    // Nothing is sent.
    writeSync(fd, new Uint8Array(0));
    return true;
  } catch (error) {
    // Other errors: the peer may have ended.
    return (error as NodeJS.ErrnoException).code !== "ENOTCONN";
  }
}

/** Yes where that cannot be seen. */
function goesBothWays(fd: number): boolean {
  try {
    const [, flags = ""] = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1")) ?? [];
    return flags === "" || (Number.parseInt(flags, 8) & ACCESS_MODE) === constants.O_RDWR;
  } catch {
    return true;
  }
}

/** It may block, which only the handle changes. */
function portAt(fd: number): Port {
  const port = EpollPort.of(fd);
  if (port !== undefined) return port;
  throw refuse(`this runtime cannot take descriptor ${fd} over; name the device by its path`);
}
