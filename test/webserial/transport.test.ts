// The life of a port as a transport, path by path, on ports that keep the Web Serial contract.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GuestwireError, openWebSerial } from "guestwire/webserial";
import { FakeLine, FakePort } from "./fake-serial.ts";
import { Rig, turns } from "./rig.ts";

/** Every value that a byte has. */
const ALL = String.fromCharCode(...Array.from({ length: 256 }, (_, value) => value));

test("bytes go both ways, all 256 values, and a copy is what goes", async () => {
  const rig = await new Rig().start();
  const bytes = Buffer.from(ALL, "latin1");
  assert.equal(rig.transport.write(bytes), true);
  bytes.fill(0x5a);
  rig.line.far.send(ALL);
  rig.line.far.send("more");
  await turns();
  assert.equal(rig.line.far.take(), ALL);
  assert.equal(rig.bytes(), `${ALL}more`);
  await rig.until(rig.transport.close());
  rig.isClean();
});

test("the port is opened with a large buffer and with what the options say", async () => {
  const rig = await new Rig().start({ baudRate: 9600, parity: "even", flowControl: "hardware" });
  const set = { baudRate: 9600, bufferSize: 65_536, parity: "even", flowControl: "hardware" };
  assert.deepEqual(JSON.parse(JSON.stringify(rig.port.options)), set);
  await rig.until(rig.transport.close());
  const plain = await new Rig().start();
  assert.equal(plain.port.options.baudRate, 115_200);
  await plain.until(plain.transport.close());
});

for (const counts of ["writes", "bytes"] as const) {
  test(`a writer is told to wait when the buffer is full, and when it need not any more; the stream counts ${counts}`, async () => {
    const rig = new Rig();
    rig.port.counts = counts;
    await rig.start({ bufferSize: 100 });
    rig.line.isStalled = true;
    const piece = "0123456789".repeat(4);
    const taken = [1, 2, 3].map(() => rig.write(piece));
    assert.deepEqual(taken, [true, true, false], "120 bytes are on their way");
    await turns();
    assert.equal(rig.heard(), "drained", "the browser has them");
    for (let more = 0; more < 3; more++) rig.write(piece);
    await turns();
    assert.equal(rig.heard(), "", "its buffer is full");
    rig.line.release();
    await turns();
    assert.equal(rig.heard(), "drained");
    assert.equal(rig.line.far.take(), piece.repeat(6));
    await rig.until(rig.transport.close());
    rig.isClean();
  });
}

test("a receiver that pauses leaves bytes to the port", async () => {
  const rig = await new Rig().start();
  rig.transport.pause();
  for (let n = 0; n < 5; n++) rig.line.far.send(`${n}`);
  await turns();
  assert.equal(rig.bytes(), "0", "what was being read");
  assert.equal(rig.line.incoming.length, 4);
  rig.transport.resume();
  await turns();
  assert.equal(rig.bytes(), "1234");
  rig.transport.pause();
  rig.line.far.send("5");
  await turns();
  assert.equal(rig.bytes(), "5");
  rig.transport.resume();
  rig.transport.pause();
  rig.line.far.send("6");
  await turns();
  assert.equal(rig.bytes(), "", "paused again at once");
  await rig.until(rig.transport.close());
  rig.isClean();
});

test("a device that is unplugged comes back as a new port object", async () => {
  const rig = await new Rig().start();
  for (let life = 1; life <= 3; life++) {
    rig.unplug();
    await turns();
    assert.equal(rig.told(), "lost");
    assert.equal(rig.heard(), "lost");
    assert.equal(rig.notes.error?.message, "the device is gone; plug it in again");
    assert.equal((rig.notes.error as GuestwireError).code, "GW_ERR_DEVICE");
    assert.equal(rig.transport.state, "lost");
    assert.equal(rig.write("dropped"), true);
    await rig.pass(60_000);
    assert.equal(rig.told() + rig.heard(), "", "it waits for the device");
    assert.equal(rig.clock.pending, 0);
    rig.plug();
    await turns();
    assert.equal(rig.told(), "reopening open");
    assert.equal(rig.heard(), "reopened");
    assert.equal(rig.transport.port, rig.port);
    rig.line.far.send(`life ${life}`);
    rig.write("answer");
    await turns();
    assert.equal(rig.bytes(), `life ${life}`);
    assert.equal(rig.line.far.take(), "answer");
    rig.heard();
  }
  await rig.until(rig.transport.close());
  assert.equal(rig.told(), "closed");
  rig.isClean();
});

test("a device that comes back as the same port object", async () => {
  const rig = await new Rig().start();
  rig.unplug();
  await rig.pass(60_000);
  rig.serial.plug(rig.line, rig.port);
  await turns();
  assert.equal(rig.told(), "lost reopening open");
  await rig.until(rig.transport.close());
  rig.isClean();
});

test("a device that is back before anyone looks is found among the ports", async () => {
  const rig = await new Rig().start();
  rig.unplug();
  rig.plug();
  await turns();
  assert.equal(rig.told(), "lost");
  await rig.pass(100);
  assert.equal(rig.told(), "reopening open");
  assert.equal(rig.transport.port, rig.port);
  await rig.until(rig.transport.close());
  rig.isClean();
});

test("a device that the list has before its event is told is found", async () => {
  const rig = await new Rig().start();
  const port = new FakePort(rig.line);
  port.connected = true;
  rig.serial.ports.push(port);
  rig.unplug();
  await turns();
  assert.equal(rig.told(), "lost");
  rig.serial.plug(rig.line, port);
  await rig.pass(100);
  assert.equal(rig.told(), "reopening open");
  assert.equal(rig.transport.port, port);
  await rig.until(rig.transport.close());
});

test("a browser that does not say whether a port is connected is asked for its list", async () => {
  const rig = new Rig();
  for (let life = 0; life < 2; life++) {
    const { port } = rig;
    // It looks so from outside; the list still knows.
    const quiet = (it: FakePort): FakePort =>
      new Proxy(it, {
        get: (target, key) => {
          if (key === "connected") return undefined;
          const value: unknown = Reflect.get(target, key);
          return typeof value === "function" ? (value.bind(target) as unknown) : value;
        },
      });
    if (life === 0) {
      const shown = quiet(port);
      rig.serial.getPorts = async () =>
        rig.serial.ports.filter((it) => it.connected).map((it) => (it === port ? shown : it));
      rig.port = shown;
      await rig.start();
      rig.port = port;
      rig.unplug();
      await rig.pass(60_000);
      assert.equal(rig.told(), "lost");
    } else {
      rig.plug();
      await turns();
      assert.equal(rig.told(), "reopening open");
    }
  }
  await rig.until(rig.transport.close());
});

test("another device of the same make is not taken for it", async () => {
  const rig = new Rig();
  const before = new FakeLine(rig.clock);
  rig.serial.plug(before);
  await rig.start();
  const meanwhile = new FakeLine(rig.clock);
  rig.serial.plug(meanwhile);
  rig.unplug();
  await rig.pass(60_000);
  rig.serial.plug(new FakeLine(rig.clock, { usbVendorId: 0x1234, usbProductId: 2 }));
  rig.serial.plug(new FakeLine(rig.clock, {}));
  await rig.pass(60_000);
  assert.equal(rig.told(), "lost");
  rig.plug();
  await turns();
  assert.equal(rig.told(), "reopening open");
  assert.deepEqual([before.holder, meanwhile.holder], [undefined, undefined]);
  await rig.until(rig.transport.close());
});

test("nor is one whose permission came while it was open, of which no event tells", async () => {
  const rig = await new Rig().start();
  const line = new FakeLine(rig.clock);
  const other = new FakePort(line);
  other.connected = true;
  rig.serial.ports.push(other);
  rig.unplug();
  await rig.pass(60_000);
  // Some devices come back as the object that they were.
  rig.serial.unplug(other);
  rig.serial.plug(line, other);
  await rig.pass(60_000);
  assert.equal(rig.told(), "lost");
  assert.equal(line.holder, undefined);
  rig.plug();
  await turns();
  assert.equal(rig.told(), "reopening open");
  assert.equal(rig.transport.port, rig.port);
  await rig.until(rig.transport.close());
  assert.equal(line.holder, undefined);
});

test("nor is one whose permission came while it was lost", async () => {
  const rig = await new Rig().start();
  rig.unplug();
  const line = new FakeLine(rig.clock);
  const other = new FakePort(line);
  other.connected = true;
  await turns();
  rig.serial.ports.push(other);
  await rig.pass(60_000);
  assert.equal(rig.told(), "lost");
  rig.plug();
  await turns();
  assert.equal(rig.told(), "reopening open");
  assert.equal(rig.transport.port, rig.port);
  await rig.until(rig.transport.close());
  rig.serial.ports.splice(rig.serial.ports.indexOf(other), 1);
  rig.isClean();
});

test("a far end that hangs up: the same object is closed and opened again, at growing intervals", async () => {
  const rig = await new Rig().start({ random: () => 0.999_999 });
  rig.port.break();
  await turns();
  assert.equal(rig.heard(), "lost");
  assert.match(rig.notes.error?.message ?? "", /^the port was lost: .*hung up \(The device has been lost\.\)$/);
  rig.port.opens = () => Promise.reject(new DOMException("Failed to open serial port.", "NetworkError"));
  for (const ms of [200, 400, 800, 1000, 1000]) {
    await rig.pass(ms - 1);
    assert.equal(rig.told().replace(/^lost$/, ""), "");
    await rig.pass(1);
    assert.equal(rig.told(), "reopening lost");
  }
  assert.match(
    rig.records.at(-1) ?? "",
    /^info the channel cannot be opened \(the port cannot be opened; close the other tab/,
  );
  rig.port.opens = () => Promise.resolve();
  await rig.pass(1000);
  assert.equal(rig.told(), "reopening open");
  assert.equal(rig.transport.port, rig.port);
  await rig.until(rig.transport.close());
  rig.isClean();
});

test("unplugged again while it is being opened again", async () => {
  const rig = await new Rig().start();
  rig.port.break();
  let fail = (): void => {};
  rig.port.opens = () => new Promise((_, reject) => (fail = () => reject(new DOMException("gone", "NetworkError"))));
  await rig.pass(100);
  assert.equal(rig.told(), "lost reopening");
  const { port } = rig;
  rig.unplug();
  // The new object is there before the old one's opening fails.
  rig.plug();
  fail();
  await rig.pass(200);
  assert.equal(rig.told(), "lost reopening open");
  assert.notEqual(rig.transport.port, port);
  await rig.until(rig.transport.close());
  rig.isClean();
});

test("it is back as a new object while the old one, which is gone again, is being opened", async () => {
  const rig = await new Rig().start();
  const old = rig.port;
  rig.unplug();
  await turns();
  rig.serial.plug(rig.line, old);
  rig.plug();
  rig.serial.unplug(old);
  await rig.pass(1000);
  await rig.pass(1000);
  assert.match(rig.told(), /reopening open$/);
  assert.equal(rig.transport.port, rig.port);
  await rig.until(rig.transport.close());
  rig.isClean();
});

test("unplugged before the start, and while nobody reads", async () => {
  const early = await new Rig().open();
  early.unplug();
  await turns();
  assert.equal(early.transport.state, "lost");
  assert.equal(early.told(), "opening open lost");
  assert.equal(early.errors[0]?.message, "the device is gone; plug it in again");
  early.transport.start(early.notes);
  await turns();
  assert.equal(early.heard(), "lost lost", "what is gone was not there again");
  assert.equal(early.notes.error?.message, "the device is gone; plug it in again");
  early.plug();
  await early.pass(100);
  assert.equal(early.heard(), "reopened");
  assert.equal(early.told(), "reopening open");
  await early.until(early.transport.close());
  early.isClean();

  const paused = await new Rig().start();
  paused.line.far.send("x");
  paused.transport.pause();
  await turns();
  paused.unplug();
  await turns();
  assert.equal(paused.heard(), "data lost");
  paused.plug();
  await paused.pass(100);
  paused.line.far.send("0");
  paused.line.far.send("1");
  await turns();
  paused.transport.resume();
  await turns();
  assert.equal(paused.bytes(), "x01");
  await paused.until(paused.transport.close());
});

test("who waits to write when the device goes is told to go on", async () => {
  const rig = await new Rig().start({ bufferSize: 10 });
  rig.line.isStalled = true;
  for (let n = 0; n < 3; n++) rig.write("0123456789");
  await turns();
  rig.heard();
  rig.unplug();
  await turns();
  assert.equal(rig.heard(), "lost drained");
  await rig.until(rig.transport.close());
  rig.isClean();
});

test("writes after the loss may resolve once or twice before one rejects", async () => {
  for (const more of [0, 1, 2]) {
    const rig = new Rig();
    rig.port.writesAfterLoss = more;
    await rig.start();
    // Only the stream knows, and nobody reads.
    rig.line.far.send("x");
    rig.transport.pause();
    await turns();
    rig.port.break();
    rig.heard();
    for (let n = 0; n < more; n++) {
      assert.equal(rig.write("into the void"), true);
      await turns();
      assert.equal(rig.heard(), "");
    }
    rig.write("the one that tells");
    await turns();
    assert.match(rig.heard(), /^lost/);
    await rig.pass(100);
    assert.equal(rig.told(), "lost reopening open");
    await rig.until(rig.transport.close());
    rig.isClean();
  }
});

test("break, framing, parity and overrun errors are told, and the port goes on", async () => {
  const rig = await new Rig().start();
  for (const name of ["BreakError", "FramingError", "ParityError", "BufferOverrunError"]) {
    rig.line.far.send("before");
    await turns();
    rig.port.readError(name);
    await turns();
    rig.line.far.send("after");
    await turns();
    assert.equal(rig.bytes(), "beforeafter", name);
    assert.equal(rig.told(), "error");
    const [error] = rig.errors.splice(0);
    assert.ok(error instanceof GuestwireError && error.code === "GW_ERR_DEVICE");
    assert.equal((error.cause as DOMException).name, name);
    assert.equal(rig.records.splice(0).join(), `warning ${error.message}`);
    assert.equal(rig.transport.state, "open");
  }
  assert.equal(rig.heard(), "data data ".repeat(4).trim());
  // One after the other, without a byte between them, and while nobody reads.
  rig.transport.pause();
  rig.line.far.send("x");
  await turns();
  for (let n = 0; n < 3; n++) rig.port.readError("FramingError");
  rig.transport.resume();
  await turns();
  rig.line.far.send("y");
  await turns();
  assert.equal(rig.bytes(), "xy");
  await rig.until(rig.transport.close());
  rig.isClean();
});

test("any other read error is a loss, and so is one of the former when the device is gone", async () => {
  const rig = await new Rig().start();
  rig.port.readError("UnknownError");
  await rig.pass(100);
  assert.equal(rig.told(), "lost reopening open");
  rig.port.readError("BreakError");
  rig.port.break();
  await rig.pass(100);
  assert.equal(rig.told(), "lost reopening open");
  assert.equal(rig.transport.state, "open");
  await rig.until(rig.transport.close());
  rig.isClean();
});

test("somebody else who closes the streams' source is a loss as well", async () => {
  const rig = await new Rig().start();
  const reader = Reflect.get(Reflect.get(rig.transport, "channel") as object, "reader") as { cancel(): Promise<void> };
  await reader.cancel();
  await rig.pass(100);
  assert.equal(rig.told(), "lost reopening open");
  await rig.until(rig.transport.close());
});

test("it closes in order: the reader, the writer, the port", async () => {
  const rig = await new Rig().start();
  rig.write("last words");
  await rig.until(rig.transport.close());
  assert.deepEqual(rig.port.calls, ["open", "cancel", "close writer", "close"]);
  assert.equal(rig.heard(), "closed");
  assert.equal(rig.told(), "closed");
  assert.equal(rig.line.far.take(), "last words");
  assert.equal(rig.write("after it"), true);
  await rig.until(rig.transport.close());
  assert.equal(rig.line.far.take(), "");
  assert.equal(rig.heard() + rig.told(), "", "once");
  rig.isClean();
});

for (const isHonest of [true, false]) {
  test(`no byte is lost in closing, on a line that takes its time and ${isHonest ? "says" : "does not say"} so`, async () => {
    const rig = new Rig();
    rig.line.isHonest = isHonest;
    rig.line.msPerByte = 10_000 / 115_200;
    await rig.start();
    const words = "last words ".repeat(isHonest ? 100_000 : 1000);
    for (let at = 0; at < words.length; at += 4096) rig.write(words.slice(at, at + 4096));
    await rig.until(rig.transport.close());
    assert.equal(rig.line.far.take().length, words.length);
    assert.equal(rig.line.lost, 0);
    rig.isClean();
  });
}

test("closing a line that takes nothing ends, in the time that the line would need and some seconds", async () => {
  for (const bytes of [10, 1_000_000]) {
    const rig = await new Rig().start();
    rig.line.isStalled = true;
    for (let at = 0; at < bytes; at += 10_000) rig.write("x".repeat(Math.min(bytes, 10_000)));
    await turns();
    const from = rig.clock.now();
    await rig.until(rig.transport.close());
    const took = rig.clock.now() - from;
    assert.ok(took <= (bytes * 10_000) / 115_200 + 5000, `${took} ms`);
    rig.isClean();
  }
});

test("a second close does not wait for bytes to leave", async () => {
  for (const wait of [false, true]) {
    const rig = await new Rig().start();
    rig.line.isStalled = true;
    rig.write("x".repeat(100_000));
    await turns();
    const closing = rig.transport.close();
    if (wait) await turns();
    const hurried = rig.transport.close();
    await turns();
    await Promise.all([closing, hurried]);
    assert.equal(rig.clock.now(), 0);
    assert.equal(rig.heard(), "drained closed");
    rig.isClean();
  }
});

test("close in every state", async () => {
  const states: Record<string, (rig: Rig) => Promise<void> | void> = {
    "open, never started": () => {},
    "open, just started": (rig) => rig.transport.start(rig.notes),
    "the first channel is being handed on": async (rig) => {
      rig.transport.start(rig.notes);
      await Promise.resolve();
    },
    open: async (rig) => {
      rig.transport.start(rig.notes);
      await turns();
    },
    "just lost": async (rig) => {
      rig.transport.start(rig.notes);
      await turns();
      rig.unplug();
    },
    "lost, waiting for the device": async (rig) => {
      rig.transport.start(rig.notes);
      rig.unplug();
      await rig.pass(1000);
    },
    "lost, waiting for the next try": async (rig) => {
      rig.transport.start(rig.notes);
      await turns();
      rig.port.break();
      await turns();
    },
    "lost, asking for the ports": async (rig) => {
      rig.transport.start(rig.notes);
      rig.unplug();
      await turns();
      rig.serial.getPorts = () => new Promise(() => {});
      await rig.pass(1000);
    },
    "reopening, which succeeds": async (rig) => {
      let ready = (): void => {};
      rig.port.opens = () => new Promise((resolve) => (ready = resolve));
      rig.transport.start(rig.notes);
      await turns();
      rig.port.break();
      await rig.pass(100);
      assert.equal(rig.transport.state, "reopening");
      setImmediate(() => ready());
    },
    "reopening, which fails": async (rig) => {
      let refuse = (): void => {};
      rig.port.opens = () => new Promise((_, reject) => (refuse = () => reject(new DOMException("", "NetworkError"))));
      rig.transport.start(rig.notes);
      await turns();
      rig.port.break();
      await rig.pass(100);
      setImmediate(() => refuse());
    },
    "closing while the device goes": async (rig) => {
      rig.transport.start(rig.notes);
      await turns();
      rig.line.isStalled = true;
      rig.write("x");
      void rig.transport.close();
      await turns();
      rig.unplug();
    },
  };
  for (const [state, reach] of Object.entries(states)) {
    const rig = await new Rig().open();
    await reach(rig);
    await rig.until(rig.transport.close());
    assert.equal(rig.transport.state, "closed", state);
    assert.equal(rig.told().split(" ").at(-1), "closed", state);
    await turns();
    assert.match(rig.heard(), state.endsWith("never started") ? /^$/ : /closed$/, state);
    await rig.pass(100_000);
    assert.equal(rig.heard() + rig.told(), "", state);
    rig.isClean();
  }
});

test("opening again never ends, and the device goes and comes back as a new object, or as the same", async () => {
  for (const isNew of [true, false]) {
    const rig = await new Rig().start();
    const old = rig.port;
    let ready = (): void => {};
    old.opens = () => new Promise((resolve) => (ready = resolve));
    old.break();
    await rig.pass(100);
    assert.equal(rig.told(), "lost reopening");
    rig.unplug();
    await turns();
    assert.equal(rig.told(), "lost");
    old.opens = () => Promise.resolve();
    if (isNew) rig.plug();
    else {
      ready();
      rig.serial.plug(rig.line, old);
    }
    await rig.pass(1000);
    assert.equal(rig.told(), "reopening open");
    assert.equal(rig.transport.port === old, !isNew);
    rig.line.far.send("x");
    await turns();
    assert.equal(rig.bytes(), "x");
    if (isNew) ready();
    await rig.until(rig.transport.close());
    rig.isClean();
  }
});

test("a receiver that throws loses the channel, and gets another one", async () => {
  for (const event of ["data", "drained"]) {
    const rig = await new Rig().start({ bufferSize: 1 });
    rig.notes.onEvent = (heard) => {
      if (heard === event) throw new Error("a mistake");
    };
    if (event === "data") rig.line.far.send("x");
    else rig.write("xx");
    await turns();
    assert.equal(rig.told(), "lost");
    assert.equal(rig.notes.error?.message, "a mistake");
    rig.notes.onEvent = () => {};
    await rig.pass(1000);
    assert.equal(rig.told(), "reopening open");
    rig.bytes();
    rig.line.far.send("y");
    await turns();
    assert.equal(rig.bytes(), "y");
    await rig.until(rig.transport.close());
    rig.isClean();
  }
});

test("close while opening again never ends: it does, and the port is closed should it be opened after all", async () => {
  const rig = await new Rig().start();
  let ready = (): void => {};
  rig.port.opens = () => new Promise((resolve) => (ready = resolve));
  rig.port.break();
  await rig.pass(100);
  await rig.until(rig.transport.close());
  assert.equal(rig.transport.state, "closed");
  ready();
  await rig.pass(10_000);
  rig.isClean();
});

test("a browser whose port hangs in closing holds nothing up", async () => {
  for (const step of ["cancel", "writer", "port"]) {
    const rig = await new Rig().start();
    const never = (): Promise<void> => new Promise(() => {});
    const channel = Reflect.get(rig.transport, "channel") as { reader: object; writer: object };
    if (step === "cancel") Object.assign(channel.reader, { cancel: never });
    if (step === "writer") Object.assign(channel.writer, { close: never, abort: never });
    if (step === "port") rig.port.close = never;
    await rig.until(rig.transport.close());
    assert.equal(rig.heard(), "closed");
    assert.ok(rig.clock.now() <= 5000);
    assert.equal(rig.clock.pending, 0);
  }
});

test("200 rounds of open, call and close, without a lost byte", async () => {
  const rig = new Rig();
  for (let round = 0; round < 200; round++) {
    const transport = await openWebSerial(rig.port, { clock: rig.clock, serial: rig.serial });
    transport.start(rig.notes);
    await turns();
    transport.write(Buffer.from(`ask ${round}`));
    await turns();
    assert.equal(rig.line.far.take(), `ask ${round}`);
    rig.line.far.send(`answer ${round}`);
    await turns();
    assert.equal(rig.bytes(), `answer ${round}`);
    await rig.until(transport.close());
    rig.isClean();
  }
  assert.equal(rig.line.lost, 0);
});

test("an observer is told until it ends that, and one that throws harms nobody", async () => {
  const rig = await new Rig().start();
  const told: string[] = [];
  const end = rig.transport.observe((event) => {
    told.push(event.type === "state" ? event.state : event.type);
    throw new Error("an observer's own mistake");
  });
  rig.unplug();
  await turns();
  end();
  rig.plug();
  await rig.pass(100);
  assert.deepEqual(told, ["lost"]);
  await rig.until(rig.transport.close());
  rig.isClean();
});
