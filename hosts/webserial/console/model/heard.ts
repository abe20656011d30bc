// A transport whose bytes are recorded, and how it fares.

import type { Receiver, Transport } from "../../../common/transport.ts";
import type { WireLog } from "./wire-log.ts";

/** What is told of a channel: it is lost and comes back, or has closed. */
export type Ear = Pick<Receiver, "lost" | "reopened" | "closed">;

/**
 * The same transport, recorded. What is written while the channel is lost goes nowhere, and is not in the record. The ear
 * hears before the receiver does.
 */
export function heard(transport: Transport, wire: WireLog, ear: Ear): Transport {
  let isLost = false;
  let wasThere = false;
  return {
    start: (receiver) =>
      transport.start({
        data: (bytes) => {
          wasThere = true;
          wire.chunk("in", bytes);
          receiver.data(bytes);
        },
        drained: () => receiver.drained(),
        ended: () => receiver.ended(),
        lost: (error) => {
          isLost = true;
          const what = wasThere ? "The channel is lost, with what was on its way" : "The channel is not there yet";
          wire.mark(withReason(what, error));
          ear.lost(error);
          receiver.lost(error);
        },
        reopened: () => {
          isLost = false;
          wasThere = true;
          wire.mark("The channel is open");
          ear.reopened();
          receiver.reopened();
        },
        closed: (error) => {
          wire.mark(withReason("The channel is closed", error));
          ear.closed(error);
          receiver.closed(error);
        },
      }),
    write: (bytes) => {
      if (!isLost) wire.chunk("out", bytes);
      return transport.write(bytes);
    },
    pause: () => transport.pause(),
    resume: () => transport.resume(),
    close: () => transport.close(),
  };
}

function withReason(what: string, error: Error | undefined): string {
  return error === undefined ? what : `${what}: ${error.message}`;
}
