// WebSockets as transports: real ones of the package `ws`, in both roles, and fakes for what those do not do.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { createAgent, reconnecting } from "guestwire";
import { CallError, connect } from "guestwire/client";
import { fakeClock } from "guestwire/testing";
import { type WebSocketEvent, type WebSocketLike, connectWebSocket, websocket } from "guestwire/websocket";
import { WebSocket, WebSocketServer } from "ws";
import { PING, PONG, ticks } from "../wire/served.ts";
import { Notes } from "./notes.ts";
import { moment } from "./rig.ts";

/** A server on the loopback interface; its sockets go with the test. */
async function listen(t: TestContext): Promise<{ address: string; server: WebSocketServer; http: Server }> {
  const http = createServer().listen(0, "127.0.0.1");
  const server = new WebSocketServer({ server: http });
  await once(http, "listening");
  t.after(() => end(server, http));
  return { address: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`, server, http };
}

function end(server: WebSocketServer, http: Server): void {
  for (const socket of server.clients) socket.terminate();
  http.close();
}

test("a client and an agent over a WebSocket; a megabyte goes both ways", async (t) => {
  const { address, server } = await listen(t);
  const agent = createAgent({
    plugins: [{ name: "echo", api: 1, commands: [{ name: "test-echo", run: (args) => args["text"] }] }],
  });
  t.after(() => agent.close());
  server.on("connection", (socket) => agent.serve(websocket(socket)));
  const client = await connect(websocket(new WebSocket(address)));
  const text = "0123456789abcdef".repeat(65_536);
  assert.equal(await client.executeUntyped("test-echo", { text }), text);
  await client.close();
  while (agent.stats.sessions > 0) await moment();
});

test("all 256 byte values as bytes, and text messages as UTF-8", async (t) => {
  const { address, server } = await listen(t);
  const notes = new Notes();
  const transport = websocket(new WebSocket(address));
  transport.start(notes);
  const [peer] = (await once(server, "connection")) as [WebSocket];
  const all = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
  peer.send(all);
  peer.send("ä");
  peer.send(all.subarray(0, 3));
  const expected = `${all.toString("latin1")}Ã¤\0\u0001\u0002`;
  await notes.until(() => notes.bytes.length === expected.length);
  assert.equal(notes.bytes, expected);
  const heard = once(peer, "message");
  const bytes = Buffer.from(all);
  transport.write(bytes);
  bytes.fill(0x5a);
  assert.deepEqual(await heard, [all, true]);
  await transport.close();
  assert.equal(notes.events.at(-1), "closed");
  assert.equal(notes.error, undefined);
});

test("what is written while it connects leaves when it is open", async (t) => {
  const { address, server } = await listen(t);
  const notes = new Notes();
  const transport = websocket(new WebSocket(address));
  transport.start(notes);
  assert.equal(transport.write(Buffer.from("early ")), false);
  transport.write(Buffer.from("words"));
  let heard = "";
  server.on("connection", (socket) => socket.on("message", (data: Buffer) => (heard += data.toString())));
  await notes.until(() => heard === "early words");
  assert.deepEqual(notes.events, ["drained"]);
  await transport.close();
  assert.equal(transport.write(Buffer.from("late")), true);
});

test("what came before the start is heard after it, also from a peer that is gone", async (t) => {
  for (const isGone of [false, true]) {
    const { address, server } = await listen(t);
    server.on("connection", (socket) => {
      socket.send("hello");
      if (isGone) socket.close();
    });
    const socket = new WebSocket(address);
    const transport = websocket(socket);
    while (socket.readyState !== (isGone ? WebSocket.CLOSED : WebSocket.OPEN)) await moment();
    const notes = new Notes();
    transport.start(notes);
    await notes.until(() => notes.events.length === (isGone ? 2 : 1));
    assert.equal(notes.bytes, "hello");
    if (isGone) assert.deepEqual(notes.events, ["data", "closed"]);
    await transport.close();
  }
});

test("a connection that is refused, and one that breaks, say why; one that the peer closes is over", async (t) => {
  const { address, server, http } = await listen(t);
  const hear = async (act: (peer: WebSocket) => void): Promise<Notes> => {
    const notes = new Notes();
    server.once("connection", act);
    websocket(new WebSocket(address)).start(notes);
    await notes.until(() => notes.events.includes("closed"));
    return notes;
  };
  assert.equal((await hear((peer) => peer.close(1000))).error, undefined);
  assert.equal((await hear((peer) => peer.close(1001))).error, undefined);
  assert.equal((await hear((peer) => peer.close())).error, undefined);
  assert.match((await hear((peer) => peer.close(1011))).error?.message ?? "", /^the peer closed .* code 1011$/);
  assert.equal(
    (await hear((peer) => peer.close(1008, "this page is from another run"))).error?.message,
    "the peer closed the WebSocket: this page is from another run",
  );
  assert.match(
    (await hear((peer) => peer.terminate())).error?.message ?? "",
    /^the WebSocket could not be connected, or/,
  );
  end(server, http);
  await once(http, "close");
  const refused = await hear(() => {});
  assert.match(refused.error?.message ?? "", /see whether its server runs/);
  await assert.rejects(
    connect(websocket(new WebSocket(address))),
    (error) => error instanceof CallError && error.code === "GW_ERR_LINK",
  );
});

test("close before the start, while connecting, twice", async (t) => {
  const { address } = await listen(t);
  await websocket(new WebSocket(address)).close();
  const open = new WebSocket(address);
  await once(open, "open");
  await websocket(open).close();
  assert.equal(open.readyState, WebSocket.CLOSED);
  const notes = new Notes();
  const transport = websocket(new WebSocket(address));
  transport.start(notes);
  await Promise.all([transport.close(), transport.close()]);
  assert.deepEqual(notes.events, ["closed"]);
});

test("what was written while it connects leaves though it is closed by then", async (t) => {
  const { address, server } = await listen(t);
  let heard = "";
  server.on("connection", (socket) => socket.on("message", (data: Buffer) => (heard += data.toString())));
  const notes = new Notes();
  const transport = websocket(new WebSocket(address));
  transport.start(notes);
  transport.write(Buffer.from("early "));
  transport.write(Buffer.from("words"));
  await transport.close();
  await notes.until(() => heard === "early words");
  assert.equal(notes.error, undefined);
  assert.deepEqual(notes.events.at(-1), "closed");
});

test("a pause holds the peer back", async (t) => {
  const { address, server } = await listen(t);
  const notes = new Notes();
  const transport = websocket(new WebSocket(address));
  transport.start(notes);
  const [peer] = (await once(server, "connection")) as [WebSocket];
  transport.pause();
  const piece = Buffer.alloc(1_000_000, "x");
  for (let n = 0; n < 20; n++) peer.send(piece);
  for (let n = 0; n < 20; n++) await moment();
  assert.equal(notes.bytes.length, 0);
  assert.ok(peer.bufferedAmount > 0, "the peer still has some of it");
  transport.resume();
  await notes.until(() => notes.bytes.length === 20_000_000);
  transport.pause();
  await transport.close();
});

test("it comes back with reconnecting, for a client", async (t) => {
  const agent = createAgent();
  t.after(() => agent.close());
  let life = await listen(t);
  const serve = (): void => void life.server.on("connection", (socket) => agent.serve(websocket(socket)));
  serve();
  const client = await connect(
    reconnecting((signal) => connectWebSocket(new WebSocket(life.address), { signal }), { minMs: 1, maxMs: 10 }),
  );
  for (let n = 0; n < 3; n++) {
    await client.ping();
    end(life.server, life.http);
    await once(life.http, "close");
    // On another port: this one may be somebody else's by now.
    life = await listen(t);
    serve();
    while (client.state === "ready") await moment();
    await client.ping();
    assert.ok(client.stats.resyncs > n);
  }
  await client.close();
});

test("connecting settles when it is open, fails with a sentence, and is given up by a signal", async (t) => {
  const { address, server, http } = await listen(t);
  const signal = new AbortController();
  const transport = await connectWebSocket(new WebSocket(address), { signal: signal.signal });
  signal.abort();
  assert.equal(transport.write(Buffer.from("x")), true, "which is of no matter afterwards");
  assert.equal(server.clients.size, 1);
  await transport.close();
  const reason = new Error("enough");
  await assert.rejects(connectWebSocket(new WebSocket(address), { signal: AbortSignal.abort(reason) }), reason);
  const later = new AbortController();
  const connecting = connectWebSocket(new WebSocket(address), { signal: later.signal });
  later.abort(reason);
  await assert.rejects(connecting, reason);
  end(server, http);
  await once(http, "close");
  await assert.rejects(connectWebSocket(new WebSocket(address)), { code: "GW_ERR_SOCKET" });
});

/** A WebSocket that a test moves. */
class FakeSocket implements WebSocketLike {
  binaryType = "blob";
  readyState = 1;
  bufferedAmount = 0;
  sent = "";
  closes: (number | undefined)[] = [];
  private readonly listeners = new Map<string, (event: WebSocketEvent) => void>();

  addEventListener(type: string, listener: (event: WebSocketEvent) => void): void {
    this.listeners.set(type, listener);
  }

  send(bytes: Uint8Array): void {
    this.sent += Buffer.from(bytes).toString("latin1");
    this.bufferedAmount += bytes.length;
  }

  close(code?: number): void {
    this.closes.push(code);
  }

  tell(type: string, event: Partial<WebSocketEvent> = {}): void {
    if (type === "close") this.readyState = 3;
    this.listeners.get(type)?.({ type, ...event });
  }
}

function fake(): {
  socket: FakeSocket;
  notes: Notes;
  clock: ReturnType<typeof fakeClock>;
  transport: ReturnType<typeof websocket>;
} {
  const socket = new FakeSocket();
  const clock = fakeClock();
  const notes = new Notes();
  const transport = websocket(socket, { clock });
  transport.start(notes);
  return { socket, clock, notes, transport };
}

test("a writer waits while much is under way, as a browser's bufferedAmount tells", async () => {
  const { socket, clock, notes, transport } = fake();
  assert.equal(socket.binaryType, "arraybuffer");
  await ticks();
  assert.equal(transport.write(Buffer.alloc(65_535)), true);
  assert.equal(transport.write(Buffer.alloc(1)), false);
  assert.equal(transport.write(Buffer.alloc(1)), false);
  clock.pass(10);
  assert.deepEqual(notes.events, []);
  socket.bufferedAmount = 65_535;
  clock.pass(10);
  assert.deepEqual(notes.events, ["drained"], "once");
  clock.pass(1000);
  assert.deepEqual(notes.events, ["drained"]);
  assert.equal(clock.pending, 0);
  void transport.close();
  socket.tell("close", { code: 1005 });
});

test("a peer that cannot be held back is kept, in order, up to a bound", async () => {
  const { socket, notes, transport } = fake();
  await ticks();
  transport.pause();
  socket.tell("message", { data: "one" });
  socket.tell("message", { data: new TextEncoder().encode("two") });
  assert.equal(notes.bytes, "");
  notes.onEvent = () => transport.pause();
  transport.resume();
  assert.equal(notes.bytes, "one", "paused again");
  notes.onEvent = () => {};
  transport.resume();
  assert.equal(notes.bytes, "onetwo");
  transport.pause();
  const large = new ArrayBuffer(2 ** 26);
  for (let n = 0; n < 2; n++) socket.tell("message", { data: large });
  assert.deepEqual(socket.closes, []);
  socket.tell("message", { data: "x" });
  assert.deepEqual(socket.closes, [1000]);
  socket.tell("close", { code: 1000 });
  assert.equal(notes.error?.message, "the peer sends more than is read");
  assert.equal(notes.events.at(-1), "closed");
});

test("a pause right after the start holds, also on a later link of reconnecting", async () => {
  const { socket, notes, transport } = fake();
  transport.pause();
  await ticks();
  socket.tell("message", { data: "one" });
  assert.equal(notes.bytes, "");
  transport.resume();
  assert.equal(notes.bytes, "one");

  const sockets: FakeSocket[] = [];
  const heard = new Notes();
  const open = async (): Promise<ReturnType<typeof websocket>> => {
    sockets.push(new FakeSocket());
    return websocket(sockets.at(-1) ?? assert.fail());
  };
  const lasting = reconnecting(open, { minMs: 1, maxMs: 1 });
  lasting.start(heard);
  await heard.until(() => heard.events.at(-1) === "reopened");
  lasting.pause();
  sockets[0]?.tell("close", { code: 1006 });
  await heard.until(() => sockets.length === 2 && heard.events.at(-1) === "reopened");
  await moment();
  sockets[1]?.tell("message", { data: "two" });
  assert.equal(heard.bytes, "");
  lasting.resume();
  assert.equal(heard.bytes, "two");
  const closing = lasting.close();
  await ticks();
  sockets[1]?.tell("close", { code: 1000 });
  await closing;
});

test("a peer's last words come before its end, also to a receiver that was paused", async () => {
  const { socket, notes, transport } = fake();
  await ticks();
  transport.pause();
  socket.tell("message", { data: "last " });
  socket.tell("message", { data: "words" });
  socket.tell("close", { code: 1006 });
  assert.deepEqual(notes.events, []);
  assert.equal(transport.write(Buffer.from("x")), true);
  notes.onEvent = () => transport.pause();
  transport.resume();
  assert.deepEqual(notes.events, ["data"]);
  transport.resume();
  assert.deepEqual(notes.events, ["data", "data", "closed"]);
  assert.equal(notes.bytes, "last words");
  assert.match(notes.error?.message ?? "", /connection broke/);
  transport.resume();
  await transport.close();
  assert.equal(notes.events.length, 3, "nothing follows");
});

test("an end that waits for a receiver which is paused is told when that waits to write, or closes", async () => {
  for (const waits of [true, false]) {
    const { socket, clock, notes, transport } = fake();
    await ticks();
    transport.pause();
    if (waits) transport.write(Buffer.alloc(100_000));
    socket.tell("message", { data: "words" });
    notes.onEvent = (event) => {
      if (event === "drained") transport.resume();
    };
    socket.tell("close", { code: 1000 });
    if (!waits) await transport.close();
    assert.deepEqual(notes.events, waits ? ["drained", "data", "closed"] : ["closed"]);
    await transport.close();
    assert.equal(notes.events.at(-1), "closed");
    clock.pass(1000);
    assert.equal(clock.pending, 0);
  }
});

test("a receiver that throws ends it, with that error, and hears no more", async () => {
  for (const event of ["data", "drained"]) {
    const { socket, clock, notes, transport } = fake();
    await ticks();
    notes.onEvent = (heard) => {
      if (heard === event) throw new Error("a mistake");
    };
    if (event === "data") socket.tell("message", { data: "x" });
    else {
      transport.write(Buffer.alloc(100_000));
      socket.bufferedAmount = 0;
      clock.pass(10);
    }
    assert.deepEqual(socket.closes, [1000]);
    socket.tell("message", { data: "y" });
    socket.tell("close", { code: 1000 });
    assert.deepEqual(notes.events, [event, "closed"]);
    assert.equal(notes.error?.message, "a mistake");
    await transport.close();
    assert.equal(clock.pending, 0);
  }
});

test("a message of another kind ends it", async () => {
  const { socket, notes } = fake();
  await ticks();
  socket.tell("message", { data: { size: 3 } });
  socket.tell("close", { code: 1000 });
  assert.equal(notes.error?.message, "the peer sent what is neither bytes nor text");
});

test("close waits as long as bytes leave, and no longer", async () => {
  const { socket, clock, notes, transport } = fake();
  await ticks();
  transport.write(Buffer.alloc(3000));
  let isClosed = false;
  void transport.close().then(() => (isClosed = true));
  for (const left of [2000, 1000, 0]) {
    socket.bufferedAmount = left;
    clock.pass(1000);
    await ticks();
    assert.equal(isClosed, false);
  }
  clock.pass(1000);
  await ticks();
  assert.ok(isClosed);
  assert.deepEqual(notes.events, ["closed"]);
  socket.tell("close", { code: 1006 });
  assert.deepEqual(notes.events, ["closed"], "once");
  assert.equal(clock.pending, 0);
});

test("close waits no longer than that for one that does not open", async () => {
  for (const opens of [false, true]) {
    const { socket, clock, notes, transport } = fake();
    socket.readyState = 0;
    await ticks();
    transport.write(Buffer.from("x"));
    let isClosed = false;
    void transport.close().then(() => (isClosed = true));
    assert.deepEqual(socket.closes, []);
    if (opens) {
      socket.readyState = 1;
      socket.tell("open");
      assert.equal(socket.sent, "x");
    } else clock.pass(1000);
    assert.deepEqual(socket.closes, [1000]);
    clock.pass(1000);
    await ticks();
    assert.ok(isClosed);
    assert.equal(notes.events.at(-1), "closed");
    assert.equal(clock.pending, 0);
  }
});

test("one that is closed by the time that it is handed in", async () => {
  const socket = new FakeSocket();
  socket.readyState = 3;
  const notes = new Notes();
  const transport = websocket(socket);
  transport.start(notes);
  assert.equal(transport.write(Buffer.from("x")), true);
  await notes.until(() => notes.events.length > 0);
  assert.deepEqual(notes.events, ["closed"]);
  assert.equal(socket.sent, "");
  await transport.close();
});

test("an agent answers over any WebSocket", async () => {
  const socket = new FakeSocket();
  const agent = createAgent();
  agent.serve(websocket(socket));
  await ticks();
  socket.tell("message", { data: PING });
  assert.equal(socket.sent, PONG);
  const closing = agent.close();
  await ticks();
  socket.tell("close", { code: 1000 });
  await closing;
});

test("an address needs a runtime with WebSockets, and must be one", () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "WebSocket");
  const put = (value: unknown): void =>
    void Object.defineProperty(globalThis, "WebSocket", { value, configurable: true });
  try {
    put(undefined);
    assert.throws(() => websocket("ws://127.0.0.1:1"), { code: "GW_ERR_UNSUPPORTED" });
    put(WebSocket);
    assert.throws(() => websocket("nowhere"), { code: "GW_ERR_SOCKET", message: /^nowhere cannot be connected to: / });
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, "WebSocket");
    else Object.defineProperty(globalThis, "WebSocket", before);
  }
});
