// The emulated serial port behaves as one, in the browser's own API.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { moment } from "../hosts/rig.ts";
import { take, takeFarEnd } from "./far-end.ts";
import { USB, skipBrowser } from "./serial-port.ts";
import { Stage, call } from "./stage.ts";

const ALL_BYTES = Array.from({ length: 256 }, (_, byte) => byte);

describe("the serial port of the tests", { skip: skipBrowser }, () => {
  const stage = Stage.forTests();

  test("it carries all byte values both ways, and nothing is lost on closing", async (t) => {
    const far = await takeFarEnd(t, stage.port);
    const page = await stage.open(t, "raw");
    assert.deepEqual(await call(page, "ports"), [USB]);
    await call(page, "open");
    await call(page, "write", ALL_BYTES);
    assert.deepEqual([...(await take(far, 256))], ALL_BYTES);
    far.write(Uint8Array.from(ALL_BYTES));
    assert.deepEqual(await call(page, "read", 256), ALL_BYTES);
    const much = Array.from({ length: 100_000 }, (_, index) => index % 251);
    const closed = call(page, "write", much).then(() => call(page, "close"));
    assert.deepEqual([...(await take(far, much.length))], much);
    await closed;
  });

  test("what comes while it is closed is lost", async (t) => {
    const far = await takeFarEnd(t, stage.port);
    const page = await stage.open(t, "raw");
    await call(page, "open");
    await call(page, "close");
    while (await stage.port.isOpen()) await moment();
    far.write("lost");
    assert.equal(await stage.port.isOpen(), false);
    await call(page, "open");
    await call(page, "write", [1]);
    assert.equal((await take(far, 1))[0], 1);
    far.write("kept");
    assert.deepEqual(await call(page, "read", 4), [...Buffer.from("kept")]);
  });

  test("one tab has it at a time", async (t) => {
    const context = await stage.context(t);
    const pages = [await stage.open(t, "raw", context), await stage.open(t, "raw", context)] as const;
    await call(pages[0], "open");
    await assert.rejects(call(pages[1], "open"), /NetworkError/);
    await call(pages[0], "close");
    await call(pages[1], "open");
  });

  test("unplugged, plugged in, hung up", async (t) => {
    const far = await takeFarEnd(t, stage.port);
    const page = await stage.open(t, "raw");
    await call(page, "open");
    let lost = assert.rejects(call(page, "read", 1), /NetworkError: The device has been lost/);
    await stage.port.unplug();
    await lost;
    assert.equal(await call(page, "event"), "disconnect");
    assert.deepEqual(await call(page, "ports"), []);
    await call(page, "letGo");

    await stage.port.plug();
    assert.equal(await call(page, "event"), "connect");
    await call(page, "open");
    lost = assert.rejects(call(page, "read", 1), /NetworkError: The device has been lost/);
    await stage.port.hangUp();
    await lost;
    assert.deepEqual(await call(page, "ports"), [USB]);
    await call(page, "letGo");

    await call(page, "open");
    await call(page, "write", [7]);
    assert.equal((await take(far, 1))[0], 7);
  });
});
