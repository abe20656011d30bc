// A transport whose bytes are recorded, and how it fares.

import { systemClock } from "../../../common/clock.ts";
import type { Receiver, Transport } from "../../../common/transport.ts";
import type { WireLog } from "./wire-log.ts";

/** What is told of a channel: it is lost and comes back, or has closed. */
export type Ear = Pick<Receiver, "lost" | "reopened" | "closed">;

/**
 * The same transport, recorded. What is written while the channel is lost goes nowhere, and is not in the record. The ear
 * hears before the receiver does. A channel that comes back says at its start that it is not there yet: that is no loss, and
 * what was written before is not in the record either.
 */
export function heard(transport: Transport, wire: WireLog, ear: Ear): Transport {
  let isLost = false;
  let wasThere = false;
  /** What was written and is not in the record yet. */
  let written: Uint8Array[] = [];
  const record = (): void => {
    const chunks = written;
    written = [];
    for (const bytes of chunks) wire.chunk("out", bytes);
  };
  const isThere = (): void => {
    wasThere = true;
    record();
  };
  return {
    start: (receiver) => {
      transport.start({
        data: (bytes) => {
          isThere();
          wire.chunk("in", bytes);
          receiver.data(bytes);
        },
        drained: () => receiver.drained(),
        ended: () => receiver.ended(),
        lost: (error) => {
          isLost = true;
          if (wasThere) record();
          written = [];
          if (wasThere || error !== undefined) {
            const what = wasThere ? "The channel is lost, with what was on its way" : "The channel is not there yet";
            wire.mark(withReason(what, error));
            ear.lost(error);
          }
          receiver.lost(error);
        },
        reopened: () => {
          isLost = false;
          isThere();
          wire.mark("The channel is open");
          ear.reopened();
          receiver.reopened();
        },
        closed: (error) => {
          isThere();
          wire.mark(withReason("The channel is closed", error));
          ear.closed(error);
          receiver.closed(error);
        },
      });
      // Others say nothing when they start.
      systemClock.after(0, () => {
        if (!isLost) isThere();
      });
    },
    write: (bytes) => {
      if (!isLost) written.push(new Uint8Array(bytes));
      // Who writes tells why in a microtask, which comes before this one: a mark stands above what it announces.
      if (wasThere) queueMicrotask(record);
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
