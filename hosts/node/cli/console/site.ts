// The page's server: on this machine only, for pages of its own only.

import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { listen } from "../../serving.ts";
import { Mistake } from "../mistake.ts";
import type { PageFile } from "./page-files.ts";
import { refuse } from "./refuse.ts";

/** Takes a request for a WebSocket that has come from a page of ours. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * `localhost` is both, and whoever has the other one of a port could give its visitors a page of his own. A machine may
 * have only the first.
 */
const ADDRESSES = ["127.0.0.1", "::1"] as const;
const NAMES = ["localhost", "127.0.0.1", "[::1]"] as const;
const MISSING = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT"]);

/** What is tried where no port is asked for. A page's history and permissions are its address's, port included. */
const USUAL_PORT = 8486;
/** Someone else may have a free port of one address at the other. */
const ATTEMPTS = 5;

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'";

const HEADERS = {
  "Content-Security-Policy": POLICY,
  "Cache-Control": "no-store",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

export class Site {
  /** Where it is served: `http://localhost:PORT`. */
  readonly origin: string;
  private readonly servers: readonly Server[];

  private constructor(origin: string, servers: readonly Server[]) {
    this.origin = origin;
    this.servers = servers;
  }

  /** Listens. Without a port it takes the usual one, or else any that is free. Throws a Mistake where that fails. */
  static async open(files: ReadonlyMap<string, PageFile>, port: number | undefined, upgrade?: Upgrade): Promise<Site> {
    const make = (): Server => {
      const server = createServer((request, response) => answer(files, request, response));
      server.on("upgrade", (request, socket, head) => {
        socket.on("error", () => {});
        if (upgrade !== undefined && isOwn(request) && isFromOwnPage(request)) upgrade(request, socket, head);
        else refuse(socket, "403 Forbidden");
      });
      return server;
    };
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const servers = await listenAt(make, port ?? (attempt === 0 ? USUAL_PORT : 0));
      const [first] = servers;
      if (first !== undefined) return new Site(`http://localhost:${portOf(first)}`, servers);
      if (port !== undefined) break;
    }
    throw new Mistake(`${port === undefined ? "each port" : `port ${port}`} is taken; choose another with --port`);
  }

  /** Settles when all connections are closed. */
  async close(): Promise<void> {
    await Promise.all(this.servers.map(closed));
  }
}

/** Servers on both addresses; none where the port is taken at one of them. */
async function listenAt(make: () => Server, port: number): Promise<Server[]> {
  const servers: Server[] = [];
  for (const host of ADDRESSES) {
    const server = make();
    const [first] = servers;
    const error = await listen(server, { host, port: first === undefined ? port : portOf(first) });
    if (error === undefined) {
      // A connection that cannot be accepted, for want of descriptors, is no reason to end.
      server.on("error", () => {});
      servers.push(server);
    } else if (error.code === "EADDRINUSE") {
      await Promise.all(servers.map(closed));
      return [];
    } else if (!MISSING.has(error.code ?? "") || host === ADDRESSES[0]) {
      await Promise.all(servers.map(closed));
      throw new Mistake(`port ${port} cannot be used (${error.code}); choose another with --port`, { cause: error });
    }
  }
  return servers;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function answer(files: ReadonlyMap<string, PageFile>, request: IncomingMessage, response: ServerResponse): void {
  const file = files.get(pathOf(request));
  if (!isOwn(request)) {
    const { localPort } = request.socket;
    say(
      response,
      421,
      `This server is http://localhost:${localPort}, by that name and port only; a tunnel needs the same port at both ends.`,
    );
  } else if (request.method !== "GET" && request.method !== "HEAD") {
    say(response, 405, "There is nothing but GET and HEAD.", { Allow: "GET, HEAD" });
  } else if (file === undefined) {
    say(response, 404, "There is no such file.");
  } else {
    response.writeHead(200, {
      ...HEADERS,
      "Content-Security-Policy": POLICY + ownWebSockets(request),
      "Content-Type": file.type,
      "Content-Length": file.bytes.length,
    });
    response.end(request.method === "HEAD" ? undefined : file.bytes);
  }
}

/** Decoded; empty where it cannot be. */
function pathOf(request: IncomingMessage): string {
  const [path = ""] = (request.url ?? "").split("?", 1);
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}

/** Older browsers do not count WebSockets as 'self'. A policy cannot name an address of IPv6. */
function ownWebSockets({ headers: { host = "" } }: IncomingMessage): string {
  return host.startsWith("[") ? "" : ` ws://${host}`;
}

function say(response: ServerResponse, status: number, text: string, more: Record<string, string> = {}): void {
  response.writeHead(status, { ...HEADERS, "Content-Type": "text/plain; charset=utf-8", ...more });
  response.end(`${text}\n`);
}

/** Whether it is meant for this server, and not for a name that somebody has made to point here. */
function isOwn(request: IncomingMessage): boolean {
  return hostsOf(request).includes(request.headers.host ?? "");
}

function isFromOwnPage({ headers }: IncomingMessage): boolean {
  return headers.origin === `http://${headers.host}`;
}

/** What may be the header Host: browsers leave port 80 out. */
function hostsOf(request: IncomingMessage): string[] {
  const port = request.socket.localPort;
  return NAMES.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
}
