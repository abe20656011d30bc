// An agent with a plugin, for its tests: whether its commands run, and what they draw.

import type { CommandDescription, Plugin } from "../../../plugins/api.ts";
import type { Agent } from "../agent.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { Core } from "../core.ts";
import { createAgent } from "../create.ts";
import type { LogDomain, LogLevel, Logger } from "../logger.ts";
import { Peer } from "./peer.ts";
import { watched } from "./watched.ts";

/** More than the deadline that commands have which do not set one, in milliseconds. */
const PATIENCE_MS = 40_000;
/** A request behind another one, so that one sees where the answer of that ends, and its own answer. */
const PING = '{"execute":"guest-ping","id":"guestwire-end"}\n';
const PONG = '{"return": {}, "id": "guestwire-end"}\n';

/** Of services, and of what is kept for a session. */
const DISPOSAL = /could not be disposed of/;

const encoder = new TextEncoder();

/** What an agent logs. */
export class Records implements Logger {
  private messages: string[] = [];

  log(_level: LogLevel, _domain: LogDomain, message: string): void {
    this.messages.push(message);
  }

  /** The first that matches since the last time that such were asked for. */
  take(pattern: RegExp): string | undefined {
    const found = this.messages.find((message) => pattern.test(message));
    this.messages = this.messages.filter((message) => !pattern.test(message));
    return found;
  }

  /** Throws where something could not be disposed of. */
  checkDisposal(): void {
    const failure = this.take(DISPOSAL);
    if (failure !== undefined) throw new Error(`the agent logged: ${failure}`);
  }
}

/** A call that has begun. */
export interface Begun {
  readonly peer: Peer;
  /** Settles when the command is over. */
  readonly finished: Promise<unknown>;
}

export class Bench {
  readonly agent: Agent;
  readonly records = new Records();
  /** Each call that got as far as the command settles here when the command is over. */
  private readonly runs: Promise<void>[] = [];
  private readonly plugin: Plugin;
  private wake: () => void = () => {};

  constructor(plugin: Plugin, core?: Core, clock: Clock = systemClock) {
    this.plugin = plugin;
    const seen = watched(plugin, (finished) => {
      this.runs.push(finished);
      this.wake();
    });
    this.agent = createAgent({
      plugins: [seen],
      clock,
      logger: this.records,
      ...(core === undefined ? {} : { core }),
    });
  }

  /** How many calls got as far as the command. */
  get runCount(): number {
    return this.runs.length;
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

  /** Has a new peer call. Settles when the command runs, which a validator may hold up, or the call is over. */
  async begin(request: string): Promise<Begun> {
    const before = this.runs.length;
    const peer = this.connect();
    peer.sendBytes(encoder.encode(request + PING));
    const runs = new Promise<void>((resolve) => (this.wake = resolve));
    // What is built into the core is not seen to run, but has answered.
    if (this.runs.length === before) await within(Promise.race([runs, peer.until(PONG)]), "it does not begin");
    return { peer, finished: Promise.all(this.runs.slice(before)) };
  }

  /** Asks once more, and takes all down. */
  async finish(): Promise<void> {
    await this.ask("");
    await within(this.agent.plugins.remove(this.plugin.name), "the plugin does not go");
    await this.ask("");
    await within(this.agent.close(), "the agent does not close");
    this.records.checkDisposal();
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
