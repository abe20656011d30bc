// A transport with somebody who hears how it ends.

import type { Transport } from "../../common/index.ts";

/**
 * The same transport. `told` is called once: with `undefined` where its peer has ended, with the error where it broke. It
 * is not called where this side closes first.
 */
export function observed(transport: Transport, told: (error: Error | undefined) => void): Transport {
  let isOver = false;
  const over = (error?: Error): void => {
    if (!isOver) told(error);
    isOver = true;
  };
  return {
    start: (receiver) =>
      transport.start({
        data: (bytes) => receiver.data(bytes),
        drained: () => receiver.drained(),
        ended: () => {
          over();
          receiver.ended();
        },
        lost: (error) => receiver.lost(error),
        reopened: () => receiver.reopened(),
        closed: (error) => {
          over(error);
          receiver.closed(error);
        },
      }),
    write: (bytes) => transport.write(bytes),
    pause: () => transport.pause(),
    resume: () => transport.resume(),
    close: () => {
      isOver = true;
      return transport.close();
    },
  };
}
