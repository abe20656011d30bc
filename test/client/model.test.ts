// A model of the client's states: what it is after each step, what it wrote, which calls are settled and how.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { CallError, type ClientEvent, type ClientState, type GuestClient, connect } from "guestwire/client";
import { fakeClock } from "guestwire/testing";
import { Peer } from "../peer.ts";
import { RUNS, SEED } from "../property/settings.ts";

/** A call as the model knows it. */
interface Waiting {
  readonly n: number;
  /** Only the synchronisation is waited for. */
  readonly isSync: boolean;
  /** So much silence is its success; 0: it is answered. */
  readonly silenceMs: number;
  deadline: number;
  /** Of two deadlines at the same time the one that was set first comes first. */
  turn: number;
  /** Its request went out. */
  begun: boolean;
}

class Model {
  state: ClientState = "ready";
  /** What observers were told. */
  readonly events: string[] = [];
  isUp = true;
  /** The channel refuses to take more behind what is written. */
  isNarrow = false;
  /** It has refused. */
  isBlocked = false;
  /** A synchronisation of this round went out. */
  isSyncSent = false;
  /** What the next one is to be, and how often plain guest-sync was refused. */
  isPlain = false;
  refusals = 0;
  turns = 0;
  time = 0;
  /** The first may be on its way. */
  queue: Waiting[] = [];
  /** How each call ended; undefined where it has not. */
  readonly outcomes: (string | undefined)[] = [];
  /** Calls that were given up when they had been sent. */
  readonly abandoned: number[] = [];
  requests = 0;
  resyncs = 0;
  late = 0;

  get inFlight(): Waiting | undefined {
    const [first] = this.queue;
    return this.state === "ready" && first?.begun === true ? first : undefined;
  }

  get isOpen(): boolean {
    return this.state !== "closed";
  }

  /** A time-out of 0 is none. */
  call(isSync: boolean, timeoutMs: number, silenceMs = 0): void {
    const n = this.outcomes.push(undefined) - 1;
    const deadline = timeoutMs === 0 ? Infinity : this.time + timeoutMs;
    this.queue.push({ n, isSync, silenceMs, deadline, turn: this.turns++, begun: false });
    this.advance();
  }

  become(state: ClientState): void {
    if (this.state === state) return;
    this.state = state;
    this.events.push(state);
  }

  settle(call: Waiting, outcome: string): void {
    this.queue = this.queue.filter((other) => other !== call);
    this.outcomes[call.n] = outcome;
  }

  /** The call that is on its way ends without an answer. */
  fail(code: string): void {
    const call = this.inFlight;
    if (call === undefined) return;
    this.settle(call, `${code} sent`);
    this.abandoned.push(call.n);
    this.lose();
  }

  /** The link goes under the call that is on its way: a silent one that has left is done. */
  cut(): void {
    const call = this.inFlight;
    if (call === undefined) return;
    const isDone = call.silenceMs > 0 && !this.isBlocked;
    this.settle(call, isDone ? "value" : "GW_ERR_LINK sent");
    this.abandoned.push(call.n);
  }

  lose(): void {
    if (this.isOpen) this.become("lost");
  }

  /** Something came. `isAnswer`: it may be what a call waits for, and is not. */
  unexpected(isAnswer: boolean): void {
    if (this.inFlight === undefined) {
      if (this.state === "ready") this.lose();
    } else if (isAnswer) {
      this.fail("GW_ERR_REPLY");
    }
    this.advance();
  }

  /** What the first in line brings about. */
  advance(): void {
    const [first] = this.queue;
    if (first === undefined) {
      if (this.state === "syncing") this.lose();
    } else if (this.isUp && (this.state === "lost" || (this.state === "ready" && first.isSync))) {
      this.become("syncing");
      this.isPlain = false;
      this.refusals = 0;
      this.isSyncSent = !this.isBlocked;
      this.isBlocked = this.isNarrow;
    } else if (this.state === "ready" && !first.begun) {
      first.begun = true;
      this.requests++;
      this.isBlocked = this.isNarrow;
      this.listen(first);
    }
  }

  /** Silence counts from when the channel has taken the request. */
  listen(call: Waiting): void {
    if (call.silenceMs === 0 || this.isBlocked) return;
    call.deadline = this.time + call.silenceMs;
    call.turn = this.turns++;
  }

  /** The agent does not have the command that it was to synchronise with. */
  refused(): void {
    const [first] = this.queue;
    if (this.isPlain) this.refusals++;
    if (this.refusals === 2) {
      if (first !== undefined) this.settle(first, "GW_ERR_SYNC");
      this.lose();
      this.advance();
    } else {
      this.isPlain = !this.isPlain;
    }
  }

  /** The channel takes bytes again. */
  drained(): void {
    this.isNarrow = false;
    this.isBlocked = false;
    if (this.state === "syncing") this.isSyncSent = true;
    if (this.inFlight !== undefined) this.listen(this.inFlight);
  }

  synced(): void {
    this.become("ready");
    this.resyncs++;
    const [first] = this.queue;
    if (first?.isSync === true) this.settle(first, "value");
    this.advance();
  }

  pass(ms: number): void {
    this.time += ms;
    const due = this.queue.filter(({ deadline }) => deadline <= this.time);
    for (const call of due.toSorted((one, other) => one.deadline - other.deadline || one.turn - other.turn)) {
      if (call === this.inFlight && call.silenceMs > 0) {
        this.settle(call, "value");
        this.abandoned.push(call.n);
        this.lose();
      } else if (call === this.inFlight) this.fail("GW_ERR_TIMEOUT");
      else this.settle(call, "GW_ERR_TIMEOUT");
      this.advance();
    }
  }

  abort(n: number): void {
    const call = this.queue.find((other) => other.n === n);
    if (call === undefined) return;
    const wasSent = call === this.inFlight;
    this.settle(call, "aborted");
    if (wasSent) {
      this.abandoned.push(n);
      this.lose();
    }
    this.advance();
  }

  /** The link is gone for good. */
  close(): void {
    this.cut();
    this.become("closed");
    for (const call of this.queue) this.settle(call, "GW_ERR_LINK");
  }
}

/** The client, and what it did. */
class Real {
  readonly peer = new Peer();
  readonly clock = fakeClock();
  readonly outcomes: (string | undefined)[] = [];
  readonly controllers: AbortController[] = [];
  /** Requests that it wrote, by the number of the call. */
  readonly ids = new Map<number, string>();
  readonly events: string[] = [];
  client!: GuestClient;
  /** The id of its last synchronisation. */
  sync = "";
  isPlain = false;

  async connect(): Promise<void> {
    const connecting = connect(this.peer, { clock: this.clock, replyBytes: 300 });
    this.look();
    this.answerSync();
    this.client = await connecting;
    this.client.observe((event: ClientEvent) => this.events.push(event.type === "state" ? event.state : event.type));
  }

  call(isSync: boolean, timeoutMs: number, silenceMs = 0): void {
    const n = this.outcomes.push(undefined) - 1;
    const controller = new AbortController();
    this.controllers.push(controller);
    const options = { timeoutMs, silenceMs, signal: controller.signal };
    const call = isSync ? this.client.sync(options) : this.client.executeUntyped("test-echo", { n }, options);
    const settle = (outcome: string): void => {
      assert.equal(this.outcomes[n], undefined, "a call settled twice");
      this.outcomes[n] = outcome;
    };
    call.then(
      (value) => settle(isSync || silenceMs > 0 || value === n ? "value" : `the answer ${String(value)}`),
      (error: unknown) => {
        if (error instanceof CallError) settle(`${error.code}${error.sent ? " sent" : ""}`);
        else settle(error === controller.signal.reason ? "aborted" : String(error));
      },
    );
  }

  /** Reads what the client wrote. */
  look(): void {
    for (const line of this.peer.take().split("\n").slice(0, -1)) {
      const request = JSON.parse(line.replace("\xff", "")) as {
        execute: string;
        arguments: { id: number; n: number };
        id: string;
      };
      if (line.startsWith("\xff")) {
        this.sync = String(request.arguments.id);
        this.isPlain = request.execute === "guest-sync";
      } else this.ids.set(request.arguments.n, request.id);
    }
  }

  answerSync(): void {
    this.peer.send(`${this.isPlain ? "" : "\xff"}{"return": ${this.sync}}\n`);
  }

  answer(n: number): void {
    this.peer.send(`{"return": ${n}, "id": "${this.ids.get(n)}"}\n`);
  }
}

/** Steps that were taken. */
let taken = 0;

/** One step: when it can be taken, what it does, and what the model makes of it. */
class Step implements fc.AsyncCommand<Model, Real> {
  private readonly name: string;
  private readonly can: (model: Model) => boolean;
  private readonly go: (model: Model, real: Real) => void | Promise<void>;

  constructor(name: string, can: (model: Model) => boolean, go: (model: Model, real: Real) => void | Promise<void>) {
    this.name = name;
    this.can = can;
    this.go = go;
  }

  check(model: Readonly<Model>): boolean {
    return this.can(model);
  }

  async run(model: Model, real: Real): Promise<void> {
    taken++;
    await this.go(model, real);
    await turn();
    real.look();
    const { client, outcomes, ids } = real;
    assert.equal(client.state, model.state);
    assert.deepEqual(real.events, model.events);
    assert.deepEqual(outcomes, model.outcomes);
    assert.equal(ids.size, model.requests);
    assert.equal(client.stats.calls, model.requests);
    assert.equal(client.stats.resyncs, model.resyncs);
    assert.equal(client.stats.lateReplies, model.late);
  }

  toString(): string {
    return this.name;
  }
}

const isOpen = (model: Model): boolean => model.isOpen;

/** Something comes that nobody asked for. */
function junk(name: string, text: string, isAnswer: boolean): fc.Arbitrary<Step> {
  const go = (model: Model, real: Real): void => {
    real.peer.send(text);
    model.unexpected(isAnswer);
  };
  return fc.constant(new Step(name, isOpen, go));
}

const timeoutMs = fc.constantFrom(100, 700, 3000, 60_000);

const steps: fc.Arbitrary<Step>[] = [
  timeoutMs.map(
    (ms) =>
      new Step(`call ${ms}`, isOpen, (model, real) => {
        real.call(false, ms);
        model.call(false, ms);
      }),
  ),
  timeoutMs.map(
    (ms) =>
      new Step(`sync ${ms}`, isOpen, (model, real) => {
        real.call(true, ms);
        model.call(true, ms);
      }),
  ),
  fc.constantFrom(50, 700, 3000).map(
    (ms) =>
      new Step(`silent call ${ms}`, isOpen, (model, real) => {
        real.call(false, 0, ms);
        model.call(false, 0, ms);
      }),
  ),
  fc.constant(
    new Step(
      "answer",
      (model) => model.inFlight !== undefined,
      (model, real) => {
        const { inFlight } = model;
        if (inFlight === undefined) return;
        real.answer(inFlight.n);
        model.settle(inFlight, "value");
        model.advance();
      },
    ),
  ),
  fc.constant(
    new Step(
      "answer the sync",
      (model) => model.state === "syncing" && model.isSyncSent,
      (model, real) => {
        real.answerSync();
        model.synced();
      },
    ),
  ),
  fc.constant(
    new Step(
      "answer the sync and the call",
      (model) => model.state === "syncing" && model.isSyncSent && model.queue[0]?.isSync === false,
      async (model, real) => {
        real.answerSync();
        model.synced();
        real.look();
        const { inFlight } = model;
        if (inFlight === undefined) return;
        real.answer(inFlight.n);
        model.settle(inFlight, "value");
        model.advance();
      },
    ),
  ),
  fc.nat().map(
    (which) =>
      new Step(
        "late reply",
        (model) => model.isOpen && model.abandoned.length > 0,
        (model, real) => {
          real.answer(model.abandoned[which % model.abandoned.length]!);
          model.late++;
          model.events.push("late");
          model.unexpected(false);
        },
      ),
  ),
  fc.constantFrom(1, 99, 500, 2000, 10_000).map(
    (ms) =>
      new Step(`${ms} ms pass`, isOpen, (model, real) => {
        real.clock.pass(ms);
        model.pass(ms);
      }),
  ),
  fc.nat().map(
    (which) =>
      new Step(
        "abort",
        (model) => model.queue.length > 0,
        (model, real) => {
          const { n } = model.queue[which % model.queue.length]!;
          real.controllers[n]?.abort();
          model.abort(n);
        },
      ),
  ),
  junk("a foreign reply", '{"return": {}}\n', true),
  junk("another's reply", '{"return": {}, "id": "x-1"}\n', false),
  junk("a line", "login: \n", true),
  junk("an old sync's answer", '\xff{"return": 1}\n', true),
  junk("0xFF", "\xff", false),
  junk("a line that is too long", `${"y".repeat(400)}\n`, true),
  junk("a line that is too long, then 0xFF", `${"y".repeat(400)}\xff`, true),
  fc.constant(
    new Step(
      "refuse the sync",
      (model) => model.state === "syncing",
      (model, real) => {
        const name = model.isPlain ? "guest-sync" : "guest-sync-delimited";
        real.peer.send(`{"error": {"class": "CommandNotFound", "desc": "The command ${name} has not been found"}}\n`);
        model.refused();
      },
    ),
  ),
  fc.constant(
    new Step(
      "narrow",
      // How often it tries to synchronise is not the model's.
      (model) => model.isOpen && model.state !== "syncing",
      (model, real) => {
        real.peer.takes = () => false;
        model.isNarrow = true;
      },
    ),
  ),
  fc.constant(
    new Step(
      "drain",
      (model) => model.isOpen && model.isBlocked,
      (model, real) => {
        real.peer.takes = () => true;
        real.peer.drain();
        model.drained();
      },
    ),
  ),
  fc.constant(
    new Step("half a line, then 0xFF", isOpen, (model, real) => {
      real.peer.send('{"retu\xff');
      model.unexpected(true);
    }),
  ),
  fc.constant(
    new Step("lost", isOpen, (model, real) => {
      real.peer.lose();
      model.cut();
      model.lose();
      model.isUp = false;
      model.isBlocked = false;
    }),
  ),
  fc.constant(
    new Step(
      "reopened",
      (model) => model.isOpen && !model.isUp,
      (model, real) => {
        real.peer.reopen();
        model.isUp = true;
        model.advance();
      },
    ),
  ),
];

/** What ends it all. */
const ends: fc.Arbitrary<Step>[] = [
  fc.constant(
    new Step("closed", isOpen, (model, real) => {
      real.peer.hangUp();
      model.close();
    }),
  ),
  fc.constant(
    new Step("ended", isOpen, (model, real) => {
      real.peer.end();
      model.close();
      assert.ok(real.peer.closed);
    }),
  ),
  fc.constant(
    new Step("close", isOpen, async (model, real) => {
      const { resyncs } = real.client.stats;
      const closing = real.client.close();
      await turn();
      real.clock.pass(1000);
      await closing;
      assert.equal(real.client.stats.resyncs, resyncs);
      model.fail("GW_ERR_CLOSED");
      for (const call of model.queue) model.settle(call, "GW_ERR_CLOSED");
      model.state = "closed";
      // It may have tried to synchronise in between.
      await turn();
      assert.equal(real.events.at(-1), "closed");
      model.events.splice(0, Infinity, ...real.events);
    }),
  ),
  fc.constant(
    new Step(
      "call what is closed",
      (model) => !model.isOpen,
      async (_, real) => {
        await assert.rejects(real.client.ping(), { name: "GuestwireError", sent: false });
      },
    ),
  ),
];

const step = fc.oneof({ weight: 40, arbitrary: fc.oneof(...steps) }, { weight: 1, arbitrary: fc.oneof(...ends) });

test("the client's states are the model's", async (t) => {
  t.diagnostic(`seed ${SEED} (set GW_SEED to repeat)`);
  await fc.assert(
    fc.asyncProperty(fc.commands([step], { maxCommands: 60, size: "max" }), async (commands) => {
      const real = new Real();
      await real.connect();
      const setup = (): { model: Model; real: Real } => ({ model: new Model(), real });
      await fc.asyncModelRun(setup, commands);
      real.peer.hangUp();
      await real.client.close();
      assert.equal(real.clock.pending, 0, "timers are left");
      await turn();
      assert.ok(!real.outcomes.includes(undefined), "a call is left open");
    }),
    { seed: SEED, numRuns: Math.ceil(RUNS / 10) },
  );
  t.diagnostic(`${taken} steps`);
});
