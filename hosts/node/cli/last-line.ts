// The line that answered the last request, as it came.

import { LineReader } from "../../common/client/lines.ts";
import { REPLY_BYTES } from "../../common/client/options.ts";
import { type Transport, traced } from "../../common/index.ts";

export class LastLine {
  /** Its bytes, with the LF, and with the 0xFF where there was one; none before it is complete. */
  bytes: Uint8Array = new Uint8Array(0);
  private readonly reader = new LineReader(REPLY_BYTES, {
    line: (bytes, delimited) => {
      this.bytes = Buffer.concat([Buffer.from(delimited ? "\xff" : "", "latin1"), bytes, Buffer.from("\n")]);
    },
    sentinel() {},
    overlong() {},
  });

  /** The same transport, looked at. */
  of(transport: Transport): Transport {
    return traced(transport, (direction, bytes) => {
      if (direction === "in") this.reader.read(bytes);
      else this.bytes = new Uint8Array(0);
    });
  }
}
