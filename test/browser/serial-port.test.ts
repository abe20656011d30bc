// The emulated serial port behaves as one, in the browser's own API.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { moment } from "../hosts/rig.ts";
import { ALL_BYTES, numbers, takeFarEnd } from "./far-end.ts";
import { USB, skipBrowser } from "./serial-port.ts";
import { Stage, call } from "./stage.ts";

describe("the serial port of the tests", { skip: skipBrowser, timeout: 240_000 }, () => {
  const stage = Stage.forTests();

  test("it carries all byte values both ways, and nothing is lost on closing", async (t) => {
    const far = await takeFarEnd(t, stage.port);
    const page = await stage.open(t, "raw");
    assert.deepEqual(await call(page, "ports"), [USB]);
    await call(page, "open");
    await call(page, "write", numbers(ALL_BYTES));
    assert.equal(await far.until("\xfe\xff"), ALL_BYTES);
    void far.send(ALL_BYTES);
    assert.deepEqual(await call(page, "read", 256), numbers(ALL_BYTES));
    const much = `${"0123456789".repeat(10_000)}.`;
    const closed = call(page, "write", numbers(much)).then(() => call(page, "close"));
    assert.equal(await far.until("."), much);
    await closed;
  });

  test("what comes while it is closed is lost", async (t) => {
    const far = await takeFarEnd(t, stage.port);
    const page = await stage.open(t, "raw");
    await call(page, "open");
    await call(page, "close");
    while (await stage.port.isOpen()) await moment();
    void far.send("lost");
    assert.equal(await stage.port.isOpen(), false);
    await call(page, "open");
    await call(page, "write", numbers("."));
    await far.until(".");
    void far.send("kept");
    assert.deepEqual(await call(page, "read", 4), numbers("kept"));
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
    await call(page, "write", numbers("back"));
    await far.until("back");
  });
});
