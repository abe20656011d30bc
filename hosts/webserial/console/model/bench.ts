// All that one console has: the two roles, of which one has the channel at a time, and what they share.

import { systemClock } from "../../../common/clock.ts";
import { AgentRole } from "./agent-role.ts";
import { ClientRole } from "./client-role.ts";
import { Draft } from "./draft.ts";
import { History, type StorageLike } from "./history.ts";
import { LogBook } from "./log-book.ts";
import type { Opener, Role } from "./role.ts";
import type { Outcome } from "./run.ts";
import { WireFilter } from "./wire-filter.ts";
import { WireLog } from "./wire-log.ts";

/** What is yet to be sent when nobody looks on any more has this long, in milliseconds. */
const REST_MS = 1000;

export class Bench {
  readonly wire = new WireLog();
  readonly filter = new WireFilter(this.wire);
  readonly book = new LogBook();
  readonly client = new ClientRole(this.wire, this.book);
  readonly agent = new AgentRole(this.wire, this.book);
  readonly draft = new Draft();
  readonly history: History;
  /** The role that is to have the channel. */
  private wanted: Role | undefined;

  constructor(key: string, storage: () => StorageLike) {
    this.history = new History(key, storage);
    this.client.observe(() => {
      const { schema, commands } = this.client;
      // What an agent said holds until one says something else: the form stays while there is none.
      if (commands.length > 0 && schema !== this.draft.schema) this.draft.learn(schema);
    });
  }

  /**
   * Opens a channel for one of the roles; the other one's is closed before. Settles when that has succeeded or failed, or
   * something else was asked for meanwhile; never rejects.
   */
  async start(role: Role, open: Opener): Promise<void> {
    this.wanted = role;
    await (role === this.client ? this.agent : this.client).stop();
    if (this.wanted === role) await role.start(open);
  }

  /** Closes the channel, or gives up opening one. */
  async stop(): Promise<void> {
    this.wanted = undefined;
    await Promise.all([this.client.stop(), this.agent.stop()]);
  }

  /** Lets a stop that is under way wait for nothing more: what is yet to be sent is lost. */
  hurry(): void {
    this.client.hurry();
    this.agent.hurry();
  }

  /** Closes the channel, soon, and the agent in the page: nothing goes on. All of it can be used again. */
  async rest(): Promise<void> {
    const cancel = systemClock.after(REST_MS, () => this.hurry());
    await Promise.all([this.stop(), this.agent.renew()]);
    cancel();
  }

  /** Runs the draft. Settles with how that ended; undefined where it is not ready to go out. */
  async run(): Promise<Outcome | undefined> {
    const { command } = this.draft;
    const checked = this.draft.check();
    if (command === "" || !("args" in checked)) return undefined;
    this.history.add({ time: Date.now(), command, text: checked.text });
    return this.client.run(command, checked.args, checked.text);
  }
}
