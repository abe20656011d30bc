// One session of a client on a channel with faults, and what must hold of it whatever the channel does.

import assert from "node:assert/strict";
import { inspect } from "node:util";
import type { Clock } from "guestwire";
import {
  AgentError,
  CallError,
  type CallOptions,
  type ClientOptions,
  type GuestClient,
  connect,
} from "guestwire/client";
import { keyOf } from "./ear.ts";
import { Channel, type Planned, type Server, type Side } from "./faults.ts";

/** Numbers that calls ask for are multiples of it. One that is damaged on the way is hardly another. */
export const PRIME = 1_000_003;

/** What a call asks, and what only this call can be answered with. */
export interface Question {
  readonly command: string;
  readonly args?: object;
  readonly silenceMs?: number;
  /** The number that it asks for. */
  readonly n: number;
  /** Whether this is its answer. */
  isAnswer(value: unknown): boolean;
  /** The message of the agent's error, where it is to be one. */
  readonly error?: string;
}

/** What a client does, one after the other. */
export type Step =
  | {
      readonly what: "ask";
      /** Makes the question, of a number that was never asked for. */
      readonly question: (n: number) => Question;
      readonly timeoutMs: number;
      readonly abortMs: number | undefined;
      /** Whether the next step waits for its end. */
      readonly alone: boolean;
    }
  | { readonly what: "sync"; readonly timeoutMs: number }
  | { readonly what: "rest"; readonly ms: number };

export interface Script {
  readonly steps: readonly Step[];
  readonly plan: readonly Planned[];
  /** What is handed over at once. */
  readonly chunkBytes: number;
  readonly replyBytes: number | undefined;
  /** There is one fault, which is over at once, and the link is there: it costs one call and one synchronisation at most. */
  readonly isBrief: boolean;
  /** After each step in which something struck, all that lasts is ended, and the next call must be answered. */
  readonly isProbed: boolean;
}

/** What came of a session. */
export interface Played {
  /** Bytes in each direction while its steps were taken. */
  readonly passed: Readonly<Record<Side, number>>;
  /** Bytes up to the end of each line to the client. */
  readonly ends: readonly number[];
  /** Faults that struck. */
  readonly strikes: number;
}

/** Where a session takes place. */
export interface World {
  readonly clock: Clock;
  readonly server: Server;
  /** Lets time pass until it settles. Fails where nothing will ever happen again. */
  finish<Value>(promise: Promise<Value>): Promise<Value>;
  /** Lets all that is on its way arrive. */
  quieten(): Promise<void>;
  /** Asked when all faults are over; it must be answered right. */
  plain(n: number): Question;
  /** How often the agent ran what was asked under a number, where that is known. */
  readonly journal: ReadonlyMap<number, number> | undefined;
  /** Whether the clock is exact: then time-outs are. */
  readonly isExact: boolean;
}

/** The codes that a call may end with. */
const CODES = ["GW_ERR_TIMEOUT", "GW_ERR_LINK", "GW_ERR_REPLY", "GW_ERR_SYNC", "GW_ERR_CLOSED"];

/** More than a call needs after a fault. */
const AMPLE_MS = 200_000;
/** Attempts to synchronise: so many at once, and one more for each time that an agent is silent for so long. */
const FEW_SYNCS = 5;
const PATIENT_MS = 5000;

/** Far from the next power of ten: all numbers have as many digits, and a conversation as many bytes each time. */
let last = 1_000_000;

/** A number that was not asked for yet. None ends in 0: with a digit less it would be one that was. */
export function fresh(): number {
  last += last % 10 === 9 ? 2 : 1;
  return last * PRIME;
}

/** A clock that says whether its user left timers behind. */
class Watched implements Clock {
  waiting = 0;
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  now(): number {
    return this.clock.now();
  }

  after(ms: number, run: () => void): () => void {
    let isOver = false;
    const end = (): void => {
      if (!isOver) this.waiting--;
      isOver = true;
    };
    this.waiting++;
    const cancel = this.clock.after(ms, () => {
      end();
      run();
    });
    return () => {
      end();
      cancel();
    };
  }
}

/** Plays it; throws what is wrong. */
export async function play(world: World, script: Script): Promise<Played> {
  const channel = new Channel(world.clock, world.server, script.plan, script.chunkBytes);
  const player = new Player(world, channel, script.replyBytes);
  await player.play(script);
  const { passed, strikes } = channel;
  const ends = [...channel.ends];
  channel.heal();
  await world.quieten();
  await player.recover();
  await player.close();
  await player.next();
  player.checkJournal();
  channel.end();
  return { passed, ends, strikes };
}

class Player {
  private readonly world: World;
  private readonly channel: Channel;
  private readonly options: ClientOptions;
  private readonly watched: Watched;
  private client: GuestClient | undefined;
  /** Calls that brought no answer. */
  private failures = 0;
  /** Why the last of them did not. */
  private failure: unknown;
  /** What is known of each call under its number: the client said that it did not go out. */
  private readonly asked = new Map<number, { readonly notSent: boolean }>();

  constructor(world: World, channel: Channel, replyBytes: number | undefined) {
    this.world = world;
    this.channel = channel;
    this.watched = new Watched(world.clock);
    this.options = { clock: this.watched, ...(replyBytes === undefined ? {} : { replyBytes }) };
  }

  async play({ steps, isBrief, isProbed }: Script): Promise<void> {
    const { finish, clock } = this.world;
    try {
      this.client = await finish(connect(this.channel.open(), this.options));
    } catch (error) {
      if (isBrief) throw error;
      this.checkError(error);
    }
    let open: Promise<unknown>[] = [];
    /** Synchronisations that these steps make in any case. */
    let asked = 0;
    let seen = 0;
    for (const step of steps) {
      if (isProbed && this.channel.strikes > seen) {
        await finish(Promise.all(open));
        open = [];
        await this.probe();
        seen = this.channel.strikes;
      }
      const { client } = this;
      if (client === undefined) return;
      if (step.what === "rest") {
        await finish(new Promise<void>((resolve) => clock.after(step.ms, resolve)));
      } else if (step.what === "sync") {
        asked++;
        open.push(client.sync({ timeoutMs: step.timeoutMs }).catch((error: unknown) => this.checkError(error)));
      } else {
        const question = step.question(fresh());
        if (question.silenceMs !== undefined) asked++;
        const call = this.ask(client, question, step);
        open.push(call);
        if (step.alone) await finish(call);
      }
    }
    await finish(Promise.all(open));
    if (!isBrief || this.client === undefined) return;
    assert.ok(this.failures <= 1, `one fault, ${this.failures} calls failed`);
    const resyncs = this.client.stats.resyncs - asked;
    assert.ok(resyncs <= 1, `one fault, ${resyncs} synchronisations`);
  }

  /** Whether it brought the right answer. */
  private async ask(
    client: GuestClient,
    question: Question,
    { timeoutMs, abortMs }: { readonly timeoutMs: number; readonly abortMs: number | undefined },
  ): Promise<boolean> {
    const { clock, isExact } = this.world;
    const { command, args, silenceMs, n } = question;
    const start = clock.now();
    const controller = new AbortController();
    const reason = new Error("enough");
    const cancel = abortMs === undefined ? undefined : clock.after(abortMs, () => controller.abort(reason));
    const options: CallOptions = {
      timeoutMs,
      signal: controller.signal,
      ...(silenceMs === undefined ? {} : { silenceMs }),
    };
    let notSent = false;
    let isRight = false;
    try {
      const value = await client.executeUntyped(command, args, options);
      isRight = question.error === undefined && question.isAnswer(value);
      assert.ok(isRight || this.isGarbled(question, value), `${command}: a wrong answer: ${inspect(value)}`);
    } catch (error) {
      if (error instanceof AgentError) {
        isRight = error.message === question.error;
        assert.ok(isRight || this.isGarbled(question, error.message), `${command}: a wrong error: ${error.message}`);
      } else if (error !== reason) {
        this.checkError(error);
        notSent = error instanceof CallError && !error.sent;
      }
    }
    cancel?.();
    this.asked.set(n, { notSent });
    // Where ids are refused, it goes out twice.
    const most = timeoutMs + 2 * (silenceMs ?? 0);
    if (isExact)
      assert.ok(clock.now() - start <= most, `${command}: settled after ${clock.now() - start} of ${most} ms`);
    return isRight;
  }

  /** Whether bytes were lost or came by chance, in an answer that is this call's by its id, and no other's by its numbers. */
  private isGarbled({ command, args, n }: Question, answer: unknown): boolean {
    const { isDamaged, ear } = this.channel;
    const request = keyOf(command, args);
    if (isDamaged && ear.isNameless(request)) return true;
    if (!isDamaged || !ear.isOwn(request, answer)) return false;
    const numbers = inspect(answer, { depth: null }).match(/\d+/g)?.map(Number);
    return !(numbers ?? []).some((number) => number !== n && number % PRIME === 0 && number % 10 !== 0);
  }

  /** It has to be one that is documented. */
  private checkError(error: unknown): void {
    this.failures++;
    this.failure = error;
    if (!(error instanceof CallError) || !CODES.includes(error.code)) throw error;
  }

  /** With ample time: nothing strikes, but the machine may be busy. */
  private connect(): Promise<GuestClient> {
    return this.world.finish(connect(this.channel.open(), { ...this.options, timeoutMs: AMPLE_MS }));
  }

  /** What struck so far is over: unless more strikes meanwhile, the next call is answered. */
  private async probe(): Promise<void> {
    const { world, channel } = this;
    let strikes: number;
    do {
      strikes = channel.strikes;
      channel.calm();
      await world.quieten();
      if (channel.strikes === strikes) await this.recover();
    } while (channel.strikes > strikes);
  }

  /** Nothing is wrong any more: the next call is answered right, after one synchronisation at most. */
  async recover(): Promise<void> {
    const { world, channel } = this;
    const { strikes } = channel;
    if (this.client === undefined || this.client.state === "closed") {
      await this.close();
      try {
        this.client = await this.connect();
      } catch (error) {
        if (channel.strikes === strikes) throw error;
        this.checkError(error);
        return;
      }
    } else if (this.client.state === "ready" && channel.isDirty) {
      // The agent holds the half of something, which this call completes. Nobody could know.
      await world.finish(this.ask(this.client, world.plain(fresh()), { timeoutMs: AMPLE_MS, abortMs: undefined }));
    }
    if (channel.strikes === strikes) await this.askPlainly(this.client);
  }

  /** Where nothing strikes meanwhile, it must be answered right. */
  private async askPlainly(client: GuestClient): Promise<void> {
    const { world, channel } = this;
    const [strikes, resyncs, syncs, start] = [channel.strikes, client.stats.resyncs, channel.syncs, world.clock.now()];
    const isRight = await world.finish(
      this.ask(client, world.plain(fresh()), { timeoutMs: AMPLE_MS, abortMs: undefined }),
    );
    if (channel.strikes > strikes) return;
    if (!isRight) throw new Error("the faults are over, and the next call was not answered", { cause: this.failure });
    assert.ok(client.stats.resyncs - resyncs <= 1, `${client.stats.resyncs - resyncs} synchronisations`);
    const attempts = channel.syncs - syncs;
    const most = FEW_SYNCS + (world.clock.now() - start) / PATIENT_MS;
    assert.ok(attempts <= most, `${attempts} attempts to synchronise, not ${most} at most`);
    assert.equal(client.state, "ready");
  }

  /** Closes the client; nothing is left of it. */
  async close(): Promise<void> {
    const { client, channel } = this;
    if (client !== undefined) {
      const late = client.executeUntyped("guest-ping").catch((error: unknown) => this.checkError(error));
      await this.world.finish(client.close());
      await this.world.finish(late);
      const { stats } = client;
      assert.equal(client.state, "closed");
      assert.equal(stats.calls, channel.requests);
      assert.ok(stats.bytesDiscarded >= 0 && stats.bytesDiscarded <= channel.received, `${stats.bytesDiscarded} bytes`);
      assert.ok(stats.resyncs < channel.ear.syncs, `${stats.resyncs} synchronisations, ${channel.ear.syncs} answered`);
      channel.requests = 0;
      channel.received = 0;
    }
    assert.equal(this.watched.waiting, 0, "timers are left");
    this.client = undefined;
  }

  /** Another client on the same channel finds its way at once. */
  async next(): Promise<void> {
    const client = await this.connect();
    await this.askPlainly(client);
    assert.equal(client.stats.resyncs, 0);
    this.client = client;
    await this.close();
  }

  /** What was not sent did not run, and nothing ran twice. */
  checkJournal(): void {
    const { journal } = this.world;
    if (journal === undefined) return;
    for (const [n, { notSent }] of this.asked) {
      const runs = journal.get(n) ?? 0;
      assert.ok(!notSent || runs === 0, "a call ran that the client said it had not sent");
      assert.ok(runs <= 1 || this.channel.isRepeated, `a call ran ${runs} times`);
    }
  }
}
