// From WebSockets of the page to a unix socket. Each has a connection of its own.

import { randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { type Socket, connect } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer, createWebSocketStream } from "ws";
import { connectError } from "../../unix.ts";

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

/** How long a page has to close, in milliseconds. */
const GOODBYE_MS = 1000;

export class Bridge {
  /** Whoever has it may speak to the agent: 128 random bits. */
  readonly token = randomBytes(16).toString("base64url");
  private readonly path: string;
  private readonly server = new WebSocketServer({ noServer: true, handleProtocols: () => PROTOCOL });

  /** `path`: of the socket. */
  constructor(path: string) {
    this.path = path;
  }

  /** Takes a request for a WebSocket. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((word) => word.trim());
    if (request.url !== PATH || !offered.includes(PROTOCOL)) {
      socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
      return;
    }
    this.server.handleUpgrade(request, socket, head, (peer) => {
      peer.on("error", () => {});
      if (offered.some((word) => this.isToken(word))) join(peer, connect(this.path), this.path);
      // A request that is refused would tell the page nothing.
      else close(peer, FORBIDDEN, "this page is from another run; open the address that was printed last");
    });
  };

  /** Ends what is connected. A page that does not say goodbye in time is left. */
  async close(): Promise<void> {
    const { clients } = this.server;
    const ended = [...clients].map((peer) => once(peer, "close"));
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

/** Carries bytes both ways, and closes one when the other is closed. */
function join(peer: WebSocket, socket: Socket, path: string): void {
  const stream = createWebSocketStream(peer);
  let reason = "the agent closed the connection";
  let code = GONE;
  socket.on("error", (error: NodeJS.ErrnoException) => {
    if (!socket.pending) return;
    reason = connectError(path, error).message;
    code = UNAVAILABLE;
  });
  socket.on("close", () => close(peer, code, reason));
  stream.on("error", () => socket.destroy());
  stream.pipe(socket).pipe(stream, { end: false });
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
