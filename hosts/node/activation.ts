// Socket activation: a service manager listens, and starts the agent with the listening socket.

import type { Agent } from "../common/index.ts";
import { lookAt } from "./inherited.ts";
import { BACKLOG, type Listener, Serving, listen } from "./serving.ts";
import { refuse } from "./socket-file.ts";

/** The first descriptor that systemd passes on. */
const FIRST_FD = 3;

/**
 * The descriptor of the listening socket that a service manager started this process with, by systemd's protocol; undefined
 * where it did not, or meant another process.
 *
 * @param env the environment: LISTEN_PID and LISTEN_FDS
 * @param pid this process's number
 * @throws GuestwireError GW_ERR_SOCKET where there are several
 */
export function activated(env: Readonly<Record<string, string | undefined>>, pid: number): number | undefined {
  const count = numberIn(env["LISTEN_FDS"]);
  if (numberIn(env["LISTEN_PID"]) !== pid || count === undefined || count === 0) return undefined;
  if (count === 1) return FIRST_FD;
  throw refuse(`the service manager passed ${count} sockets, one is served; leave one in the .socket unit`);
}

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/**
 * Serves an agent's peers on an inherited listening socket, unix or TCP, each connection a session of its own. The
 * socket's file, if it has one, stays when the listener closes: it is its maker's.
 *
 * @throws GuestwireError GW_ERR_SOCKET, with a line that says what to do: it is no listening socket, or one of another
 *   family, as vsock; GW_ERR_DEVICE where it is not open; GW_ERR_LIMIT where fd is no integer from 0 to 2,147,483,647
 */
export async function listenFd(agent: Agent, fd: number): Promise<Listener> {
  if (!lookAt(fd).isSocket()) throw refuse(`descriptor ${fd} is no socket; hand in one that listens`);
  const serving = new Serving(agent);
  const error = await listen(serving.server, { fd, backlog: BACKLOG });
  if (error === undefined) return serving.listener();
  throw refuse(
    `descriptor ${fd} is no listening unix or TCP socket (${error.message}); hand in one, vsock is not served`,
    error,
  );
}
