// Standard input and output as a channel.

import { fstatSync } from "node:fs";
import { Duplex } from "node:stream";
import type { Transport } from "../common/index.ts";
import { refuse } from "./device-file.ts";
import { SocketTransport } from "./socket.ts";

/**
 * The process's standard input and output as the two directions of one channel, whatever they are: pipes, sockets, files, a
 * terminal as it is set. At the end of the input the session answers what it has, and closes. To be called once; nothing
 * else may read or write them.
 *
 * @throws GuestwireError GW_ERR_DEVICE where the input is a directory
 */
export function stdio(): Transport {
  // Node reads nothing from one, and says nothing.
  if (fstatSync(0).isDirectory()) throw refuse("standard input is a directory; give it something that can be read");
  const { stdin, stdout } = process;
  // One that nobody reads goes on failing after the channel has closed.
  stdout.on("error", () => {});
  const stream = Duplex.from({ readable: stdin, writable: stdout } as never);
  stream.on("close", () => abandon(stdout));
  return new SocketTransport(
    stream,
    undefined,
    // How a terminal hangs up.
    stdin.isTTY ? "EIO" : undefined,
  );
}

/**
 * Lets go of what nobody reads. Node does not close its stdout, and waits for what was written: a peer that is stuck would
 * keep the process alive.
 */
function abandon(stdout: NodeJS.WriteStream): void {
  const handle: unknown = Reflect.get(stdout, "_handle");
  if (stdout.writableLength === 0 || typeof handle !== "object" || handle === null) return;
  const close: unknown = Reflect.get(handle, "close");
  if (typeof close === "function") Reflect.apply(close, handle, []);
}
