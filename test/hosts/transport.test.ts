// The transport over a socket, as a session sees it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type Server, type Socket, createServer } from "node:net";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { type TestContext, test } from "node:test";
import { GuestwireError, type Transport } from "guestwire";
import { SocketTransport, connectUnix } from "guestwire/node";
import { Notes } from "./notes.ts";
import { moment, temporaryFolder } from "./rig.ts";

/** Both ends of a connection: a transport, and a bare socket that reads when it is told to. */
async function pair(t: TestContext): Promise<{ transport: Transport; peer: Socket }> {
  const path = join(temporaryFolder(t), "socket");
  const server: Server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  server.listen(path);
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const transport = await connectUnix(path);
  const [peer] = await accepted;
  peer.on("error", () => {});
  server.close();
  t.after(() => peer.destroy());
  return { transport, peer };
}

test("bytes are copied when they are written", async (t) => {
  const { transport, peer } = await pair(t);
  transport.start(new Notes());
  const buffer = Buffer.alloc(100_000);
  const all: string[] = [];
  for (const letter of "abcdefghij") {
    buffer.fill(letter);
    transport.write(buffer);
    all.push(letter.repeat(buffer.length));
  }
  buffer.fill("!");
  let received = "";
  peer.on("data", (bytes: Buffer) => (received += bytes.toString("latin1"))).resume();
  const ended = once(peer, "end");
  await transport.close();
  await ended;
  assert.ok(received === all.join(""));
});

test("write returns false when the peer does not read, and drained follows once when it does", async (t) => {
  const { transport, peer } = await pair(t);
  const notes = new Notes();
  transport.start(notes);
  const piece = Buffer.alloc(50_000, "x");
  let written = 0;
  do written += piece.length;
  while (transport.write(piece) && written < 100_000_000);
  assert.ok(written < 100_000_000);
  assert.deepEqual(notes.events, []);
  let received = 0;
  peer.on("data", (bytes: Buffer) => (received += bytes.length)).resume();
  await notes.until(() => notes.events.length > 0);
  assert.equal(transport.write(piece), true);
  await notes.until(() => received === written + piece.length);
  assert.deepEqual(notes.events, ["drained"]);
  await transport.close();
  assert.deepEqual(notes.events, ["drained", "closed"]);
});

test("a large piece that the peer takes at once is no reason to wait", async (t) => {
  const { transport, peer } = await pair(t);
  transport.start(new Notes());
  peer.resume();
  assert.equal(transport.write(Buffer.alloc(100_000)), true);
  await transport.close();
});

test("nothing is read before the start, nor while paused", async (t) => {
  const { transport, peer } = await pair(t);
  const notes = new Notes();
  peer.write("early");
  await moment();
  transport.start(notes);
  await notes.until(() => notes.bytes === "early");
  transport.pause();
  peer.write("x".repeat(10_000_000));
  await moment();
  await moment();
  assert.ok(peer.writableLength > 0, "the peer is held back");
  assert.ok(notes.bytes.length < 1_000_000);
  transport.resume();
  await notes.until(() => notes.bytes.length === 10_000_005);
  await transport.close();
});

test("a pause right after the start holds", async (t) => {
  const { transport, peer } = await pair(t);
  const notes = new Notes();
  transport.start(notes);
  transport.pause();
  peer.write("x".repeat(10_000_000));
  for (let i = 0; i < 10; i++) await moment();
  assert.ok(notes.bytes.length < 1_000_000);
  transport.resume();
  await notes.until(() => notes.bytes.length === 10_000_000);
  await transport.close();
});

test("the peer's end is told once, after all its bytes, and the channel still writes", async (t) => {
  const { transport, peer } = await pair(t);
  const notes = new Notes();
  transport.start(notes);
  peer.write("x");
  await notes.until(() => notes.bytes === "x");
  transport.pause();
  peer.end("x".repeat(299_999));
  await moment();
  assert.equal(notes.events.includes("ended"), false);
  transport.resume();
  await notes.until(() => notes.events.includes("ended"));
  assert.equal(notes.bytes.length, 300_000);
  assert.equal(transport.write(Buffer.from("bye")), true);
  let received = "";
  peer.on("data", (bytes: Buffer) => (received += bytes.toString())).resume();
  const gone = once(peer, "close");
  await transport.close();
  await gone;
  assert.equal(received, "bye");
  assert.deepEqual(
    notes.events.filter((event) => event !== "data"),
    ["ended", "closed"],
  );
  assert.equal(notes.error, undefined);
});

test("a peer that goes with bytes unread is gone without an error", async (t) => {
  const { transport, peer } = await pair(t);
  const notes = new Notes();
  transport.start(notes);
  transport.write(Buffer.from("unread"));
  await moment();
  peer.destroy();
  await notes.until(() => notes.events.includes("closed"));
  assert.equal(notes.error, undefined);
  assert.equal(transport.write(Buffer.from("dropped")), true);
  await transport.close();
  assert.deepEqual(
    notes.events.filter((event) => event === "closed"),
    ["closed"],
  );
});

test("a peer that goes while we wait for it is gone without an error", async (t) => {
  const { transport, peer } = await pair(t);
  const notes = new Notes();
  transport.start(notes);
  while (transport.write(Buffer.alloc(100_000)));
  transport.pause();
  peer.destroy();
  await notes.until(() => notes.events.includes("closed"));
  assert.equal(notes.error, undefined);
});

test("any other failure is told", async () => {
  const stream = new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      done();
    },
  });
  const transport = new SocketTransport(stream);
  const notes = new Notes();
  transport.start(notes);
  stream.destroy(new Error("the line is cut"));
  await notes.until(() => notes.events.includes("closed"));
  assert.equal(notes.error?.message, "the line is cut");
  await transport.close();
});

test("a receiver that throws ends it, with that error", async (t) => {
  for (const event of ["data", "drained", "ended"]) {
    const { transport, peer } = await pair(t);
    const notes = new Notes();
    notes.onEvent = (heard) => {
      if (heard === event) throw new Error("a mistake");
    };
    transport.start(notes);
    if (event === "data") peer.write("x");
    else if (event === "ended") peer.end();
    else while (transport.write(Buffer.alloc(100_000)));
    peer.resume();
    await notes.until(() => notes.events.includes("closed"));
    assert.deepEqual(notes.events, [event, "closed"]);
    assert.equal(notes.error?.message, "a mistake");
    await transport.close();
  }
});

test("any duplex stream will do", async () => {
  let written = "";
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString();
      setImmediate(done);
    },
  });
  const transport = new SocketTransport(stream);
  const notes = new Notes();
  transport.start(notes);
  stream.push("hello");
  await notes.until(() => notes.bytes === "hello");
  assert.equal(transport.write(Buffer.alloc(100_000, "x")), false);
  await notes.until(() => notes.events.includes("drained"));
  await transport.close();
  assert.equal(written.length, 100_000);
});

test("close settles although the peer reads nothing, and closed was told before", async (t) => {
  const { transport, peer } = await pair(t);
  const notes = new Notes();
  transport.start(notes);
  while (transport.write(Buffer.alloc(100_000)));
  const closing = transport.close();
  assert.equal(transport.write(Buffer.from("late")), true);
  await closing;
  assert.deepEqual(notes.events, ["closed"]);
  await transport.close();
  peer.destroy();
});

test("the end is told only when the peer has taken all, however long that takes", async (t) => {
  const { transport, peer } = await pair(t);
  const notes = new Notes();
  // What a session does: it closes when it hears of the end.
  notes.onEvent = (event) => {
    if (event === "ended") void transport.close();
  };
  transport.start(notes);
  let written = 0;
  do written += 100_000;
  while (transport.write(Buffer.alloc(100_000)));
  peer.end();
  // Longer than close waits for a peer.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.deepEqual(notes.events, []);
  let received = 0;
  peer.on("data", (bytes: Buffer) => (received += bytes.length)).resume();
  await notes.until(() => notes.events.includes("closed"));
  assert.deepEqual(notes.events, ["drained", "ended", "closed"]);
  await notes.until(() => received === written);
});

test("the end waits while the transport is paused", async (t) => {
  const { transport, peer } = await pair(t);
  const notes = new Notes();
  transport.start(notes);
  peer.end("x");
  transport.pause();
  for (let i = 0; i < 5; i++) await moment();
  assert.equal(notes.events.includes("ended"), false);
  transport.resume();
  await notes.until(() => notes.events.includes("ended"));
  assert.equal(notes.bytes, "x");
  await transport.close();
});

test("close settles although the peer ended and reads nothing", async (t) => {
  const { transport, peer } = await pair(t);
  const notes = new Notes();
  transport.start(notes);
  while (transport.write(Buffer.alloc(100_000)));
  peer.end();
  await moment();
  await transport.close();
  assert.deepEqual(notes.events, ["closed"]);
});

test("a start after the end tells it", async (t) => {
  const { transport } = await pair(t);
  await transport.close();
  const notes = new Notes();
  transport.start(notes);
  await notes.until(() => notes.events.length > 0);
  assert.deepEqual(notes.events, ["closed"]);
});

test("connectUnix rejects with GW_ERR_SOCKET and says what to do", async (t) => {
  const folder = temporaryFolder(t);
  const refusal = async (path: string, line: RegExp): Promise<void> => {
    await assert.rejects(connectUnix(path), (error) => {
      assert.ok(error instanceof GuestwireError);
      assert.equal(error.code, "GW_ERR_SOCKET");
      assert.match(error.message, line);
      return true;
    });
  };
  await refusal(join(folder, "nothing"), /there is no socket .*nothing; start the agent/);
  await refusal(join(folder, "missing/socket"), /there is no (socket|folder)/);
  await refusal(join(folder, "x".repeat(107)), /at most 107 bytes/);
  await refusal("", /needs a path/);
});
