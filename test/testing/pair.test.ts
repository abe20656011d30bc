// The channel in memory: it is a transport at both ends, whatever the chunks, and an agent and a client agree over it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createAgent, type Receiver } from "guestwire";
import { connect } from "guestwire/client";
import { type Chunking, type PairOptions, fakeClock, transportPair } from "guestwire/testing";
import { moment } from "../hosts/rig.ts";

/** Writes down what a transport tells; each chunk by itself. */
class Notes implements Receiver {
  readonly chunks: string[] = [];
  readonly events: string[] = [];

  data(bytes: Uint8Array): void {
    this.chunks.push(Buffer.from(bytes).toString("latin1"));
  }
  drained(): void {
    this.events.push("drained");
  }
  ended(): void {
    this.events.push("ended");
  }
  lost(): void {
    this.events.push("lost");
  }
  reopened(): void {
    this.events.push("reopened");
  }
  closed(error?: Error): void {
    this.events.push(error === undefined ? "closed" : `closed: ${error.message}`);
  }
}

interface Noted {
  readonly pair: ReturnType<typeof transportPair>;
  readonly agent: Notes;
  readonly client: Notes;
}

function noted(options?: PairOptions): Noted {
  const pair = transportPair(options);
  const [agent, client] = [new Notes(), new Notes()];
  pair.agent.start(agent);
  pair.client.start(client);
  return { pair, agent, client };
}

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

test("bytes arrive in order, in the chunks that were asked for", async () => {
  const arrived = async (chunk?: Chunking): Promise<string[]> => {
    const { pair, client } = noted(chunk === undefined ? {} : { chunk });
    for (const text of ["one ", "", "\xfftwo ", "three"]) pair.agent.write(bytes(text));
    await moment();
    assert.equal(client.chunks.join(""), "one \xfftwo three");
    return client.chunks;
  };
  assert.deepEqual(await arrived(), ["one ", "\xfftwo ", "three"]);
  assert.deepEqual(await arrived(1), [..."one \xfftwo three"]);
  assert.deepEqual(await arrived(5), ["one \xff", "two t", "hree"]);
  assert.deepEqual(await arrived(100), ["one \xfftwo three"]);
  const drawn = await arrived({ seed: 1, most: 4 });
  assert.deepEqual(await arrived({ seed: 1, most: 4 }), drawn);
  assert.notDeepEqual(await arrived({ seed: 2, most: 4 }), drawn);
  assert.ok(drawn.every((chunk) => chunk.length >= 1 && chunk.length <= 4));
});

test("bytes belong to the caller: those written may change, and those handed in do", async () => {
  const { pair, client } = noted();
  const kept: Uint8Array[] = [];
  client.data = (chunk) => kept.push(chunk);
  const own = bytes("abc");
  pair.agent.write(own);
  own.fill(0);
  let seen = "";
  client.data = (chunk) => {
    seen += Buffer.from(chunk).toString();
    kept.push(chunk);
  };
  await moment();
  assert.equal(seen, "abc");
  assert.equal(Buffer.from(kept[0] ?? []).toString(), "ZZZ");
});

test("nothing arrives inside a write, before the start, or while the receiver pauses", async () => {
  const pair = transportPair();
  const client = new Notes();
  pair.agent.write(bytes("early"));
  await moment();
  pair.client.start(client);
  assert.deepEqual(client.chunks, []);
  await moment();
  assert.deepEqual(client.chunks, ["early"]);
  pair.client.pause();
  pair.agent.write(bytes("late"));
  await moment();
  assert.deepEqual(client.chunks, ["early"]);
  pair.client.resume();
  assert.deepEqual(client.chunks, ["early"]);
  await moment();
  assert.deepEqual(client.chunks, ["early", "late"]);
});

test("a writer is held back, and hears when all has arrived", async () => {
  const { pair, agent, client } = noted({ capacity: 4, chunk: 1 });
  pair.client.pause();
  assert.equal(pair.agent.write(bytes("four")), true);
  assert.equal(pair.agent.write(bytes("!")), false);
  await moment();
  assert.deepEqual(agent.events, []);
  pair.client.resume();
  await moment();
  assert.deepEqual(agent.events, ["drained"]);
  assert.equal(client.chunks.join(""), "four!");
});

test("an end that closes sends what was written; the other hears that it has ended", async () => {
  const { pair, agent, client } = noted({ chunk: 2 });
  pair.client.pause();
  pair.agent.write(bytes("the last"));
  await Promise.all([pair.agent.close(), pair.agent.close()]);
  assert.deepEqual(agent.events, ["closed"]);
  pair.client.resume();
  await moment();
  assert.equal(client.chunks.join(""), "the last");
  assert.deepEqual(client.events, ["ended"]);
  assert.equal(pair.client.write(bytes("to nobody")), true);
  await pair.client.close();
  assert.deepEqual([agent.events, client.events], [["closed"], ["ended", "closed"]]);
});

test("a cut loses what is under way, and both ends hear why", async () => {
  const { pair, agent, client } = noted({ capacity: 0 });
  assert.equal(pair.client.write(bytes("lost")), false);
  pair.cut(new Error("the cable"));
  await moment();
  pair.cut();
  await moment();
  assert.deepEqual(agent, Object.assign(new Notes(), { events: ["closed: the cable"] }));
  assert.deepEqual(client, Object.assign(new Notes(), { events: ["closed: the cable"] }));
});

test("numbers out of range are refused", () => {
  for (const options of [{ chunk: 0 }, { chunk: 1.5 }, { chunk: { seed: 1, most: 0 } }, { capacity: -1 }]) {
    assert.throws(() => transportPair(options), { code: "GW_ERR_LIMIT" });
  }
});

for (const chunk of [undefined, 1, 7, { seed: 3 }]) {
  test(`an agent and a client agree, chunks: ${JSON.stringify(chunk)}`, async () => {
    const agent = createAgent({
      plugins: [{ name: "echo", api: 1, commands: [{ name: "echo", run: ({ text }) => text }] }],
    });
    const pair = transportPair({ ...(chunk === undefined ? {} : { chunk }), capacity: 100 });
    const session = agent.serve(pair.agent);
    const client = await connect(pair.client);
    const text = "é€ \xff".repeat(1000);
    assert.equal(await client.executeUntyped("echo", { text }), text);
    await client.close();
    await session.closed;
    assert.equal(agent.stats.sessions, 0);
    await agent.close();
  });
}

test("the fake clock runs what is due, in order, when it is told to go on", () => {
  const clock = fakeClock();
  const ran: string[] = [];
  const note = (what: string) => (): number => ran.push(`${what} at ${clock.now()}`);
  clock.after(20, note("second"));
  clock.after(10, note("first"));
  const cancel = clock.after(5, note("cancelled"));
  clock.after(10, () => clock.after(10, note("third")));
  cancel();
  assert.deepEqual([clock.pending, clock.next], [3, 10]);
  clock.pass(9);
  assert.deepEqual(ran, []);
  clock.pass(21);
  assert.deepEqual(ran, ["first at 30", "second at 30"]);
  clock.pass(10);
  assert.deepEqual(ran.slice(2), ["third at 40"]);
  assert.deepEqual([clock.pending, clock.next], [0, undefined]);
});
