// Tells when the agent goes and when it is back.

import type { Receiver, Transport } from "../../../common/index.ts";
import { inOneLine } from "../printable.ts";
import type { Shell } from "./shell.ts";

/** Looks at a transport that comes back: whether it is there does not depend on how the last call ended. */
export class LinkWatch {
  private shell: Shell | undefined;

  /** The same transport, looked at. */
  of(transport: Transport): Transport {
    return {
      start: (receiver) => transport.start(this.before(receiver)),
      write: (bytes) => transport.write(bytes),
      pause: () => transport.pause(),
      resume: () => transport.resume(),
      close: () => transport.close(),
    };
  }

  /**
   * From now on notes when the link is lost, and gets the client into step as soon as it is there again, so that this can
   * be noted too.
   */
  begin(shell: Shell): void {
    this.shell = shell;
    shell.client.observe((event) => {
      if (event.type !== "state" || event.state !== "ready" || !shell.isLost) return;
      shell.isLost = false;
      shell.screen.note("the agent is there again");
    });
  }

  private before(receiver: Receiver): Receiver {
    return {
      data: (bytes) => receiver.data(bytes),
      drained: () => receiver.drained(),
      ended: () => receiver.ended(),
      lost: (error) => {
        receiver.lost(error);
        this.lost(error);
      },
      reopened: () => receiver.reopened(),
      closed: (error) => receiver.closed(error),
    };
  }

  private lost(error?: Error): void {
    const { shell } = this;
    if (shell === undefined || shell.isLost) return;
    shell.isLost = true;
    const why = error === undefined ? "" : ` (${inOneLine(error.message)})`;
    shell.screen.note(`the agent is gone${why}; looking for it`);
    void shell.client.sync({ timeoutMs: 0 }).catch(() => {});
  }
}
