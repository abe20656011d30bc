// A receiver that writes down what a transport tells.

import type { Receiver } from "guestwire";
import { moment } from "./rig.ts";

export class Notes implements Receiver {
  bytes = "";
  readonly events: string[] = [];
  /** What the last `lost` or `closed` came with. */
  error: Error | undefined;
  onEvent: (event: string) => void = () => {};

  note(event: string): void {
    this.events.push(event);
    this.onEvent(event);
  }

  data(bytes: Uint8Array): void {
    this.bytes += Buffer.from(bytes).toString("latin1");
    this.note("data");
  }

  drained(): void {
    this.note("drained");
  }

  ended(): void {
    this.note("ended");
  }

  lost(error?: Error): void {
    this.error = error;
    this.note("lost");
  }

  reopened(): void {
    this.note("reopened");
  }

  closed(error?: Error): void {
    this.error = error;
    this.note("closed");
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await moment();
  }
}
