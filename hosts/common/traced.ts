// A look at the bytes of a channel, for traces and for those who want a reply as it was.

import type { Transport } from "./transport.ts";

/** Which way bytes go: `in` from the peer, `out` to it. */
export type Direction = "in" | "out";

/**
 * The same transport, with somebody who looks on: `look` sees what comes in before the receiver does, and what goes out as
 * it is written. The bytes are valid until it returns. It must not throw.
 */
export function traced(transport: Transport, look: (direction: Direction, bytes: Uint8Array) => void): Transport {
  return {
    start: (receiver) =>
      transport.start({
        data: (bytes) => {
          look("in", bytes);
          receiver.data(bytes);
        },
        drained: () => receiver.drained(),
        ended: () => receiver.ended(),
        lost: (error) => receiver.lost(error),
        reopened: () => receiver.reopened(),
        closed: (error) => receiver.closed(error),
      }),
    write: (bytes) => {
      look("out", bytes);
      return transport.write(bytes);
    },
    pause: () => transport.pause(),
    resume: () => transport.resume(),
    close: () => transport.close(),
  };
}
