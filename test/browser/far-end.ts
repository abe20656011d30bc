// The far end of the wire: a program that speaks bytes over the serial port.

import { type Socket, connect } from "node:net";
import { once } from "node:events";
import type { TestContext } from "node:test";
import type { SerialPort } from "./serial-port.ts";

/** Takes the far end of the wire until the test is over. */
export async function takeFarEnd(t: TestContext, port: SerialPort): Promise<Socket> {
  const socket = connect(port.far);
  await once(socket, "connect");
  t.after(async () => {
    socket.destroy();
    if (!socket.closed) await once(socket, "close");
  });
  return socket;
}

/** Reads until so many bytes have come. */
export async function take(socket: Socket, count: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let length = 0; length < count; length += pieces.at(-1)?.length ?? 0) {
    pieces.push(await next(socket, count - length));
  }
  return Buffer.concat(pieces);
}

async function next(socket: Socket, most: number): Promise<Buffer> {
  for (;;) {
    const piece = socket.read(Math.min(most, socket.readableLength || most)) as Buffer | null;
    if (piece !== null) return piece;
    await once(socket, "readable");
  }
}
