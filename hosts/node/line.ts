// A terminal line: its end of file is the end.

import { systemClock } from "../common/clock.ts";
import { type Outcome, portOf } from "./port.ts";
import { PortTransport } from "./port-transport.ts";

/** Takes a terminal over, which is in raw mode and was opened with O_NONBLOCK. */
export function lineOf(fd: number): LineTransport {
  return new LineTransport(portOf(fd, systemClock), systemClock);
}

/** When the other side hangs up the transport closes. */
export class LineTransport extends PortTransport {
  protected override take(outcome: Outcome): void {
    if (outcome instanceof Error) this.failed(outcome);
    else if (outcome.length === 0) this.end();
    else this.tell(outcome);
  }

  protected override failed(error: NodeJS.ErrnoException): void {
    // How a terminal hangs up, to those who write and to some who read.
    if (error.code === "EIO") this.end();
    else this.end(error);
  }
}
