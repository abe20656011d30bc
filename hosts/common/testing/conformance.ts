// The corpus against an agent at the other end of a transport.

import { systemClock } from "../clock.ts";
import type { Receiver, Transport } from "../transport.ts";
import { type ConformanceCase, loadCorpus, matches } from "./corpus.ts";
import { fromLatin1, toLatin1 } from "./latin1.ts";
import { sync, synced } from "./words.ts";

export interface ConformanceOptions {
  /** Called after each case. */
  readonly onProgress?: (done: number, total: number) => void;
  /** How long the agent has for one case, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
}

/** A case that the agent answered otherwise, or not at all. A character stands for a byte. */
export interface ConformanceFailure {
  readonly name: string;
  readonly expected: string;
  readonly got: string;
}

export interface ConformanceResult {
  readonly passed: number;
  readonly failed: readonly ConformanceFailure[];
}

const TIMEOUT_MS = 10_000;

/**
 * Replays what qemu-ga 7.2 was sent, and compares the answers byte by byte. `connect` gives the transport of a fresh session
 * each time, which is closed when its case is over; the agent must have the four standard commands and no cap on error
 * replies (`errorsInRow: 0`). Rejects where it cannot connect, or the agent does not answer a guest-sync-delimited.
 */
export async function runConformance(
  connect: () => Transport | Promise<Transport>,
  options: ConformanceOptions = {},
): Promise<ConformanceResult> {
  const cases = await loadCorpus();
  const failed: ConformanceFailure[] = [];
  for (const [index, one] of cases.entries()) {
    const got = await replay(one, await connect(), 2 * index, options.timeoutMs ?? TIMEOUT_MS);
    if (!matches(one, got)) failed.push({ name: one.name, expected: one.reply, got });
    options.onProgress?.(index + 1, cases.length);
  }
  return { passed: cases.length - failed.length, failed };
}

/** What a case draws, between two syncs; all that has come where the second one is not answered. */
async function replay(one: ConformanceCase, transport: Transport, id: number, ms: number): Promise<string> {
  const talk = new Talk(transport);
  const cancel = systemClock.after(ms, () => talk.giveUp());
  try {
    const hello = await talk.ask([sync(id)], synced(id));
    if (!hello.endsWith(synced(id))) {
      throw new Error(`the agent does not answer guest-sync-delimited, but ${JSON.stringify(hello)}; case ${one.name}`);
    }
    const end = synced(id + 1);
    const got = await talk.ask([...one.send, sync(id + 1)], end);
    return got.endsWith(end) ? got.slice(0, -end.length) : got;
  } finally {
    cancel();
    await transport.close();
  }
}

/** The client's side, in latin-1. */
class Talk implements Receiver {
  private readonly transport: Transport;
  private received = "";
  private blocked = false;
  private over = false;
  private wake: () => void = () => {};

  constructor(transport: Transport) {
    this.transport = transport;
    transport.start(this);
  }

  /** Sends chunks, and reads until what came ends so, or no more comes. */
  async ask(chunks: readonly string[], end: string): Promise<string> {
    for (const chunk of chunks) {
      await this.until(() => !this.blocked);
      // Set before: a transport may drain at once.
      this.blocked = true;
      if (this.transport.write(toLatin1(chunk))) this.blocked = false;
    }
    await this.until(() => this.received.endsWith(end));
    const text = this.received;
    this.received = "";
    return text;
  }

  giveUp(): void {
    this.over = true;
    this.wake();
  }

  private async until(isSo: () => boolean): Promise<void> {
    while (!isSo() && !this.over) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  data(bytes: Uint8Array): void {
    this.received += fromLatin1(bytes);
    this.wake();
  }

  drained(): void {
    this.blocked = false;
    this.wake();
  }

  ended(): void {
    this.giveUp();
  }

  lost(): void {
    this.giveUp();
  }

  reopened(): void {}

  closed(): void {
    this.giveUp();
  }
}
