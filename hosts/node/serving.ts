// A listening socket whose connections an agent serves.

import { type ListenOptions, type Server, type Socket, createServer } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import type { Agent, Session } from "../common/index.ts";
import { Reader, withReader } from "./reader.ts";
import { SocketTransport } from "./socket.ts";

/** An agent's open socket. */
export interface Listener {
  /**
   * Removes the socket's file, if there is one and it is still its own, answers what has arrived and closes all connections.
   * A peer that does not take its replies holds this up for a second or two. Never rejects.
   */
  close(): Promise<void>;
}

/** More than the kernel's usual bound on it, so that a burst of clients finds the queue as long as it may be. */
export const BACKLOG = 4096;
/** The first turn of the event loop ends what is under way, the second accepts, the third reads. */
const LAST_TURNS = 3;

/** Serves the connections of a server, each a session of its own. */
export class Serving {
  readonly server: Server;
  private readonly sessions = new Set<Session>();
  private closing: Promise<void> | undefined;

  constructor(agent: Agent) {
    this.server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      const session = serve(agent, socket);
      if (session === undefined) return;
      this.sessions.add(session);
      void session.closed.then(() => this.sessions.delete(session));
    });
  }

  /** It listens by now. `hide` keeps new peers away, `closeBy` runs what closes the server. */
  listener(hide: () => void = () => {}, closeBy: (stop: () => void) => void = (stop) => stop()): Listener {
    // A connection that cannot be accepted, for want of descriptors, is no reason to end.
    this.server.on("error", () => {});
    return { close: () => (this.closing ??= this.close(hide, closeBy)) };
  }

  private async close(hide: () => void, closeBy: (stop: () => void) => void): Promise<void> {
    hide();
    for (let i = 0; i < LAST_TURNS; i++) await turn();
    closeBy(() => this.server.close());
    await Promise.all([...this.sessions].map((session) => session.close()));
  }
}

/** Returns what went wrong. */
export function listen(
  server: Server,
  options: ListenOptions & { fd?: number },
): Promise<NodeJS.ErrnoException | undefined> {
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
    server.listen(options);
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
