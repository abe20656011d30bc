// Unix sockets: listening for an agent's peers, and connecting to one.

import { type Server, connect } from "node:net";
import type { Agent, Transport } from "../common/index.ts";
import {
  checkSocketPath,
  closeSparing,
  fileAt,
  refuse,
  removeLeftover,
  removeOwn,
  socketError,
} from "./socket-file.ts";
import { Reader } from "./reader.ts";
import { BACKLOG, type Listener, Serving, listen } from "./serving.ts";
import { SocketTransport } from "./socket.ts";

/** Someone who starts an agent at the same moment may take the path in between; then this often. */
const ATTEMPTS = 3;

/**
 * Serves an agent's peers on a unix socket, each connection a session of its own. A socket that a dead agent left behind
 * is replaced.
 *
 * @param path at most 107 bytes of UTF-8, relative to the current folder or absolute
 * @throws GuestwireError GW_ERR_SOCKET, with a line that says what to do: somebody listens there, something else than a
 *   socket lies there, the folder is missing, there is no permission, the path is too long
 */
export async function listenUnix(agent: Agent, path: string): Promise<Listener> {
  checkSocketPath(path);
  const serving = new Serving(agent);
  await bind(serving.server, path);
  const own = fileAt(path);
  return serving.listener(
    () => removeOwn(path, own),
    (stop) => closeSparing(path, stop),
  );
}

/**
 * Connects to a unix socket.
 *
 * @throws GuestwireError GW_ERR_SOCKET, with a line that says what to do
 */
export async function connectUnix(path: string): Promise<Transport> {
  checkSocketPath(path);
  return new Promise((resolve, reject) => {
    const reader = new Reader();
    const socket = connect({ path, allowHalfOpen: true, onread: reader.onread }).pause();
    const fail = (error: NodeJS.ErrnoException): void => reject(connectError(path, error));
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.removeListener("error", fail);
      resolve(new SocketTransport(socket, reader));
    });
  });
}

async function bind(server: Server, path: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const error = await listen(server, { path, backlog: BACKLOG });
    if (error === undefined) return;
    if (error.code !== "EADDRINUSE") throw socketError(path, error);
    await removeLeftover(path);
  }
  throw refuse(`somebody else keeps taking ${path}; choose another path`);
}

/** Says what to do about an error of connecting. */
export function connectError(path: string, error: NodeJS.ErrnoException): Error {
  if (error.code === "ENOENT") return refuse(`there is no socket ${path}; start the agent or name another path`, error);
  if (error.code === "ECONNREFUSED") return refuse(`nobody listens on ${path}; start the agent`, error);
  return socketError(path, error);
}
