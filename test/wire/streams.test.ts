// A transport over a pair of Web Streams.

import assert from "node:assert/strict";
import { ReadableStream, TransformStream, WritableStream } from "node:stream/web";
import { test } from "node:test";
import { createAgent, streams } from "guestwire";
import { Notes } from "../hosts/notes.ts";
import { moment } from "../hosts/rig.ts";

const PING = Buffer.from('{"execute":"guest-ping"}');
const PONG = '{"return": {}}\n';

/** A stream of these chunks, which are garbled when the reader asks for the next one. */
function source(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  let last: Uint8Array | undefined;
  return new ReadableStream(
    {
      pull(controller) {
        last?.fill(0x5a);
        last = chunks.shift();
        if (last === undefined) controller.close();
        else controller.enqueue(last);
      },
    },
    { highWaterMark: 0 },
  );
}

test("requests in, replies out; the end of the input ends the session when all is answered", async () => {
  let received = "";
  let closed = false;
  const sink = new WritableStream<Uint8Array>({
    async write(chunk) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      received += Buffer.from(chunk).toString("latin1");
    },
    close: () => void (closed = true),
  });
  const agent = createAgent({
    plugins: [
      {
        name: "guestwire-plugin-test",
        api: 1,
        commands: [{ name: "test-later", run: () => new Promise((resolve) => setTimeout(() => resolve(7), 5)) }],
      },
    ],
  });
  const input = source(
    Buffer.concat([PING, Buffer.from('{"execute":"gue')]),
    Buffer.from('st-ping","id":1}'),
    Buffer.concat([Buffer.from('{"execute":"test-later"}'), PING]),
  );
  await agent.serve(streams(input, sink)).closed;
  assert.equal(received, `${PONG}{"return": {}, "id": 1}\n{"return": 7}\n${PONG}`);
  assert.ok(closed);
});

test("a reader that takes its time holds the writer of requests back", async () => {
  let given = 0;
  const input = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        given++;
        controller.enqueue(Buffer.from(PING.toString().repeat(1000)));
      },
    },
    { highWaterMark: 0 },
  );
  const sink = new WritableStream<Uint8Array>({ write: () => new Promise(() => {}) });
  const agent = createAgent({ limits: { queueBytes: 100_000 } });
  const session = agent.serve(streams(input, sink));
  for (let turn = 0; turn < 1000; turn++) await new Promise((resolve) => setImmediate(resolve));
  // 15,000 bytes of replies for each piece: those that are written, those that wait, and the piece that is held back.
  assert.ok(given >= 7 && given <= 10, `${given} pieces were read`);
  await session.close();
  assert.equal(agent.stats.sessions, 0);
});

test("a stream that fails ends the session", async () => {
  const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("gone")) });
  const agent = createAgent();
  await agent.serve(streams(broken, new WritableStream())).closed;
  const refusing = new WritableStream<Uint8Array>({ write: () => Promise.reject(new Error("gone")) });
  const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(Buffer.from(PING)) });
  await agent.serve(streams(endless, refusing)).closed;
  assert.equal(agent.stats.sessions, 0);
});

test("a pause holds, also right after a resume", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const peer = writable.getWriter();
  const notes = new Notes();
  const transport = streams(readable, new WritableStream());
  transport.start(notes);
  transport.pause();
  for (const word of ["one ", "two ", "three"]) void peer.write(Buffer.from(word));
  await notes.until(() => notes.bytes !== "");
  await moment();
  assert.equal(notes.bytes, "one ", "what was being read");
  transport.resume();
  transport.pause();
  await moment();
  assert.equal(notes.bytes, "one ");
  transport.resume();
  await notes.until(() => notes.bytes === "one two three");
  await transport.close();
});

test("a receiver that throws ends it, with that error", async () => {
  for (const event of ["data", "ended", "drained"]) {
    const notes = new Notes();
    notes.onEvent = (heard) => {
      if (heard === event) throw new Error("a mistake");
    };
    const input = new ReadableStream<Uint8Array>({
      start(controller) {
        if (event === "data") controller.enqueue(PING);
        if (event === "ended") controller.close();
      },
    });
    const transport = streams(input, new WritableStream({ write: () => moment() }));
    transport.start(notes);
    if (event === "drained") assert.equal(transport.write(PING), false);
    await notes.until(() => notes.events.includes("closed"));
    assert.deepEqual(notes.events, [event, "closed"]);
    assert.equal(notes.error?.message, "a mistake");
    await transport.close();
  }
});
