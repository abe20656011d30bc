// A client on a channel whose other side is the test, in a time of its own.

import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { CallError, type ClientOptions, type GuestClient, connect } from "guestwire/client";
import { fakeClock } from "guestwire/testing";
import { Peer } from "../peer.ts";

/** A request as the client wrote it. */
export interface Written {
  readonly execute: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly id?: string;
}

export class Rig {
  readonly peer = new Peer();
  readonly clock = fakeClock();
  private readonly options: ClientOptions;

  constructor(options: ClientOptions = {}) {
    this.options = { clock: this.clock, ...options };
  }

  connect(): Promise<GuestClient> {
    return connect(this.peer, this.options);
  }

  /** Connected, with nothing left to read. No timer may be left when the test ends. */
  static async ready(t: TestContext, options?: ClientOptions): Promise<{ rig: Rig; client: GuestClient }> {
    const rig = new Rig(options);
    const connecting = rig.connect();
    rig.answerSync();
    const client = await connecting;
    t.after(async () => {
      rig.peer.hangUp();
      await client.close();
      assert.equal(rig.clock.pending, 0, "timers are left");
    });
    return { rig, client };
  }

  /** What the client wrote since the last time: one request, 0xFF before it or not. */
  request(): Written {
    const text = this.peer.take();
    assert.match(text, /^\xff?\{[^\n]*\}\n$/, `not one request: ${JSON.stringify(text)}`);
    return JSON.parse(text.replace("\xff", "")) as Written;
  }

  /** Answers the synchronisation that the client wrote last. */
  answerSync(): void {
    assert.equal(this.peer.received[0], "\xff");
    const { execute, arguments: args } = this.request();
    assert.equal(execute, "guest-sync-delimited");
    this.peer.send(`\xff{"return": ${String(args?.["id"])}}\n`);
  }

  /** Answers the request that the client wrote last; returns the answer. */
  answer(json = "{}"): string {
    const line = `{"return": ${json}, "id": "${this.request().id}"}\n`;
    this.peer.send(line);
    return line;
  }

  /** Lets what is under way go on; then this much time has passed. */
  async pass(ms: number): Promise<void> {
    await turn();
    this.clock.pass(ms);
    await turn();
  }
}

/** What a call without an answer rejects with. */
export function failure(code: string, sent: boolean, message = /./): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof CallError, String(error));
    assert.deepEqual([error.code, error.sent], [code, sent], error.message);
    assert.match(error.message, message);
    return true;
  };
}
