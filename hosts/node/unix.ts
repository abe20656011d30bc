// Unix sockets: listening for an agent's peers, and connecting to one.

import { type Server, type Socket, connect, createServer } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import type { Agent, Session, Transport } from "../common/index.ts";
import {
  checkSocketPath,
  closeSparing,
  fileAt,
  refuse,
  removeLeftover,
  removeOwn,
  socketError,
} from "./socket-file.ts";
import { Reader, withReader } from "./reader.ts";
import { SocketTransport } from "./socket.ts";

/** An agent's open socket. */
export interface Listener {
  /**
   * Removes the socket's file, if it is still its own, answers what has arrived and closes all connections. A peer that
   * does not take its replies holds this up for a second or two. Never rejects.
   */
  close(): Promise<void>;
}

/** More than the kernel's usual bound on it, so that a burst of clients finds the queue as long as it may be. */
const BACKLOG = 4096;
/** Someone who starts an agent at the same moment may take the path in between; then this often. */
const ATTEMPTS = 3;
/** The first turn of the event loop ends what is under way, the second accepts, the third reads. */
const LAST_TURNS = 3;

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
  const sessions = new Set<Session>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    const session = serve(agent, socket);
    if (session === undefined) return;
    sessions.add(session);
    void session.closed.then(() => sessions.delete(session));
  });
  await bind(server, path);
  const own = fileAt(path);
  // A connection that cannot be accepted, for want of descriptors, is no reason to end.
  server.on("error", () => {});

  const close = async (): Promise<void> => {
    removeOwn(path, own);
    for (let i = 0; i < LAST_TURNS; i++) await turn();
    closeSparing(path, () => server.close());
    await Promise.all([...sessions].map((session) => session.close()));
  };
  let closing: Promise<void> | undefined;
  return { close: () => (closing ??= close()) };
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

function serve(agent: Agent, socket: Socket): Session | undefined {
  try {
    return agent.serve(transportOf(socket));
  } catch {
    // The agent is closed, or its engine does not start any more: nobody is there for this peer.
    socket.destroy();
    return undefined;
  }
}

function transportOf(accepted: Socket): SocketTransport {
  const reader = new Reader();
  const socket = withReader(accepted, reader);
  return socket === undefined ? new SocketTransport(accepted) : new SocketTransport(socket, reader);
}

async function bind(server: Server, path: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const error = await listen(server, path);
    if (error === undefined) return;
    if (error.code !== "EADDRINUSE") throw socketError(path, error);
    await removeLeftover(path);
  }
  throw refuse(`somebody else keeps taking ${path}; choose another path`);
}

function listen(server: Server, path: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const listening = (): void => {
      server.removeListener("error", failed);
      resolve(undefined);
    };
    const failed = (error: NodeJS.ErrnoException): void => {
      server.removeListener("listening", listening);
      resolve(error);
    };
    server.once("listening", listening);
    server.once("error", failed);
    server.listen({ path, backlog: BACKLOG });
  });
}

function connectError(path: string, error: NodeJS.ErrnoException): Error {
  if (error.code === "ENOENT") return refuse(`there is no socket ${path}; start the agent or name another path`, error);
  if (error.code === "ECONNREFUSED") return refuse(`nobody listens on ${path}; start the agent`, error);
  return socketError(path, error);
}
