// A transport with somebody who hears how it ends.

import type { Transport } from "../../common/index.ts";

/** Who hears of a transport's life. */
export interface Watcher {
  /** Called once: with `undefined` where its peer has ended, with the error where it broke; not where this side closes first. */
  over(error: Error | undefined): void;
  /** A transport that comes back has lost its peer, or with an error the channel. */
  lost(error: Error | undefined): void;
  /** It is back. */
  reopened(): void;
}

/** The same transport, with a watcher. */
export function observed(transport: Transport, watcher: Watcher): Transport {
  let isOver = false;
  const over = (error?: Error): void => {
    if (!isOver) watcher.over(error);
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
        lost: (error) => {
          watcher.lost(error);
          receiver.lost(error);
        },
        reopened: () => {
          watcher.reopened();
          receiver.reopened();
        },
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
