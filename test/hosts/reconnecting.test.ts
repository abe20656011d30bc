// The transport that comes back: over links in memory, whose lives a test scripts, and over unix sockets.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type Socket, createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import {
  GuestwireError,
  type ReconnectingOptions,
  type Receiver,
  type Transport,
  createAgent,
  reconnecting,
} from "guestwire";
import { connectUnix, listenUnix } from "guestwire/node";
import { fakeClock } from "guestwire/testing";
import { Peer } from "../peer.ts";
import { PING, PONG, ticks } from "../wire/served.ts";
import { Notes } from "./notes.ts";
import { CLI, Program, moment, temporaryFolder } from "./rig.ts";

/** A reconnecting transport, what its receiver hears, and what it asks to be opened. */
class Rig {
  readonly clock = fakeClock();
  readonly notes = new Notes();
  readonly records: string[] = [];
  /** Each time that it asked for a transport; the test answers. */
  readonly asked: {
    readonly signal: AbortSignal;
    give(link: Transport): void;
    refuse(error: unknown): void;
  }[] = [];
  readonly transport: Transport;

  constructor(options: ReconnectingOptions = {}) {
    this.transport = reconnecting(
      (signal) =>
        new Promise((resolve, reject) => {
          this.asked.push({ signal, give: resolve, refuse: reject });
        }),
      {
        clock: this.clock,
        random: () => 0,
        logger: { log: (...record) => this.records.push(record.join(" ")) },
        ...options,
      },
    );
  }

  async start(): Promise<void> {
    this.transport.start(this.notes);
    await ticks();
  }

  /** Answers the last question with a link. */
  async open<T extends Transport>(link: T): Promise<T> {
    this.asked.at(-1)!.give(link);
    await ticks();
    return link;
  }

  async refuse(error: unknown): Promise<void> {
    this.asked.at(-1)!.refuse(error);
    await ticks();
  }

  async pass(ms: number): Promise<void> {
    await ticks();
    this.clock.pass(ms);
    await ticks();
  }

  /** What was heard since the last time. */
  heard(): string {
    return this.notes.events.splice(0).join(" ");
  }

  write(text: string): boolean {
    return this.transport.write(Buffer.from(text));
  }
}

async function started<T extends Transport>(link: T, options?: ReconnectingOptions): Promise<{ rig: Rig; link: T }> {
  const rig = new Rig(options);
  await rig.start();
  await rig.open(link);
  assert.equal(rig.heard(), "lost reopened");
  return { rig, link };
}

test("it opens at the start, and again a while after each loss", async () => {
  const rig = new Rig();
  await ticks();
  assert.equal(rig.asked.length, 0);
  await rig.start();
  assert.equal(rig.asked.length, 1);
  assert.equal(rig.heard(), "lost", "it is not there yet");
  for (let life = 1; life <= 3; life++) {
    const link = await rig.open(new Peer());
    assert.equal(rig.heard(), "reopened");
    link.send(`hello ${life}`);
    assert.equal(rig.notes.bytes, `hello ${life}`);
    assert.equal(rig.write("answer"), true);
    assert.equal(link.take(), "answer");
    link.hangUp();
    await ticks();
    assert.equal(rig.heard(), "data lost");
    assert.equal(rig.notes.error, undefined);
    await rig.pass(99);
    assert.equal(rig.asked.length, life);
    await rig.pass(1);
    assert.equal(rig.asked.length, life + 1);
    rig.notes.bytes = "";
    assert.deepEqual(link.misuse, []);
  }
  assert.deepEqual(rig.records, Array(3).fill("info general the channel is lost; next try in 100 ms"));
});

test("each failed try is told and logged, with its reason and the next try", async () => {
  const rig = new Rig({ random: () => 0.999_999 });
  await rig.start();
  assert.equal(rig.heard(), "lost");
  const waits = [200, 400, 800, 1600, 3200, 5000, 5000];
  for (const [index, ms] of waits.entries()) {
    await rig.refuse(new Error(`no such device ${index}`));
    assert.equal(rig.heard(), "lost");
    assert.equal(rig.notes.error?.message, `no such device ${index}`);
    await rig.pass(ms - 1);
    assert.equal(rig.asked.length, index + 1);
    await rig.pass(1);
    assert.equal(rig.asked.length, index + 2);
  }
  assert.deepEqual(
    rig.records,
    waits.map(
      (ms, index) => `info general the channel cannot be opened (no such device ${index}); next try in ${ms} ms`,
    ),
  );
  // Whatever is thrown has a text; one that opens nothing at all fails like others.
  await rig.refuse("a text");
  assert.equal(rig.notes.error?.message, "a text");
  await rig.pass(5000);
  await rig.refuse(undefined);
  assert.equal(rig.heard(), "lost lost");
  await rig.transport.close();
});

test("the wait is drawn between minMs and a bound that doubles up to maxMs", async () => {
  const wait = async (random: number, tries: number): Promise<number> => {
    const rig = new Rig({ random: () => random, minMs: 10, maxMs: 100 });
    await rig.start();
    for (let count = 1; count < tries; count++) {
      await rig.refuse(new Error("no"));
      await rig.pass(100);
    }
    await rig.refuse(new Error("no"));
    return Number(/(\d+) ms$/.exec(rig.records.at(-1) ?? "")?.[1]);
  };
  const least = await Promise.all([1, 2, 3, 4, 5, 6].map((tries) => wait(0, tries)));
  const half = await Promise.all([1, 2, 3, 4, 5, 6].map((tries) => wait(0.5, tries)));
  const most = await Promise.all([1, 2, 3, 4, 5, 6].map((tries) => wait(0.999_999, tries)));
  assert.deepEqual(least, [10, 10, 10, 10, 10, 10]);
  assert.deepEqual(half, [15, 25, 45, 55, 55, 55]);
  assert.deepEqual(most, [20, 40, 80, 100, 100, 100]);
});

test("a minMs beyond the default of maxMs raises it", async () => {
  const rig = new Rig({ random: () => 0.999_999, minMs: 6000 });
  await rig.start();
  for (let tries = 0; tries < 3; tries++) {
    await rig.refuse(new Error("no"));
    await rig.pass(5999);
    assert.equal(rig.asked.length, tries + 1);
    await rig.pass(1);
    assert.equal(rig.asked.length, tries + 2);
  }
  await rig.transport.close();
});

test("only a link that brings bytes starts the waits anew", async () => {
  const { rig, link } = await started(new Peer(), { random: () => 0.999_999 });
  link.hangUp();
  await rig.pass(200);
  for (const ms of [400, 800]) {
    const mute = await rig.open(new Peer());
    rig.write("to nobody");
    mute.hangUp();
    await rig.pass(ms - 1);
    assert.equal(rig.heard().includes("data"), false);
    await rig.pass(1);
  }
  const talking = await rig.open(new Peer());
  talking.send("x");
  talking.hangUp();
  await ticks();
  assert.match(rig.records.at(-1) ?? "", /next try in 200 ms$/);
  await rig.transport.close();
});

test("a link whose peer ends is closed, and only then the next one is opened", async () => {
  class Slow extends Peer {
    finish: () => void = () => {};
    override close(): Promise<void> {
      return new Promise((resolve) => (this.finish = resolve));
    }
  }
  const { rig, link } = await started(new Slow());
  link.end();
  await ticks();
  assert.equal(rig.heard(), "lost");
  assert.equal(rig.write("dropped"), true);
  assert.equal(link.take(), "");
  await rig.pass(10_000);
  assert.equal(rig.asked.length, 1);
  link.finish();
  await rig.pass(100);
  assert.equal(rig.asked.length, 2);
});

test("a link that throws is lost, whatever it throws at", async () => {
  const broken = () => {
    throw new Error("broken");
  };
  const { rig, link } = await started(new Peer());
  const uses: [keyof Transport, () => unknown][] = [
    ["write", () => rig.write("x")],
    ["pause", () => rig.transport.pause()],
    ["resume", () => rig.transport.resume()],
  ];
  let current = link;
  for (const [name, use] of uses) {
    Object.assign(current, { [name]: broken });
    const result = use();
    assert.equal(result, name === "write" ? false : undefined, "nothing is thrown");
    await ticks();
    assert.equal(rig.heard(), name === "write" ? "lost drained" : "lost", name);
    assert.equal(rig.notes.error?.message, "broken");
    assert.ok(current.closed);
    await rig.pass(100);
    current = await rig.open(new Peer());
    assert.equal(rig.heard(), "reopened");
  }
  current.hangUp();
  for (const name of ["start", "close"]) {
    await rig.pass(100);
    rig.heard();
    current = await rig.open(Object.assign(new Peer(), { [name]: broken }));
    if (name === "close") current.hangUp();
    await ticks();
    assert.equal(rig.heard(), name === "start" ? "lost" : "reopened lost", name);
  }
  await rig.pass(100);
  await rig.open(Object.assign(new Peer(), { close: () => Promise.reject(new Error("broken")) }));
  await rig.transport.close();
  assert.equal(rig.heard(), "reopened closed");
});

test("a function that throws instead of opening is a failed try", async () => {
  const clock = fakeClock();
  const notes = new Notes();
  const transport = reconnecting(
    () => {
      throw new Error("at once");
    },
    { clock },
  );
  transport.start(notes);
  await ticks();
  assert.deepEqual(notes.events, ["lost", "lost"]);
  assert.equal(notes.error?.message, "at once");
  await transport.close();
  assert.deepEqual(notes.events, ["lost", "lost", "closed"]);
});

test("a logger that throws changes nothing", async () => {
  const rig = new Rig({
    logger: {
      log() {
        throw new Error("the disk is full");
      },
    },
  });
  await rig.start();
  await rig.refuse(new Error("no"));
  await rig.pass(100);
  assert.equal(rig.asked.length, 2);
  await rig.transport.close();
});

test("what is written while the channel is lost is dropped", async () => {
  const rig = new Rig();
  assert.equal(rig.write("before the start"), true);
  await rig.start();
  assert.equal(rig.write("before the first link"), true);
  const first = await rig.open(new Peer());
  first.hangUp();
  assert.equal(rig.write("before the loss is told"), false, "nobody took it");
  assert.equal(rig.heard(), "lost reopened");
  await ticks();
  assert.equal(rig.heard(), "lost drained");
  assert.equal(rig.write("after it"), true);
  await rig.pass(100);
  const second = await rig.open(new Peer());
  assert.equal(first.received + second.received, "");
  rig.write("x");
  assert.equal(second.received, "x");
  await rig.transport.close();
  assert.equal(rig.write("after the end"), true);
  assert.equal(second.received, "x");
});

test("who waits for a link that is lost is told to go on", async () => {
  const { rig, link } = await started(new Peer());
  link.takes = () => false;
  assert.equal(rig.write("x"), false);
  link.hangUp();
  await ticks();
  assert.equal(rig.heard(), "lost drained");
  await rig.refuse(new Error("no"));
  await rig.pass(100);
  const next = await rig.open(new Peer());
  assert.equal(rig.heard(), "reopened", "once");
  next.takes = () => false;
  assert.equal(rig.write("x"), false);
  next.drain();
  next.hangUp();
  await ticks();
  assert.equal(rig.heard(), "drained lost", "the link has said it itself");
  await rig.pass(100);
  // The link goes in the middle of the write, whatever it says of that.
  for (const answer of [false, true]) {
    const last = await rig.open(new Peer());
    last.takes = () => {
      last.hangUp();
      return answer;
    };
    assert.equal(rig.write("x"), false);
    await ticks();
    assert.equal(rig.heard(), "reopened lost drained");
    await rig.pass(100);
  }
});

test("a pause holds on later links, until it is taken back", async () => {
  const { rig, link } = await started(new Peer());
  rig.transport.pause();
  assert.ok(link.paused);
  link.hangUp();
  await rig.pass(100);
  const second = await rig.open(new Peer());
  assert.ok(second.paused);
  rig.transport.resume();
  assert.ok(!second.paused);
  second.hangUp();
  rig.transport.pause();
  await rig.pass(100);
  rig.transport.resume();
  const third = await rig.open(new Peer());
  assert.ok(!third.paused);
  for (const each of [link, second, third]) assert.deepEqual(each.misuse, []);
});

test("an old link is not heard any more", async () => {
  const { rig, link } = await started(new Peer());
  link.hangUp();
  link.send("late");
  await rig.pass(100);
  const next = await rig.open(new Peer());
  assert.equal(rig.heard(), "lost reopened");
  link.send("later");
  link.end();
  link.drain();
  link.closed = false;
  link.hangUp();
  await ticks();
  assert.equal(rig.heard(), "");
  next.send("x");
  assert.equal(rig.notes.bytes, "x");
});

test("close while a link is open closes it, although it forgets to say so", async () => {
  for (const link of [new Peer(), Object.assign(new Peer(), { close: () => Promise.resolve() })]) {
    const { rig } = await started(link);
    const closed = rig.transport.close();
    link.send("late");
    await closed;
    assert.equal(rig.heard(), "closed");
    assert.equal(rig.notes.error, undefined);
    await rig.transport.close();
    await rig.pass(100_000);
    assert.deepEqual([rig.heard(), rig.asked.length, rig.clock.pending], ["", 1, 0]);
  }
});

test("close while a link closes waits for it, and hands a second call on", async () => {
  class Slow extends Peer {
    closes: (() => void)[] = [];
    override close(): Promise<void> {
      return new Promise((resolve) => this.closes.push(resolve));
    }
  }
  const { rig, link } = await started(new Slow());
  let settled = 0;
  for (let call = 1; call <= 2; call++) {
    void rig.transport.close().then(() => settled++);
    await ticks();
    assert.deepEqual([link.closes.length, settled], [call, 0]);
  }
  for (const resolve of link.closes) resolve();
  await ticks();
  assert.equal(settled, 2);
  assert.equal(rig.heard(), "closed");
});

test("close while a link is being opened aborts that; one that comes all the same is closed at once", async () => {
  for (const outcome of ["never", "a link", "an error"]) {
    const rig = new Rig();
    await rig.start();
    const [asked] = rig.asked;
    assert.ok(asked !== undefined && !asked.signal.aborted);
    await rig.transport.close();
    assert.equal(rig.heard(), "lost closed");
    assert.ok(asked.signal.aborted);
    assert.ok(asked.signal.reason instanceof GuestwireError && asked.signal.reason.code === "GW_ERR_CLOSED");
    let starts = 0;
    const late = Object.assign(new Peer(), { start: () => starts++ });
    if (outcome === "a link") await rig.open(late);
    if (outcome === "an error") await rig.refuse(asked.signal.reason);
    assert.deepEqual([late.closed, starts], [outcome === "a link", 0]);
    await rig.pass(100_000);
    assert.deepEqual([rig.heard(), rig.asked.length, rig.records], ["", 1, []]);
  }
});

test("close right after the link was given closes that", async () => {
  const rig = new Rig();
  await rig.start();
  let starts = 0;
  const link = Object.assign(new Peer(), { start: () => starts++ });
  rig.asked[0]?.give(link);
  await Promise.resolve();
  await rig.transport.close();
  assert.equal(rig.heard(), "lost closed");
  assert.deepEqual([link.closed, starts], [true, 0]);
});

test("close while it waits for the next try", async () => {
  const rig = new Rig();
  await rig.start();
  await rig.refuse(new Error("no"));
  assert.equal(rig.clock.pending, 1);
  await rig.transport.close();
  assert.equal(rig.heard(), "lost lost closed");
  assert.equal(rig.clock.pending, 0);
});

test("close before the start, and right after it", async () => {
  const early = new Rig();
  await early.transport.close();
  assert.equal(early.heard(), "");
  await early.start();
  assert.deepEqual([early.heard(), early.asked.length], ["closed", 0]);
  const late = new Rig();
  late.transport.start(late.notes);
  assert.equal(late.heard(), "", "nothing is said from inside start");
  await late.transport.close();
  assert.deepEqual([late.heard(), late.asked.length], ["closed", 0]);
});

test("close from inside whatever the receiver hears", async () => {
  for (const event of ["reopened", "data", "drained", "lost"]) {
    const rig = new Rig();
    const closes: Promise<void>[] = [];
    await rig.start();
    rig.notes.onEvent = (heard) => {
      if (heard === event) closes.push(rig.transport.close());
    };
    const link = await rig.open(new Peer());
    link.takes = () => false;
    rig.write("x");
    link.send("x");
    if (event === "drained") link.drain();
    link.hangUp();
    await ticks();
    await Promise.all(closes);
    assert.equal(closes.length, 1, event);
    const heard = rig.heard();
    assert.ok(heard.endsWith(`${event} closed`), heard);
    assert.ok(link.closed);
    assert.equal(rig.clock.pending, 0);
  }
  const rig = new Rig();
  rig.notes.onEvent = () => void rig.transport.close();
  await rig.start();
  assert.equal(rig.heard(), "lost closed");
  assert.equal(rig.asked.length, 0);
});

test("waits that are out of range are refused", () => {
  const refused = (options: ReconnectingOptions, line: string): void => {
    assert.throws(
      () => reconnecting(() => Promise.reject(new Error("no")), options),
      (error) => error instanceof GuestwireError && error.code === "GW_ERR_LIMIT" && error.message === line,
    );
  };
  for (const minMs of [0, -1, 1.5, Number.NaN, Infinity, 2_147_483_648]) {
    refused({ minMs }, "minMs must be an integer from 1 to 2147483647");
  }
  refused({ maxMs: 99 }, "maxMs must be an integer from 100 to 2147483647");
  refused({ minMs: 200, maxMs: 199 }, "maxMs must be an integer from 200 to 2147483647");
  refused({ minMs: 6000, maxMs: 5000 }, "maxMs must be an integer from 6000 to 2147483647");
  refused({ maxMs: 2 ** 31 }, "maxMs must be an integer from 100 to 2147483647");
  reconnecting(() => Promise.reject(new Error("no")), { minMs: 1, maxMs: 1 });
  reconnecting(() => Promise.reject(new Error("no")), { minMs: 2_147_483_647, maxMs: 2_147_483_647 });
});

test("it wraps one of its own", async () => {
  const inner = new Rig();
  const rig = new Rig();
  await rig.start();
  await rig.open(inner.transport);
  assert.equal(rig.heard(), "lost reopened lost");
  for (let life = 1; life <= 2; life++) {
    const link = await inner.open(new Peer());
    link.send("x");
    link.hangUp();
    await inner.pass(100);
    assert.equal(rig.heard(), "reopened data lost");
  }
  assert.equal(rig.notes.bytes, "xx");
  assert.equal(rig.asked.length, 1);
  await rig.transport.close();
  assert.equal(rig.heard(), "closed");
  assert.equal(inner.clock.pending, 0);
});

test("an agent serves one peer after the other", async () => {
  const rig = new Rig();
  const agent = createAgent();
  const session = agent.serve(rig.transport);
  await ticks();
  for (let life = 0; life < 3; life++) {
    const link = await rig.open(new Peer());
    link.send(`${PING}{"execute":"guest-pi`);
    assert.equal(link.received, PONG);
    if (life === 1) link.end();
    else link.hangUp();
    await rig.pass(100);
    assert.deepEqual(link.misuse, []);
  }
  assert.deepEqual([agent.stats.sessions, agent.stats.sessionsTotal], [1, 1]);
  await agent.close();
  await session.closed;
});

/** A fast one that keeps the test short. */
const QUICK = { minMs: 1, maxMs: 10 };

test("an agent on a unix socket that is killed and comes back", async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const agent = (): Program => new Program(t, process.execPath, [CLI, "agent", "-m", "unix-listen", "-p", path]);
  const records: string[] = [];
  const transport = reconnecting(() => connectUnix(path), {
    ...QUICK,
    logger: { log: (level, _domain, message) => records.push(`${level} ${message}`) },
  });
  const notes = new Notes();
  transport.start(notes);
  await notes.until(() => notes.events.length >= 2);
  assert.equal(notes.events.join(" ").replaceAll("lost", "").trim(), "");
  assert.match(notes.error?.message ?? "", /there is no socket .*; start the agent/);
  // The kernel may still connect to one that dies, which is lost at once.
  notes.onEvent = (event) => {
    if (event === "reopened") transport.write(Buffer.from(PING));
  };
  for (let life = 0; life < 3; life++) {
    const program = agent();
    await notes.until(() => notes.bytes === PONG);
    program.kill("SIGKILL");
    await program.ended;
    await notes.until(() => notes.events.at(-1) === "lost");
    notes.bytes = "";
  }
  await transport.close();
  assert.equal(notes.events.at(-1), "closed");
  const lives = notes.events.filter((event) => event !== "data").join(" ");
  assert.match(lives, /^(?:lost )+(?:reopened (?:lost )+){3,}closed$/);
  assert.ok(records.every((record) => /^info the channel .*; next try in \d+ ms$/.test(record)));
});

test("an agent that connects to a host which goes away and comes back", async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const agent = createAgent();
  t.after(() => agent.close());
  agent.serve(reconnecting(() => connectUnix(path), QUICK));
  for (let life = 0; life < 3; life++) {
    const host = createServer();
    host.listen(path);
    const [peer] = (await once(host, "connection")) as [Socket];
    let received = "";
    peer.on("data", (bytes: Buffer) => (received += bytes.toString("latin1")));
    peer.write(`${PING}{"execute":"guest-ping","id":[`);
    const isAnswered = (): boolean => received === PONG;
    while (!isAnswered()) await moment();
    // Node removes the socket's file with the server.
    host.close();
    if (life === 1) peer.end();
    else peer.destroy();
    await once(peer, "close");
  }
  assert.equal(agent.stats.sessions, 1);
  await agent.close();
  assert.equal(agent.stats.sessions, 0);
});

test("a listener that closes and opens again, and a transport that closes while nobody listens", async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const agent = createAgent();
  const transport = reconnecting(() => connectUnix(path), QUICK);
  const notes = new Notes();
  const first = await listenUnix(agent, path);
  transport.start(notes as Receiver);
  await notes.until(() => notes.events.includes("reopened"));
  await first.close();
  await notes.until(() => notes.events.filter((event) => event === "lost").length > 1);
  await transport.close();
  assert.equal(notes.events.at(-1), "closed");
  await agent.close();
});
