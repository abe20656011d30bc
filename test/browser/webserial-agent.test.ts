// A page that is the agent on a serial port.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connect } from "guestwire/client";
import { connectUnix } from "guestwire/node";
import { runConformance } from "guestwire/testing";
import { LONG } from "./echo.ts";
import { failsThenAsks } from "./example.ts";
import { takeFarEnd } from "./far-end.ts";
import { skipBrowser } from "./serial-port.ts";
import { Stage, call, unplugged } from "./stage.ts";

const PING = '{"execute":"guest-ping"}\n';
const PONG = '{"return": {}}\n';
const sync = (id: number): string => `\xff{"execute":"guest-sync-delimited","arguments":{"id":${id}}}\n`;
const synced = (id: number): string => `\xff{"return": ${id}}\n`;

describe("an agent in a page", { skip: skipBrowser, timeout: 240_000 }, () => {
  const stage = Stage.forTests();

  test("it answers the whole corpus as qemu-ga does", async (t) => {
    const page = await stage.open(t, "guestwire");
    await call(page, "serve");
    assert.deepEqual(await runConformance(() => connectUnix(stage.port.far)), { passed: 795, failed: [] });
    await call(page, "stop");
  });

  for (const place of ["guestwire", "in-worker"]) {
    test(`${place}: our client at the other end, and a megabyte both ways`, async (t) => {
      const page = await stage.open(t, place);
      await call(page, "serve");
      const client = await connect(await connectUnix(stage.port.far));
      assert.equal((await client.info()).version, "1.2.3");
      assert.ok((await client.executeUntyped("echo", { text: LONG })) === LONG);
      await client.ping();
      await client.close();
      await call(page, "stop");
    });
  }

  test("unplugged in the middle of a request", async (t) => {
    const far = await takeFarEnd(t, stage.port);
    const page = await stage.open(t, "guestwire");
    await call(page, "serve");
    await call(page, "states", "open");
    for (let id = 0; id < 5; id++) {
      assert.equal(await far.ask(PING), PONG);
      await far.send('{"execute":"guest-');
      assert.equal(await stage.port.isOpen(), true);
      await stage.port.unplug();
      await call(page, "states", "lost");
      await unplugged(page);
      await stage.port.plug();
      await call(page, "states", "open");
      // The half request went with the session that it came in.
      assert.equal(await far.ask(PING), PONG);
      await far.ask(sync(id), synced(id));
    }
    await call(page, "stop");
  });

  test("unplugged, or hung up, in the middle of a reply", async (t) => {
    const far = await takeFarEnd(t, stage.port);
    const page = await stage.open(t, "guestwire");
    await call(page, "serve");
    await call(page, "states", "open");
    for (let id = 0; id < 4; id++) {
      // Nobody reads the reply, so it is not all on its way.
      await far.ask(sync(2 * id), synced(2 * id));
      await far.send(`{"execute":"echo","arguments":{"text":"${LONG}"}}\n`);
      while (!(await stage.port.isBlocked())) await call(page, "ports");
      if (id % 2 === 0) {
        await stage.port.unplug();
        await call(page, "states", "lost");
        await unplugged(page);
        await stage.port.plug();
      } else {
        await stage.port.hangUp();
      }
      await call(page, "states", "open");
      const said = await far.ask(sync(2 * id + 1), synced(2 * id + 1));
      // A torn reply, and what a new session has to say: 0xFF is no JSON.
      assert.match(said, /^\{"return": "\d+(\{"error": .*\}\n)?\xff\{"return": \d+\}\n$/);
      assert.equal(await far.ask(PING), PONG);
    }
    await call(page, "stop");
  });

  test("the page is reloaded in the middle of a request", async (t) => {
    const far = await takeFarEnd(t, stage.port);
    const page = await stage.open(t, "guestwire");
    await call(page, "serve");
    assert.equal(await far.ask(PING), PONG);
    await far.send('{"execute":"guest-');
    await page.reload();
    await page.waitForFunction("globalThis.call !== undefined");
    await call(page, "serve");
    assert.equal(await far.ask(PING), PONG);
    await call(page, "stop");
  });

  test("an agent that closes right behind a reply loses nothing of it, 100 times", async (t) => {
    const far = await takeFarEnd(t, stage.port);
    const page = await stage.open(t, "guestwire");
    for (let round = 0; round < 100; round++) {
      const served = call(page, "serveOnce");
      while (!(await stage.port.isOpen())) await call(page, "ports");
      const text = `${round}-`.repeat(round * 20 + 1);
      assert.equal(await far.ask(`{"execute":"echo","arguments":{"text":"${text}"}}\n`), `{"return": "${text}"}\n`);
      await served;
    }
  });

  test("the example: a port that fails is not taken again unasked", async (t) => {
    await failsThenAsks(t, stage, "agent", async (page) => {
      await page.getByText("open", { exact: true }).waitFor();
      const client = await connect(await connectUnix(stage.port.far));
      assert.equal(await client.executeUntyped("page-title"), "An agent on a serial port");
      await client.close();
    });
  });
});
