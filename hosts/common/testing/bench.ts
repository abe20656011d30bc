// An agent with a plugin, for its tests: whether its commands run, and what they draw.

import type { CommandDescription, Plugin } from "../../../plugins/api.ts";
import type { Agent } from "../agent.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { Core } from "../core.ts";
import { createAgent } from "../create.ts";
import { Peer } from "./peer.ts";
import { watched } from "./watched.ts";

/** More than the deadline that commands have which do not set one, in milliseconds. */
const PATIENCE_MS = 40_000;
/** A request behind another one, so that one sees where the answer of that ends, and its own answer. */
const PING = '{"execute":"guest-ping","id":"guestwire-end"}\n';
const PONG = '{"return": {}, "id": "guestwire-end"}\n';

const encoder = new TextEncoder();

export class Bench {
  readonly agent: Agent;
  /** Calls that got as far as the command. */
  runs = 0;
  /** Settles with the first of them. */
  readonly started: Promise<void>;
  /** Settles when the last one is over. */
  finished: Promise<void> = Promise.resolve();
  private readonly plugin: Plugin;
  private readonly records: string[] = [];

  constructor(plugin: Plugin, core?: Core, clock: Clock = systemClock) {
    this.plugin = plugin;
    let start = (): void => {};
    this.started = new Promise((resolve) => (start = resolve));
    const seen = watched(plugin, (finished) => {
      this.runs++;
      this.finished = finished;
      start();
    });
    this.agent = createAgent({
      plugins: [seen],
      clock,
      logger: { log: (_level, _domain, message) => this.records.push(message) },
      ...(core === undefined ? {} : { core }),
    });
  }

  /** The plugin's commands. */
  commands(): CommandDescription[] {
    return this.agent.commands.list().filter(({ plugin }) => plugin === this.plugin.name);
  }

  connect(): Peer {
    const peer = new Peer();
    this.agent.serve(peer);
    return peer;
  }

  /** All that a new peer draws with a request. */
  async ask(request: string): Promise<string> {
    const peer = this.connect();
    peer.sendBytes(encoder.encode(request + PING));
    const text = await within(peer.until(PONG), "no answer");
    peer.hangUp();
    if (!text.endsWith(PONG)) throw new Error("the agent closed the session");
    return text.slice(0, -PONG.length);
  }

  /** What the agent has logged since the last time that matches. */
  logged(pattern: RegExp): string | undefined {
    return this.records.splice(0).find((record) => pattern.test(record));
  }

  /** Asks once more, and takes all down. */
  async finish(): Promise<void> {
    await this.ask("");
    await within(this.agent.plugins.remove(this.plugin.name), "the plugin does not go");
    await this.ask("");
    await within(this.agent.close(), "the agent does not close");
  }
}

/** Waits, but not for ever: throws then. */
export async function within<T>(promise: Promise<T>, otherwise: string): Promise<T> {
  if (!(await isOverWithin(promise, PATIENCE_MS))) throw new Error(`${otherwise} after ${PATIENCE_MS} ms`);
  return promise;
}

/** Whether it settles within so many milliseconds. */
export function isOverWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = systemClock.after(ms, () => resolve(false));
    const settled = (): void => {
      cancel();
      resolve(true);
    };
    promise.then(settled, settled);
  });
}
