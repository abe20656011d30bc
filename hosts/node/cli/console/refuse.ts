// A request for a WebSocket that is not granted.

import type { Duplex } from "node:stream";

/** Answers with a status line, such as `403 Forbidden`, and ends the connection, whatever the other end does about it. */
export function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
}
