// From WebSockets of the page to a unix socket. Each has a connection of its own.

import { randomBytes, timingSafeEqual } from "node:crypto";
import type { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import { type Socket, connect } from "node:net";
import { type Duplex, Writable } from "node:stream";
import { type ServerOptions, type WebSocket, WebSocketServer, createWebSocketStream } from "ws";
import { connectError } from "../../unix.ts";
import { refuse } from "./refuse.ts";

const PATH = "/bridge";
/** The subprotocols: what is spoken, and the token, which browsers let a page put nowhere else but into the address. */
const PROTOCOL = "guestwire";
const TOKEN_PREFIX = "guestwire.token.";

/** Codes of closing (RFC 6455, 7.4.1, and the registry): the page shows the reason that comes with them. */
const GONE = 1001;
const FORBIDDEN = 1008;
const UNAVAILABLE = 1013;
/** The bytes that a reason may have. */
const REASON_BYTES = 123;

/** How long a page has to close, and an agent after it, in milliseconds. */
const GOODBYE_MS = 1000;
/** How long a page that is behind has for an agent's last bytes, in milliseconds. */
const LAST_BYTES_MS = 30_000;
/** What a message may have whose page has no token and is not heard, in bytes. */
const DEAF_BYTES = 1024;

export class Bridge {
  /** Whoever has it may speak to the agent: 128 random bits. */
  readonly token = randomBytes(16).toString("base64url");
  private readonly path: string;
  private readonly server = openServer();
  /** For those who have no token: a request that is refused would tell their page nothing. */
  private readonly refusing = openServer({ maxPayload: DEAF_BYTES });
  /** To the agent. */
  private readonly sockets = new Set<Socket>();

  /** `path`: of the socket. */
  constructor(path: string) {
    this.path = path;
  }

  /** Takes a request for a WebSocket. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((word) => word.trim());
    if (request.url !== PATH || !offered.includes(PROTOCOL)) {
      refuse(socket, "404 Not Found");
      return;
    }
    const isKnown = offered.some((word) => this.isToken(word));
    const server = isKnown ? this.server : this.refusing;
    server.handleUpgrade(request, socket, head, (peer) => {
      peer.on("error", () => {});
      if (isKnown) join(peer, this.connect(), this.path);
      else turnAway(peer);
    });
  };

  private connect(): Socket {
    const socket = connect(this.path);
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    return socket;
  }

  /** Ends what is connected. A page or an agent that does not close in time is left. */
  async close(): Promise<void> {
    // Takes no more pages.
    this.server.close();
    this.refusing.close();
    const clients = [...this.server.clients, ...this.refusing.clients];
    const ended = [...clients, ...this.sockets].map(closed);
    for (const peer of clients) peer.close(GONE, "the bridge has ended");
    const hurry = setTimeout(() => {
      for (const peer of clients) peer.terminate();
    }, GOODBYE_MS);
    await Promise.all(ended);
    clearTimeout(hurry);
  }

  private isToken(word: string): boolean {
    const [given, own] = [Buffer.from(word), Buffer.from(TOKEN_PREFIX + this.token)];
    return given.length === own.length && timingSafeEqual(given, own);
  }
}

function openServer(options: ServerOptions = {}): WebSocketServer {
  return new WebSocketServer({ noServer: true, handleProtocols: () => PROTOCOL, ...options });
}

function turnAway(peer: WebSocket): void {
  close(peer, FORBIDDEN, "this page is from another run; open the address that was printed last");
  const hurry = setTimeout(() => peer.terminate(), GOODBYE_MS);
  peer.on("close", () => clearTimeout(hurry));
}

/** Carries bytes both ways, and closes one when the other is closed. */
function join(peer: WebSocket, socket: Socket, path: string): void {
  const fromPage = createWebSocketStream(peer);
  const toPage = new Writable({ write: (bytes: Buffer, _encoding, done) => peer.send(bytes, done) });
  let reason = "the agent closed the connection";
  let code = GONE;
  socket.on("error", (error: NodeJS.ErrnoException) => {
    if (!socket.pending) return;
    reason = connectError(path, error).message;
    code = UNAVAILABLE;
  });
  fromPage.on("error", () => socket.destroy());
  toPage.on("error", () => socket.destroy());
  fromPage.pipe(socket).pipe(toPage, { end: false });
  socket.on("close", () => {
    const hurry = setTimeout(() => peer.terminate(), LAST_BYTES_MS);
    // Closed before it has all, the WebSocket would drop the rest.
    toPage.end(() => {
      clearTimeout(hurry);
      close(peer, code, reason);
    });
    // What the page still says has nowhere to go; its own goodbye comes behind that.
    fromPage.resume();
  });
  peer.on("close", () => {
    // An agent that is stopped, or keeps its side open, would hold the connection for ever.
    const hurry = setTimeout(() => socket.destroy(), GOODBYE_MS);
    socket.on("close", () => clearTimeout(hurry));
  });
}

/** Unlike once() of node:events it is indifferent to errors. */
function closed(connection: EventEmitter): Promise<void> {
  return new Promise((resolve) => connection.once("close", resolve));
}

function close(peer: WebSocket, code: number, reason: string): void {
  peer.close(
    code,
    Buffer.from(reason)
      .subarray(0, REASON_BYTES)
      .toString()
      .replace(/\ufffd+$/, ""),
  );
}
