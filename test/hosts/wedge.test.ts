// The agent cannot be wedged: not by clients that do not read, that go in the middle, that send junk, or too much. Over
// real sockets, against the command line, with either engine. Asserted are bytes, their order, and bounds of memory. A
// timeout only ends what would never end: work that grows faster than the input takes many times as long.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FLUSHED, generic, sync, synced } from "../peer.ts";
import { Client, ENGINE_NAMES, startAgent } from "./rig.ts";

const PING = '{"execute":"guest-ping"}\n';
const PONG = '{"return": {}}\n';
const MB = 1_000_000;
const timeout = 120_000;

/** A request that gets its id back. */
function withId(json: string): string {
  return `{"execute":"guest-ping","id":${json}}`;
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

for (const core of ENGINE_NAMES) {
  test(`${core}: a client that sends 50 MB and reads nothing stalls itself only`, { timeout }, async (t) => {
    const { path, program } = await startAgent(t, "--core", core);
    const other = await Client.connect(path);
    assert.equal(await other.ask(PING), PONG);
    const before = program.resident();

    const stalled = await Client.connect(path);
    const batches: Buffer[] = [];
    const expected: string[] = [];
    let size = 0;
    for (let id = 0; size < 50 * MB;) {
      const batch: string[] = [];
      for (let i = 0; i < 1000; i++, id++) {
        batch.push(`{"execute":"guest-sync","arguments":{"id":${id}}}\n`);
        expected.push(`{"return": ${id}}\n`);
      }
      const bytes = Buffer.from(batch.join(""));
      batches.push(bytes);
      size += bytes.length;
    }
    let sent = 0;
    const sending = (async () => {
      for (const batch of batches) {
        await stalled.send(batch);
        sent++;
      }
    })();
    // It is stalled when others are served all the while and it gets nowhere.
    for (let last = -1; last !== sent;) {
      last = sent;
      for (let id = 0; id < 200; id++) assert.equal(await other.ask(sync(id), synced(id)), FLUSHED + synced(id));
    }
    assert.ok(sent < batches.length);
    assert.ok(program.residentPeak() - before < 150 * MB);

    // Nothing is lost: when it reads, it gets every reply in order.
    const last = expected.at(-1) ?? "";
    const replies = await stalled.until(last);
    await sending;
    assert.ok(replies === expected.join(""));
    assert.ok(program.residentPeak() - before < 150 * MB);
    stalled.reset();
    other.reset();
  });

  test(`${core}: a client that goes in the middle of a message leaves nothing for the next`, async (t) => {
    const { path } = await startAgent(t, "--core", core);
    for (const [half, rest] of [
      ['{"execute":"guest-pi', 'ng"}'],
      ['{"execute":"guest-ping","id":[', "]}"],
      ['{"execute":"guest-ping","id":"\\u00', 'e9"}'],
      ["{".repeat(1000), "}".repeat(1000)],
    ] as const) {
      for (const leave of ["end", "reset"] as const) {
        const first = await Client.connect(path);
        await first.send(PING);
        await first.until(PONG);
        await first.send(half);
        first[leave]();
        if (leave === "end") assert.equal(await first.rest(), "");
        const second = await Client.connect(path);
        assert.equal(await second.ask(PING), PONG);
        const alone = await Client.connect(path);
        const fresh = await alone.ask(rest + sync(1), synced(1));
        assert.equal(await second.ask(rest + sync(1), synced(1)), fresh);
        second.reset();
        alone.reset();
      }
    }
  });

  test(`${core}: 40 KB of junk draw errorsInRow replies at most, and then a sync is answered`, async (t) => {
    const everyByte = Array.from({ length: 40_000 }, (_, i) => String.fromCharCode((i * 167 + (i >> 8)) & 0xff)).join(
      "",
    );
    const junk = ["}".repeat(40_000), "%".repeat(40_000), '{"a" ]'.repeat(6_700), "[[}]".repeat(10_000), everyByte];
    for (const [limit, options] of [
      [64, []],
      [5, ["--limit", "errorsInRow=5"]],
    ] as const) {
      const { path } = await startAgent(t, "--core", core, ...options);
      const client = await Client.connect(path);
      for (const [id, bytes] of junk.entries()) {
        const replies = await client.ask(bytes + sync(id), synced(id));
        const lines = replies.slice(0, -synced(id).length).split("\n");
        assert.equal(lines.pop(), "");
        assert.ok(lines.length <= limit);
        // The first kind is answered byte for byte; after some others the agent waits for what may begin a message.
        if (id === 0) assert.equal(lines.length, limit);
        for (const line of lines) assert.match(line, /^\{"error": \{"class": "GenericError", "desc": ".*"\}\}$/);
        // What was answered sets the count back.
        assert.equal(await client.ask(`%${PING}`, PONG), generic("JSON parse error, stray '%'") + PONG);
      }
      client.reset();
    }
  });

  test(`${core}: without that limit every stray byte is answered`, { timeout }, async (t) => {
    const { path } = await startAgent(t, "--core", core, "--limit", "errorsInRow=0");
    const client = await Client.connect(path);
    const replies = await client.ask("}".repeat(40_000) + sync(1), synced(1));
    assert.ok(replies === generic("JSON parse error, expecting value").repeat(40_000) + FLUSHED + synced(1));
    client.reset();
  });

  test(`${core}: a message of 100 MB meets the size limit, and the session goes on`, { timeout }, async (t) => {
    const { path, program } = await startAgent(t, "--core", core);
    const client = await Client.connect(path);
    assert.equal(await client.ask(PING), PONG);
    const before = program.resident();
    const piece = Buffer.alloc(MB, "x");
    void client.send('{"execute":"guest-ping","id":"');
    for (let i = 0; i < 100; i++) void client.send(piece);
    void client.send('"}\n');
    const replies = await client.ask(sync(1), synced(1));
    assert.ok(replies.startsWith(generic("JSON token size limit exceeded")));
    // What is left of the message is junk.
    assert.ok(count(replies, "\n") < 10 && replies.length < 5000);
    assert.equal(await client.ask(PING), PONG);
    assert.ok(program.residentPeak() - before < 300 * MB, `${(program.residentPeak() - before) / MB} MB`);
    client.reset();
  });

  test(`${core}: 1,000 connections, half of them idle, are all answered`, { timeout }, async (t) => {
    const { path } = await startAgent(t, "--core", core);
    const clients: Client[] = [];
    while (clients.length < 1000) {
      clients.push(...(await Promise.all(Array.from({ length: 50 }, () => Client.connect(path)))));
    }
    const ask = async (client: Client, id: number): Promise<void> => {
      assert.equal(await client.ask(sync(id), synced(id)), FLUSHED + synced(id));
    };
    const busy = clients.filter((_, i) => i % 2 === 0);
    const idle = clients.filter((_, i) => i % 2 === 1);
    for (let round = 0; round < 3; round++) await Promise.all(busy.map(ask));
    await Promise.all(idle.map(ask));
    for (const client of clients) client.reset();
  });

  test(`${core}: 300 clients that leave their replies unread and go`, { timeout }, async (t) => {
    const { path, program } = await startAgent(t, "--core", core);
    const stays = await Client.connect(path);
    // The second one is answered when the first one's record has started the system's logger.
    for (let i = 0; i < 2; i++) assert.equal(await stays.ask(PING), PONG);
    const files = program.openFiles();
    const before = program.resident();
    const requests = Buffer.from(PING.repeat(20_000));
    for (let i = 0; i < 300; i++) {
      const client = await Client.connect(path);
      // Half of them wait until the agent has taken all it can.
      const sent = client.send(requests);
      if (i % 2 === 0) assert.equal(await stays.ask(sync(i), synced(i)), FLUSHED + synced(i));
      client.reset();
      await sent.catch(() => {});
    }
    assert.equal(await stays.ask(PING), PONG);
    await program.until(() => program.openFiles() <= files, "their connections are closed");
    assert.ok(program.residentPeak() - before < 150 * MB);
    stays.reset();
  });

  test(`${core}: nesting 10,000 deep`, { timeout }, async (t) => {
    const { path } = await startAgent(t, "--core", core);
    const client = await Client.connect(path);
    for (const [open, close] of ["[]", "{}"]) {
      const deep = withId((open ?? "").repeat(10_000) + (close ?? "").repeat(10_000));
      const replies = await client.ask(deep + sync(1), synced(1));
      assert.ok(replies.startsWith(generic("JSON nesting depth limit exceeded")));
      assert.equal(count(replies, "\n"), 65);
      assert.equal(await client.ask(PING), PONG);
    }
    client.reset();
  });

  test(`${core}: a million digits, and a key of a million bytes`, { timeout }, async (t) => {
    const { path } = await startAgent(t, "--core", core);
    const client = await Client.connect(path);
    const digits = "7".repeat(MB);
    assert.equal(await client.ask(withId(digits)), generic("QMP input member 'id' has a number out of range"));
    const fraction = `0.${digits}`;
    assert.equal(
      await client
        .ask(withId(`[${fraction}]`))
        .then(JSON.parse)
        .then((reply) => reply.id[0]),
      Number(fraction),
    );
    const argument = `{"execute":"guest-sync","arguments":{"id":${digits}}}`;
    assert.equal(await client.ask(argument), generic("Invalid parameter type for 'id', expected: integer"));
    const key = "k".repeat(MB);
    assert.ok((await client.ask(withId(`{"${key}":1}`))) === `{"return": {}, "id": {"${key}": 1}}\n`);
    assert.equal(await client.ask(PING), PONG);
    client.reset();
  });

  test(`${core}: 16,000 and 200,000 keys in one object`, { timeout }, async (t) => {
    const { path } = await startAgent(t, "--core", core);
    const client = await Client.connect(path);
    for (const size of [16_000, 200_000]) {
      const members = Array.from({ length: size }, (_, i) => `"key ${i}":${i}`);
      const object = `{${members.join()}}`;
      const reply = JSON.parse(await client.ask(withId(object))) as { return: unknown; id: unknown };
      assert.deepEqual(reply, { return: {}, id: JSON.parse(object) });
      const twice = `{${members.join()},"key ${size - 1}":0}`;
      assert.equal(await client.ask(withId(twice)), generic("JSON parse error, duplicate key"));
      const left = await client.ask(`{"execute":"guest-sync","arguments":{"id":1,${members.join()}}}`);
      assert.match(left, /^\{"error": \{"class": "GenericError", "desc": "Parameter 'key \d+' is unexpected"\}\}\n$/);
      assert.equal(await client.ask(PING), PONG);
    }
    client.reset();
  });

  test(`${core}: a million 0xFF`, { timeout }, async (t) => {
    const flushes = "\xff".repeat(MB);
    const { path } = await startAgent(t, "--core", core);
    const client = await Client.connect(path);
    assert.ok((await client.ask(flushes + sync(1), synced(1))) === FLUSHED.repeat(64) + synced(1));
    assert.equal(await client.ask(PING), PONG);
    client.reset();
    // And where each is answered.
    const { path: talkative } = await startAgent(t, "--core", core, "--limit", "errorsInRow=0");
    const patient = await Client.connect(talkative);
    assert.ok((await patient.ask(flushes + sync(1), synced(1))) === FLUSHED.repeat(MB + 1) + synced(1));
    patient.reset();
  });
}
