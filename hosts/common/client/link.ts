// The channel as the client sees it: requests out, lines in, and whether it is there.

import { asError } from "../errors.ts";
import { type Receiver, type Transport, closeQuietly } from "../transport.ts";
import { LineReader, type LineSink } from "./lines.ts";

const SENTINEL = 0xff;

/** What a link tells. */
export interface LinkUser extends LineSink {
  /** All that was read has been told. */
  settled(): void;
  /** The channel takes bytes again. */
  drained(): void;
  /** It broke and is tried again, or could not be opened. */
  lost(error?: Error): void;
  /** It is there, or there again. */
  reopened(): void;
  /** It is gone for good. */
  closed(error?: Error): void;
}

const encoder = new TextEncoder();

export class Link implements Receiver {
  /** Requests may go out. */
  isUp = true;
  /** The channel has not yet taken what was sent. Still true when the user hears that the channel is lost or closed. */
  isBlocked = false;
  /** Bytes are being told, line by line: what there is to send waits until they all are. */
  isReading = false;
  /** Why it is not there, or was not. */
  failure: Error | undefined;
  /** Bytes so far. */
  received = 0;
  private readonly transport: Transport;
  private readonly user: LinkUser;
  private readonly reader: LineReader;
  private isOver = false;

  constructor(transport: Transport, replyBytes: number, user: LinkUser) {
    this.transport = transport;
    this.user = user;
    this.reader = new LineReader(replyBytes, user);
  }

  /** Bytes of a line that is not complete. */
  get pending(): number {
    return this.reader.pending;
  }

  start(): void {
    try {
      this.transport.start(this);
    } catch (error) {
      this.closed(asError(error));
    }
  }

  send(request: string): void {
    this.write(encoder.encode(request));
  }

  /** Sends 0xFF and the request in one write: the agent forgets what it holds (PROTOCOL 8.4). */
  flush(request: string): void {
    const bytes = encoder.encode(` ${request}`);
    bytes[0] = SENTINEL;
    this.write(bytes);
  }

  private write(bytes: Uint8Array): void {
    this.isBlocked = true;
    try {
      if (this.transport.write(bytes)) this.isBlocked = false;
    } catch (error) {
      this.closed(asError(error));
      void this.close();
    }
  }

  /** Closes the transport. Settles always. */
  async close(): Promise<void> {
    await closeQuietly(this.transport);
    this.closed();
  }

  data(bytes: Uint8Array): void {
    if (this.isOver) return;
    this.received += bytes.length;
    this.isReading = true;
    this.reader.read(bytes);
    this.isReading = false;
    this.user.settled();
  }

  drained(): void {
    this.isBlocked = false;
    this.user.drained();
  }

  /** An agent that sends no more is of no use. */
  ended(): void {
    this.closed(new Error("the agent ended the connection"));
    void this.close();
  }

  lost(error?: Error): void {
    this.change(false, error);
    this.user.lost(error);
    this.isBlocked = false;
  }

  reopened(): void {
    this.change(true, undefined);
    this.isBlocked = false;
    this.user.reopened();
  }

  private change(isUp: boolean, failure: Error | undefined): void {
    this.isUp = isUp;
    this.failure = failure;
    // A half reply is of an agent that is gone.
    this.reader.reset();
  }

  closed(error?: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.change(false, error ?? this.failure);
    this.user.closed(error);
  }
}
