// What the browser refuses, in words for people: asking for a port, and opening it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GuestwireError, openWebSerial, requestPort } from "guestwire/webserial";
import { FakeSerial } from "./fake-serial.ts";
import { Rig, turns } from "./rig.ts";

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof GuestwireError, String(error));
  return `${error.code} ${error.message}`;
}

/** Runs with something of the browser's put into the global scope. */
async function within(scope: Record<string, unknown>, run: () => Promise<void>): Promise<void> {
  const before = Object.keys(scope).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  for (const [name, value] of Object.entries(scope)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  try {
    await run();
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    }
  }
}

test("the port that the person chose, among those that the filters leave", async () => {
  const rig = new Rig();
  rig.serial.chooser = async () => rig.port;
  assert.equal(await requestPort([{ usbVendorId: 0x1234 }], rig.serial), rig.port);
  assert.deepEqual(rig.serial.asked, { filters: [{ usbVendorId: 0x1234 }] });
  await within({ navigator: { serial: rig.serial } }, async () => {
    assert.equal(await requestPort(), rig.port);
    assert.deepEqual(rig.serial.asked, { filters: [] });
  });
});

test("each way in which asking for a port fails has a code and a sentence", async () => {
  const failing = async (error: unknown): Promise<string> => {
    const serial = new FakeSerial();
    serial.chooser = () => Promise.reject(error as Error);
    return refusal(requestPort(undefined, serial));
  };
  assert.equal(
    await failing(new DOMException("No port selected by the user.", "NotFoundError")),
    "GW_ERR_NOT_CHOSEN no port was chosen; ask again, and choose one",
  );
  assert.equal(
    await failing(new DOMException("Must be handling a user gesture.", "SecurityError")),
    'GW_ERR_FORBIDDEN the browser does not let this page ask for a port; ask when a button is clicked or a key is pressed, in a frame with allow="serial" (Must be handling a user gesture.)',
  );
  assert.equal(
    await failing(new TypeError("A filter must provide a property to filter by.")),
    "GW_ERR_LIMIT the filters are not as they must be (A filter must provide a property to filter by.)",
  );
  assert.equal(
    await failing(new DOMException("Document is not fully active.", "InvalidStateError")),
    "GW_ERR_DEVICE the browser could not ask for a port (Document is not fully active.)",
  );
  assert.equal(await failing("odd"), "GW_ERR_DEVICE the browser could not ask for a port (odd)");
});

test("a browser without Web Serial, a page that is not secure, a worker", async () => {
  await within({ navigator: {}, isSecureContext: true }, async () => {
    assert.match(await refusal(requestPort()), /^GW_ERR_UNSUPPORTED this browser has no Web Serial; use Chrome/);
  });
  await within({ navigator: {}, isSecureContext: false }, async () => {
    assert.match(await refusal(requestPort()), /^GW_ERR_INSECURE browsers give .* by https or from localhost$/);
  });
  const serial = new FakeSerial();
  const inWorker = new Proxy(serial, {
    get: (target, key): unknown => (key === "requestPort" ? undefined : Reflect.get(target, key)),
  });
  assert.match(await refusal(requestPort([], inWorker)), /^GW_ERR_UNSUPPORTED a worker cannot ask for a port;/);
});

test("a chooser that is never answered is nobody's burden", async () => {
  const rig = await new Rig().start();
  rig.serial.chooser = () => new Promise(() => {});
  void requestPort([], rig.serial);
  await rig.until(rig.transport.close());
  rig.isClean();
});

test("each way in which opening fails has a code and a sentence, and leaves nothing behind", async () => {
  const failing = async (prepare: (rig: Rig) => unknown, options = {}): Promise<string> => {
    const rig = new Rig();
    await prepare(rig);
    const said = await refusal(rig.open(options));
    assert.equal(rig.told(), "opening closed");
    assert.equal(`${(rig.errors[0] as GuestwireError).code} ${rig.errors[0]?.message}`, said);
    assert.equal(rig.serial.listening + rig.port.listening + rig.clock.pending, 0);
    return said;
  };
  const rejecting = (error: unknown) => (rig: Rig) => void (rig.port.opens = () => Promise.reject(error as Error));
  assert.match(
    await failing((rig) => void (rig.line.holder = "another tab")),
    /^GW_ERR_DEVICE the port cannot be opened; close the other tab or program that has it/,
  );
  assert.match(await failing((rig) => rig.unplug()), /^GW_ERR_DEVICE the device is gone; plug it in$/);
  assert.match(
    await failing((rig) => rig.port.open({ baudRate: 9600 })),
    /^GW_ERR_DEVICE this page has the port open already, or .* \(The port is already open\.\)$/,
  );
  assert.match(await failing(() => {}, { baudRate: 0 }), /^GW_ERR_LIMIT the port does not take these options \(/);
  assert.match(await failing(() => {}, { dataBits: 9 }), /^GW_ERR_LIMIT /);
  assert.match(await failing(rejecting(new DOMException("no", "SecurityError"))), /^GW_ERR_FORBIDDEN /);
  // A polyfill may throw at once.
  const throwing = (): never => {
    throw new TypeError("bad");
  };
  assert.match(await failing((rig) => void (rig.port.open = throwing)), /^GW_ERR_LIMIT .* \(bad\)$/);
  assert.match(
    await failing(rejecting(new DOMException("why", "UnknownError"))),
    /^GW_ERR_DEVICE the port cannot be opened \(why\)$/,
  );
});

test("a device that goes as soon as it is open", async () => {
  const rig = new Rig();
  rig.port.opens = async () => void setImmediate(() => {});
  const { open } = rig.port;
  rig.port.open = async (options) => {
    await open.call(rig.port, options);
    rig.port.break();
  };
  assert.match(await refusal(rig.until(rig.open())), /^GW_ERR_DEVICE the port was lost/);
  rig.isClean();
});

test("waits that are out of range are refused before anything is opened", async () => {
  const rig = new Rig();
  await assert.rejects(openWebSerial(rig.port, { minMs: 0, serial: rig.serial }), { code: "GW_ERR_LIMIT" });
  await assert.rejects(openWebSerial(rig.port, { minMs: 200, maxMs: 100, serial: rig.serial }), {
    code: "GW_ERR_LIMIT",
  });
  assert.deepEqual(rig.port.calls, []);
  assert.equal(rig.serial.listening, 0);
  await rig.open({ minMs: 2000 });
  await rig.until(rig.transport.close());
});

test("opening that never ends is given up by a signal, or when the device goes; the port is closed should it be opened", async () => {
  for (const goes of [false, true]) {
    const rig = new Rig();
    let ready = (): void => {};
    rig.port.opens = () => new Promise((resolve) => (ready = resolve));
    const controller = new AbortController();
    const opening = rig.open({ signal: controller.signal });
    opening.catch(() => {});
    await turns();
    const reason = new Error("enough");
    if (goes) rig.unplug();
    else controller.abort(reason);
    if (goes) await assert.rejects(opening, { code: "GW_ERR_DEVICE", message: "the device is gone; plug it in again" });
    else await assert.rejects(opening, reason);
    assert.equal(rig.told(), "opening closed");
    assert.equal(rig.port.state, "opening");
    ready();
    await turns();
    rig.isClean();
  }
  const rig = new Rig();
  const reason = new Error("enough");
  await assert.rejects(rig.open({ signal: AbortSignal.abort(reason) }), reason);
  assert.deepEqual(rig.port.calls, []);
});

test("a port of a polyfill's needs no navigator.serial", async () => {
  const rig = new Rig();
  const transport = await openWebSerial(rig.port, { clock: rig.clock });
  transport.start(rig.notes);
  await rig.pass(0);
  rig.port.break();
  await rig.pass(200);
  assert.match(rig.heard(), /lost reopened$/);
  await rig.until(transport.close());
  rig.isClean();
});
