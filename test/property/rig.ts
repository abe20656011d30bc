// An agent under test with its peers, driven step by step; time stands still in it.

import { type Agent, type Clock, type Core, type Limits, createAgent } from "guestwire";
import { Peer } from "../peer.ts";
import { type Later, testPlugin } from "./commands.ts";

const stopped: Clock = { now: () => 0, after: () => () => {} };

export class Rig {
  readonly agent: Agent;
  /** Calls that wait, oldest first. */
  readonly waiting: Later[] = [];
  /** Log records so far. */
  readonly records: string[] = [];

  constructor(core: Core, limits: Partial<Limits>) {
    this.agent = createAgent({
      core,
      limits,
      clock: stopped,
      plugins: [testPlugin(this.waiting)],
      logger: { log: (...record) => this.records.push(record.join(" ")) },
      version: "1.2.3",
    });
  }

  connect(): Peer {
    const peer = new Peer();
    this.agent.serve(peer);
    return peer;
  }

  /** Finishes a call that waits, and lets its answer reach the session. */
  async complete(index: number): Promise<void> {
    const [later] = this.waiting.splice(index % this.waiting.length, 1);
    later?.();
    for (let tick = 0; tick < 4; tick++) await undefined;
  }

  /** Drains and completes until nothing waits any more. */
  async settle(peers: readonly Peer[]): Promise<void> {
    for (;;) {
      const blocked = peers.filter((peer) => peer.isBlocked);
      for (const peer of blocked) peer.drain();
      if (this.waiting.length > 0) await this.complete(0);
      else if (blocked.length === 0) return;
    }
  }
}
