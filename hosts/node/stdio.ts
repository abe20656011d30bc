// Standard input and output as a channel.

import { Duplex } from "node:stream";
import type { Transport } from "../common/index.ts";
import { SocketTransport } from "./socket.ts";

/**
 * The process's standard input and output as the two directions of one channel, whatever they are: pipes, sockets, files, a
 * terminal as it is set. At the end of the input the session answers what it has, and closes. To be called once; nothing
 * else may read or write them.
 */
export function stdio(): Transport {
  const { stdin, stdout } = process;
  // One that nobody reads goes on failing after the channel has closed.
  stdout.on("error", () => {});
  return new SocketTransport(Duplex.from({ readable: stdin, writable: stdout } as never));
}
