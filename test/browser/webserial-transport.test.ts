// openWebSerial in a real browser: bytes, and what becomes of the port when the device, the tab or the other end goes.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { describe, test } from "node:test";
import type { Page } from "playwright-core";
import type { Client } from "../hosts/rig.ts";
import { ALL_BYTES, numbers, takeFarEnd } from "./far-end.ts";
import { skipBrowser } from "./serial-port.ts";
import { Stage, call, unplugged } from "./stage.ts";

const PLACES = ["guestwire", "in-worker"];

describe("a serial port as a transport", { skip: skipBrowser, timeout: 240_000 }, () => {
  const stage = Stage.forTests();

  /** All bytes pass both ways. What was under way when the device went may come first. */
  async function works(page: Page, far: Client): Promise<void> {
    await call(page, "send", numbers(`again${ALL_BYTES}`));
    assert.ok((await far.until("\xfe\xff")).endsWith(ALL_BYTES));
    void far.send(ALL_BYTES);
    assert.deepEqual(await call(page, "received", 256), numbers(ALL_BYTES));
  }

  for (const place of PLACES) {
    test(`${place}: all byte values both ways, opened, closed, opened again`, async (t) => {
      const far = await takeFarEnd(t, stage.port);
      const page = await stage.open(t, place);
      for (let round = 0; round < 3; round++) {
        await call(page, "open");
        await call(page, "listen");
        await works(page, far);
        await call(page, "close");
        assert.equal(await call(page, "states", "closed"), "opening open closed");
      }
    });

    test(`${place}: unplugged and plugged in again while it is open`, async (t) => {
      const far = await takeFarEnd(t, stage.port);
      const page = await stage.open(t, place);
      await call(page, "open");
      await call(page, "listen");
      await call(page, "states", "open");
      for (let round = 0; round < 3; round++) {
        await stage.port.unplug();
        assert.match(await call(page, "states", "lost"), /^lost( reopening lost)*$/);
        await unplugged(page);
        await stage.port.plug();
        assert.match(await call(page, "states", "open"), /^(reopening lost )*reopening open$/);
        await works(page, far);
      }
      await call(page, "close");
    });
  }

  test("the other end hangs up, and the device stays", async (t) => {
    const far = await takeFarEnd(t, stage.port);
    const page = await stage.open(t, "guestwire");
    await call(page, "open");
    await call(page, "listen");
    await call(page, "states", "open");
    for (let round = 0; round < 3; round++) {
      await stage.port.hangUp();
      assert.match(await call(page, "states", "open"), /^(lost reopening )+open$/);
      await works(page, far);
    }
    await call(page, "close");
  });

  test("unplugged before it is opened, and while it is", async (t) => {
    const far = await takeFarEnd(t, stage.port);
    const page = await stage.open(t, "guestwire");
    for (const ms of [0, 1, 2, 3, 5, 8]) {
      await stage.port.plug();
      while ((await call<number>(page, "ports")) === 0) await pause(5);
      // In one task of the page: the port is there when it is looked for.
      const opened = call(page, "open").then(
        () => "open",
        (error: Error) => error.message,
      );
      await pause(ms);
      await stage.port.unplug();
      const outcome = await opened;
      if (outcome === "open") {
        await call(page, "listen");
        await call(page, "states", "lost");
        await unplugged(page);
        await stage.port.plug();
        await call(page, "states", "open");
        await works(page, far);
        await call(page, "close");
      } else {
        assert.match(outcome, /GW_ERR_DEVICE|no port/);
        await unplugged(page);
      }
    }
    await stage.port.unplug();
    await unplugged(page);
    await stage.port.plug();
    while ((await call<number>(page, "ports")) === 0) await pause(5);
    await call(page, "open");
    await call(page, "listen");
    await works(page, far);
    await call(page, "close");
  });

  test("unplugged again while it is lost, and while it is being opened again", async (t) => {
    const far = await takeFarEnd(t, stage.port);
    const page = await stage.open(t, "guestwire");
    await call(page, "open");
    await call(page, "listen");
    for (const [round, ms] of [0, 1, 2, 3, 5, 8, 13, 21, 34, 55].entries()) {
      await stage.port.unplug();
      await pause(ms);
      await stage.port.plug();
      await pause(ms);
      await stage.port.unplug();
      await call(page, "states", "lost");
      await stage.port.plug();
      // Until the browser has told all four, what is open may be what the cable was pulled from.
      await call(page, "changed", 4 * (round + 1));
      await call(page, "isOpen");
      await works(page, far);
    }
    await call(page, "close");
  });

  test("closed while it is lost, and opened when it is there again", async (t) => {
    const far = await takeFarEnd(t, stage.port);
    const page = await stage.open(t, "guestwire");
    await call(page, "open");
    await call(page, "listen");
    await stage.port.unplug();
    await call(page, "states", "lost");
    await unplugged(page);
    await call(page, "close");
    assert.match(await call(page, "states", "closed"), /^(reopening lost )*closed$/);
    await assert.rejects(call(page, "open"), /no port/);
    await stage.port.plug();
    while ((await call<number>(page, "ports")) === 0) await pause(5);
    await call(page, "open");
    await call(page, "listen");
    await works(page, far);
    await call(page, "close");
  });

  test("a second close ends the first one, whenever it comes, and the port can be opened again", async (t) => {
    const far = await takeFarEnd(t, stage.port);
    const page = await stage.open(t, "guestwire");
    for (const later of [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20]) {
      await call(page, "open");
      await call(page, "listen");
      await call(page, "send", numbers("there are some bytes under way"));
      await call(page, "closeTwice", later);
    }
    await call(page, "open");
    await call(page, "listen");
    await works(page, far);
    await call(page, "close");
  });

  test("a second tab is told who has the port, and gets it afterwards", async (t) => {
    const far = await takeFarEnd(t, stage.port);
    const context = await stage.context(t);
    const first = await stage.open(t, "guestwire", context);
    const second = await stage.open(t, "guestwire", context);
    await call(first, "open");
    await assert.rejects(call(second, "open"), /GW_ERR_DEVICE: .*close the other tab or program that has it/);
    await call(first, "listen");
    await works(first, far);
    await call(first, "close");
    await call(second, "open");
    await call(second, "listen");
    await works(second, far);
    await call(second, "close");
  });

  test("a page that is reloaded, or closed, lets the port go", async (t) => {
    const far = await takeFarEnd(t, stage.port);
    const context = await stage.context(t);
    const page = await stage.open(t, "guestwire", context);
    for (let round = 0; round < 3; round++) {
      await call(page, "open");
      await call(page, "listen");
      await call(page, "send", numbers("half of some"));
      await page.reload();
      await page.waitForFunction("globalThis.call !== undefined");
    }
    await call(page, "open");
    await page.close();
    const next = await stage.open(t, "guestwire", context);
    await call(next, "open");
    await call(next, "listen");
    await works(next, far);
    await call(next, "close");
  });
});
