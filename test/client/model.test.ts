// A model of the client's states: what it is after each step, what it wrote, which calls are settled and how.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { CallError, type ClientState, type GuestClient, connect } from "guestwire/client";
import { fakeClock } from "guestwire/testing";
import { Peer } from "../peer.ts";
import { RUNS, SEED } from "../property/settings.ts";

/** A call as the model knows it. */
interface Waiting {
  readonly n: number;
  /** Only the synchronisation is waited for. */
  readonly isSync: boolean;
  readonly deadline: number;
  /** Its request went out. */
  begun: boolean;
}

class Model {
  state: ClientState = "ready";
  isUp = true;
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

  call(isSync: boolean, timeoutMs: number): void {
    const n = this.outcomes.push(undefined) - 1;
    this.queue.push({ n, isSync, deadline: this.time + timeoutMs, begun: false });
    this.advance();
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

  lose(): void {
    if (this.isOpen) this.state = "lost";
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
      this.state = "syncing";
    } else if (this.state === "ready" && !first.begun) {
      first.begun = true;
      this.requests++;
    }
  }

  synced(): void {
    this.state = "ready";
    this.resyncs++;
    const [first] = this.queue;
    if (first?.isSync === true) this.settle(first, "value");
    this.advance();
  }

  pass(ms: number): void {
    this.time += ms;
    const due = this.queue.filter(({ deadline }) => deadline <= this.time);
    for (const call of due.toSorted((one, other) => one.deadline - other.deadline)) {
      if (call === this.inFlight) this.fail("GW_ERR_TIMEOUT");
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

  /** All end so. */
  end(code: string): void {
    this.fail(code);
    for (const call of this.queue) this.settle(call, code);
    this.state = "closed";
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
  client!: GuestClient;
  /** The id of its last synchronisation. */
  sync = "";

  async connect(): Promise<void> {
    const connecting = connect(this.peer, { clock: this.clock });
    this.look();
    this.answerSync();
    this.client = await connecting;
  }

  call(isSync: boolean, timeoutMs: number): void {
    const n = this.outcomes.push(undefined) - 1;
    const controller = new AbortController();
    this.controllers.push(controller);
    const options = { timeoutMs, signal: controller.signal };
    const call = isSync ? this.client.sync(options) : this.client.executeUntyped("test-echo", { n }, options);
    const settle = (outcome: string): void => {
      assert.equal(this.outcomes[n], undefined, "a call settled twice");
      this.outcomes[n] = outcome;
    };
    call.then(
      (value) => settle(isSync || value === n ? "value" : `the answer ${String(value)}`),
      (error: unknown) => {
        if (error instanceof CallError) settle(`${error.code}${error.sent ? " sent" : ""}`);
        else settle(error === controller.signal.reason ? "aborted" : String(error));
      },
    );
  }

  /** Reads what the client wrote. */
  look(): void {
    for (const line of this.peer.take().split("\n").slice(0, -1)) {
      const request = JSON.parse(line.replace("\xff", "")) as { arguments: { id: number; n: number }; id: string };
      if (line.startsWith("\xff")) this.sync = String(request.arguments.id);
      else this.ids.set(request.arguments.n, request.id);
    }
  }

  answerSync(): void {
    this.peer.send(`\xff{"return": ${this.sync}}\n`);
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
      (model) => model.state === "syncing",
      (model, real) => {
        real.answerSync();
        model.synced();
      },
    ),
  ),
  fc.constant(
    new Step(
      "answer the sync and the call",
      (model) => model.state === "syncing" && model.queue[0]?.isSync === false,
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
  fc.constant(
    new Step("half a line, then 0xFF", isOpen, (model, real) => {
      real.peer.send('{"retu\xff');
      model.unexpected(true);
    }),
  ),
  fc.constant(
    new Step("lost", isOpen, (model, real) => {
      real.peer.lose();
      model.fail("GW_ERR_LINK");
      model.lose();
      model.isUp = false;
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
      model.end("GW_ERR_LINK");
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
      model.end("GW_ERR_CLOSED");
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
