// The line that answers the request, as it came.

import { LineReader } from "../../common/client/lines.ts";
import { REPLY_BYTES } from "../../common/client/options.ts";
import { readReply } from "../../common/client/reply.ts";
import { type Transport, traced } from "../../common/index.ts";
import { parseJson } from "../../common/json.ts";

const SENTINEL = 0xff;

export class RawReply {
  /** Its bytes, with the LF, and with the 0xFF where there was one; none before it has come. */
  bytes: Uint8Array = new Uint8Array(0);
  /** The request that waits for its reply: both carry the same id, or, with an old agent, none. */
  private request: { readonly id?: unknown } | undefined;
  private readonly reader = new LineReader(REPLY_BYTES, {
    line: (bytes, delimited) => this.line(bytes, delimited),
    sentinel() {},
    overlong() {},
  });

  /** The same transport, looked at. */
  of(transport: Transport): Transport {
    return traced(transport, (direction, bytes) => {
      if (direction === "in") this.reader.read(bytes);
      // A synchronisation: nothing that comes from here on answers the request.
      else if (bytes[0] === SENTINEL) this.request = undefined;
      else this.request = parseJson(Buffer.from(bytes).toString()) as { id?: unknown };
    });
  }

  private line(bytes: Uint8Array, delimited: boolean): void {
    if (this.request === undefined) return;
    const reply = readReply(bytes);
    if (reply.kind === "noise" || reply.id !== this.request.id) return;
    this.request = undefined;
    this.bytes = Buffer.concat([Buffer.from(delimited ? "\xff" : "", "latin1"), bytes, Buffer.from("\n")]);
  }
}
