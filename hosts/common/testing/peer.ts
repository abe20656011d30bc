// A peer in memory: a transport whose other side is a test.

import type { Receiver, Transport } from "../transport.ts";
import { fromLatin1, toLatin1 } from "./latin1.ts";

/**
 * What an agent serves, and a test plays: `agent.serve(peer)`. Bytes go in and out at once, as text with one character for
 * each. It is as unkind as a transport may be: the bytes it hands in are garbled when the call returns, and it can refuse
 * to take more.
 */
export class Peer implements Transport {
  /** What the session wrote since `take`. */
  received = "";
  /** The session asked to be left alone. */
  paused = false;
  closed = false;
  /** Asked at each write: whether the channel still takes bytes behind these. */
  takes: () => boolean = () => true;
  /** Why a call of the session's was wrong; a test looks at it. */
  readonly misuse: string[] = [];
  private receiver: Receiver | undefined;
  private writing = false;
  private blocked = false;
  private down = false;
  private wake: () => void = () => {};

  start(receiver: Receiver): void {
    if (this.receiver !== undefined) this.misuse.push("started twice");
    this.receiver = receiver;
  }

  write(bytes: Uint8Array): boolean {
    if (this.blocked) this.misuse.push("a write while the channel takes none");
    if (this.writing) this.misuse.push("a write inside a write");
    if (bytes.length === 0) this.misuse.push("a write of nothing");
    if (this.down) return true;
    this.writing = true;
    this.received += fromLatin1(bytes);
    this.blocked = !this.takes();
    this.writing = false;
    this.wake();
    return !this.blocked;
  }

  pause(): void {
    if (this.paused) this.misuse.push("paused twice");
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) this.misuse.push("resumed without a pause");
    this.paused = false;
  }

  async close(): Promise<void> {
    this.hangUp();
  }

  /** Sends these characters as bytes, in one chunk. */
  send(text: string): void {
    this.sendBytes(toLatin1(text));
  }

  /** Sends bytes in one chunk. They are garbled then. */
  sendBytes(bytes: Uint8Array): void {
    this.receiver?.data(bytes);
    bytes.fill(0x5a);
  }

  /** Whether the session waits for `drain`. */
  get isBlocked(): boolean {
    return this.blocked;
  }

  /** The channel takes bytes again. */
  drain(): void {
    this.blocked = false;
    this.receiver?.drained();
  }

  /** The peer sends no more, but still reads. */
  end(): void {
    this.receiver?.ended();
  }

  /** The channel is lost, as one that comes back loses it: what is written meanwhile is dropped. */
  lose(error?: Error): void {
    const waited = this.blocked;
    this.down = true;
    this.blocked = false;
    this.receiver?.lost(error);
    if (waited) this.receiver?.drained();
  }

  /** The channel is there again, with another peer. */
  reopen(): void {
    this.down = false;
    this.receiver?.reopened();
  }

  /** The peer is gone. */
  hangUp(): void {
    if (this.closed) return;
    this.closed = true;
    this.wake();
    this.receiver?.closed();
  }

  /** Waits until what was received since the last time ends so, or the peer is gone, and takes it. */
  async until(end: string): Promise<string> {
    while (!this.received.endsWith(end) && !this.closed) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.take();
  }

  /** What was received since the last time. */
  take(): string {
    const text = this.received;
    this.received = "";
    return text;
  }
}
