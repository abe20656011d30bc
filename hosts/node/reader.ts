// Sockets that read into one buffer. Node would allocate 64 KiB for each read; a tenth of the time of a small request is
// in that.

import { type OnReadOpts, Socket } from "node:net";

/** A socket takes all that is there in one go: more than the kernel holds of a unix socket by default. */
const BUFFER_BYTES = 262_144;

/** All that read may share it: what was read is handed on before another one reads. */
export const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);

/** What a socket reads, on its way to whoever wants it. */
export class Reader {
  /** Takes bytes, which are valid until it returns; false where no more should be read at the moment. */
  sink: (bytes: Uint8Array) => boolean = () => true;
  /** The socket's option. */
  readonly onread: OnReadOpts = {
    buffer,
    callback: (count, bytes) => this.sink(bytes.subarray(0, count)),
  };
}

/**
 * The same connection as an accepted socket, which must be paused, but read like this. A server has no option for that, so
 * the connection moves to another socket by its handle. Node documents neither: where they are not there, undefined.
 */
export function withReader(accepted: Socket, reader: Reader): Socket | undefined {
  const handle = handleOf(accepted);
  if (typeof handle !== "object" || handle === null) return undefined;
  const options = { handle, onread: reader.onread, allowHalfOpen: true };
  const socket = new Socket(options);
  return handleOf(socket) === handle ? socket : undefined;
}

function handleOf(socket: Socket): unknown {
  return Reflect.get(socket, "_handle");
}
