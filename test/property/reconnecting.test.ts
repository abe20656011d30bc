// The transport that comes back, over links that live random lives: what its receiver hears is always in order, it holds
// one link at a time, and it closes.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Receiver, type Transport, reconnecting } from "guestwire";
import { fakeClock } from "guestwire/testing";
import { Peer } from "../peer.ts";
import { ticks } from "../wire/served.ts";
import { RUNS, SEED } from "./settings.ts";

/** What can be wrong with a link. */
const KINDS = [
  "sound",
  "sound",
  "sound",
  "slow",
  "silent",
  "start throws",
  "write throws",
  "close throws",
  "goes at once",
] as const;
type Kind = (typeof KINDS)[number];

/** How often each step is drawn. */
const STEPS = {
  give: 20,
  refuse: 4,
  send: 8,
  "hang up": 6,
  end: 4,
  write: 8,
  "refused write": 4,
  drain: 4,
  pause: 4,
  resume: 4,
  pass: 20,
  finish: 8,
  "old link": 4,
  close: 1,
};
type Step = keyof typeof STEPS;

/** `hasty`: the next step does not wait for what this one started. */
interface Turn {
  readonly step: Step;
  readonly kind: Kind;
  readonly hasty: boolean;
  readonly draw: number;
}

const turn: fc.Arbitrary<Turn> = fc.record({
  step: fc.oneof(...Object.entries(STEPS).map(([step, weight]) => ({ weight, arbitrary: fc.constant(step as Step) }))),
  kind: fc.constantFrom(...KINDS),
  hasty: fc.boolean(),
  draw: fc.integer({ min: 0, max: 999 }).map((thousandths) => thousandths / 1000),
});

class Link extends Peer {
  /** It said that it is over, or threw. */
  over = false;
  /** All is said and done with it. */
  released = false;
  readonly kind: Kind;
  private readonly closers: (() => void)[] = [];

  constructor(kind: Kind) {
    super();
    this.kind = kind;
  }

  override start(receiver: Receiver): void {
    super.start(receiver);
    if (this.kind === "start throws") this.fail("start");
    // It went before it was started.
    if (this.over) queueMicrotask(() => receiver.closed());
    if (this.kind === "goes at once") this.hangUp();
  }

  override write(bytes: Uint8Array): boolean {
    if (this.kind === "write throws") this.fail("write");
    return super.write(bytes);
  }

  private fail(what: string): never {
    this.over = true;
    throw new Error(what);
  }

  override hangUp(): void {
    this.over = true;
    super.hangUp();
  }

  override end(): void {
    this.over = true;
    super.end();
  }

  override async close(): Promise<void> {
    if (this.kind === "slow" && !this.released) await new Promise<void>((resolve) => this.closers.push(resolve));
    this.released = true;
    if (this.kind === "close throws") throw new Error("close");
    if (this.kind !== "silent") await super.close();
  }

  /** A slow one closes at last. */
  finish(): void {
    for (const resolve of this.closers) resolve();
  }
}

/** A receiver that minds the order of what it hears. */
class Auditor implements Receiver {
  up = false;
  refused = false;
  closes = 0;
  bytes = "";

  data(bytes: Uint8Array): void {
    assert.ok(this.up && this.closes === 0, "data while the channel is lost");
    this.bytes += Buffer.from(bytes).toString("latin1");
  }

  drained(): void {
    assert.ok(this.refused && this.closes === 0, "drained without a wait for it");
    this.refused = false;
  }

  ended(): void {
    assert.fail("a link's end is not the end");
  }

  lost(): void {
    assert.equal(this.closes, 0, "lost after the end");
    this.up = false;
  }

  reopened(): void {
    assert.ok(!this.up && !this.refused && this.closes === 0, "reopened while it is open, or before a wait is over");
    this.up = true;
  }

  closed(error?: Error): void {
    assert.equal(error, undefined);
    assert.equal(++this.closes, 1);
  }
}

class Life {
  readonly clock = fakeClock();
  readonly auditor = new Auditor();
  readonly links: Link[] = [];
  private readonly asked: { signal: AbortSignal; give(link: Link): void; refuse(error: Error): void }[] = [];
  private readonly records: string[] = [];
  private readonly transport: Transport;
  private closed: Promise<void> | undefined;
  private paused = false;
  private sent = "";
  private tokens = 0;
  private draw = 0;

  constructor() {
    this.transport = reconnecting(
      (signal) =>
        new Promise((resolve, reject) => {
          assert.ok(this.closed === undefined, "opened after the end");
          this.asked.push({ signal, give: resolve, refuse: reject });
        }),
      {
        clock: this.clock,
        random: () => this.draw,
        logger: { log: (level) => this.records.push(level) },
      },
    );
    this.transport.start(this.auditor);
  }

  /** The link that is in use, as far as its own words go. */
  get link(): Link | undefined {
    const last = this.links.at(-1);
    return last === undefined || last.over || last.released ? undefined : last;
  }

  play({ step, kind, draw }: Turn): void {
    this.draw = draw;
    const { link, auditor, transport } = this;
    if (step === "give" && this.asked.length > 0) {
      const made = new Link(kind);
      this.links.push(made);
      this.asked.shift()?.give(made);
    } else if (step === "refuse") this.asked.shift()?.refuse(new Error("refused"));
    else if (step === "send") this.send(link);
    else if (step === "hang up") link?.hangUp();
    else if (step === "end") link?.end();
    else if (step === "write" || step === "refused write") this.write(link, step === "write");
    else if (step === "drain" && auditor.refused && link?.isBlocked) link.drain();
    else if (step === "pause" && !this.paused) {
      this.paused = true;
      transport.pause();
    } else if (step === "resume" && this.paused) {
      this.paused = false;
      transport.resume();
    } else if (step === "pass") this.clock.pass(Math.floor(draw * 6000));
    else if (step === "finish") for (const each of this.links) each.finish();
    else if (step === "old link") this.haunt();
    else if (step === "close") this.closed = transport.close();
  }

  private send(link: Link | undefined): void {
    // Before the link is started nobody hears it; what is heard must be what was sent.
    const before = this.auditor.bytes.length;
    link?.send("data");
    this.sent += this.auditor.bytes.length > before ? "data" : "";
    assert.equal(this.auditor.bytes, this.sent);
  }

  private write(link: Link | undefined, takes: boolean): void {
    if (this.auditor.refused) return;
    const token = `<${++this.tokens}>`;
    if (link !== undefined) link.takes = () => takes;
    this.auditor.refused = !this.transport.write(Buffer.from(token));
    const got = this.links.filter(({ received }) => received.includes(token));
    assert.ok(got.length === 0 || (got.length === 1 && got[0] === link), "a write goes to the link in use");
  }

  /** A link that is over goes on talking. */
  private haunt(): void {
    const ghost = this.links.find((link) => link !== this.link && link.over);
    const before = this.auditor.bytes;
    ghost?.send("ghost");
    ghost?.end();
    if (ghost !== undefined) ghost.closed = false;
    ghost?.hangUp();
    assert.equal(this.auditor.bytes, before);
  }

  /** What holds when all that was started is done. */
  check(): void {
    const { auditor, link } = this;
    const open = this.links.filter(({ released }) => !released);
    assert.ok(open.length + this.asked.length <= 1 || this.closed !== undefined, "one link at a time");
    if (this.closed !== undefined) return;
    assert.equal(auditor.up, link !== undefined);
    assert.ok(auditor.up || !auditor.refused, "nobody waits for a link that is lost");
    if (link !== undefined) assert.equal(link.paused, this.paused);
    const waits = this.clock.pending + this.asked.length + open.length;
    assert.ok(waits >= 1, "it waits for something, or it is at its end");
  }

  async finish(): Promise<void> {
    const closed = this.transport.close();
    this.closed = closed;
    for (const { signal, give, refuse } of this.asked) {
      assert.ok(signal.aborted);
      const late = new Link("sound");
      this.links.push(late);
      if (this.draw < 0.5) give(late);
      else refuse(new Error("late"));
      await ticks();
      if (this.draw < 0.5) assert.ok(late.closed);
      else this.links.pop();
    }
    await ticks();
    for (const link of this.links) link.finish();
    await closed;
    assert.equal(this.auditor.closes, 1);
    for (const link of this.links) {
      assert.ok(link.released, `a link that is ${link.kind} is left open`);
      assert.deepEqual(link.misuse, [], link.kind);
    }
    this.haunt();
    this.clock.pass(100_000);
    await ticks();
    assert.equal(this.clock.pending, 0);
    assert.equal(this.transport.write(Buffer.from("late")), true);
    await this.transport.close();
    assert.deepEqual(
      this.records.filter((level) => level !== "info"),
      [],
    );
  }
}

test("whatever life its links live", async (t) => {
  t.diagnostic(`seed ${SEED} (set GW_SEED to repeat)`);
  let links = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { maxLength: 80, size: "max" }), async (turns) => {
      const life = new Life();
      for (const each of turns) {
        life.play(each);
        if (each.hasty) continue;
        await ticks();
        life.check();
      }
      await life.finish();
      links += life.links.length;
    }),
    { seed: SEED, numRuns: RUNS / 10 },
  );
  assert.ok(links > RUNS / 10, `only ${links} links`);
  t.diagnostic(`${links} links`);
});
