// What a channel to an agent from before QEMU 4.0 is like: it refuses requests with an id.

import type { Receiver, Transport } from "guestwire";
import { generic } from "../peer.ts";

const REFUSAL = Buffer.from(generic("QMP input member 'id' is unexpected"));

/** Keeps requests with an id from the agent at this end, and answers them. */
export function idRefuser(transport: Transport): Transport {
  return {
    start: (receiver) => transport.start(refusing(transport, receiver)),
    write: (bytes) => transport.write(bytes),
    pause: () => transport.pause(),
    resume: () => transport.resume(),
    close: () => transport.close(),
  };
}

function refusing(transport: Transport, receiver: Receiver): Receiver {
  let held = "";
  return {
    data(bytes) {
      const pieces = (held + Buffer.from(bytes).toString("latin1")).split(/(?<=[\n\xff])/);
      held = /[\n\xff]$/.test(pieces.at(-1) ?? "") ? "" : (pieces.pop() ?? "");
      for (const piece of pieces) {
        // Only the ids of requests are strings.
        if (piece.includes('"id":"') && piece.endsWith("\n")) transport.write(REFUSAL);
        else receiver.data(Buffer.from(piece, "latin1"));
      }
    },
    drained: () => receiver.drained(),
    ended: () => receiver.ended(),
    lost: (error) => receiver.lost(error),
    reopened: () => receiver.reopened(),
    closed: (error) => receiver.closed(error),
  };
}
