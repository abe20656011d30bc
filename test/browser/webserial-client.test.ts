// A page that is the client of an agent at the other end of a serial port.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { type TestContext, describe, test } from "node:test";
import { createAgent } from "guestwire";
import { connectUnix } from "guestwire/node";
import { startRealAgent } from "../hosts/rig.ts";
import { findRealAgent } from "../property/real-agent.ts";
import { LONG, echo } from "./echo.ts";
import { failsThenAsks } from "./example.ts";
import { takeFarEnd } from "./far-end.ts";
import { skipBrowser } from "./serial-port.ts";
import { Stage, call, unplugged } from "./stage.ts";

describe("a client in a page", { skip: skipBrowser, timeout: 240_000 }, () => {
  const stage = Stage.forTests();

  async function startAgent(t: TestContext): Promise<void> {
    const agent = createAgent({ version: "1.2.3", plugins: [echo] });
    agent.serve(await connectUnix(stage.port.far));
    t.after(() => agent.close());
  }

  for (const place of ["guestwire", "in-worker"]) {
    test(`${place}: our agent at the other end, and a megabyte both ways`, async (t) => {
      await startAgent(t);
      const page = await stage.open(t, place);
      await call(page, "connect");
      assert.equal((await call<{ version: string }>(page, "execute", "guest-info")).version, "1.2.3");
      assert.ok((await call<string>(page, "execute", "echo", { text: LONG })) === LONG);
      assert.equal(await call(page, "execute", "guest-sync", { id: 7 }), 7);
      await call(page, "disconnect");
    });
  }

  test("qemu-ga at the other end", { skip: findRealAgent() === undefined && "there is no qemu-ga" }, async (t) => {
    const agent = await startRealAgent(t, findRealAgent() as string);
    const wire = connectSocket(stage.port.far);
    const real = connectSocket(agent.path);
    t.after(() => {
      wire.destroy();
      real.destroy();
    });
    await Promise.all([once(wire, "connect"), once(real, "connect")]);
    wire.pipe(real).pipe(wire);
    const page = await stage.open(t, "guestwire");
    await call(page, "connect");
    const { version } = await call<{ version: string }>(page, "execute", "guest-info");
    assert.match(version, /^\d+\.\d+/);
    await assert.rejects(call(page, "execute", LONG), /has not been found/);
    await stage.port.unplug();
    await call(page, "states", "lost");
    await unplugged(page);
    await stage.port.plug();
    assert.deepEqual(await call(page, "execute", "guest-ping"), {});
    await call(page, "disconnect");
  });

  test("unplugged, or hung up, in the middle of a request and of a reply", async (t) => {
    const far = await takeFarEnd(t, stage.port);
    const page = await stage.open(t, "guestwire");
    const answerSync = async (): Promise<void> => {
      const [, id] = /"id":\s*(\d+)\}\}\n$/.exec(await far.until("}}\n")) ?? [];
      await far.send(`\xff{"return": ${id}}\n`);
    };
    const connected = call(page, "connect");
    await answerSync();
    await connected;
    await call(page, "states", "open");
    for (let round = 0; round < 6; round++) {
      // A request that nobody reads to its end; one that is not answered; one whose answer is torn.
      const isLong = round % 3 === 0;
      const lost = assert.rejects(call(page, "execute", isLong ? LONG : "guest-get-time"), /GW_ERR_LINK/);
      if (isLong) while (!(await stage.port.isBlocked())) await call(page, "ports");
      else await far.until("\n");
      if (round % 3 === 2) await far.send('{"return": 12345');
      if (round < 3) {
        await stage.port.unplug();
        await lost;
        await unplugged(page);
        await stage.port.plug();
      } else {
        await stage.port.hangUp();
        await lost;
      }
      const next = call(page, "execute", "guest-get-time");
      await answerSync();
      const request = await far.until("\n");
      const [, id] = /"id":\s*("?[^",}]+"?)/.exec(request) ?? [];
      await far.send(`{"return": ${round}, "id": ${id}}\n`);
      assert.equal(await next, round);
    }
    await call(page, "disconnect");
  });

  test("the page is reloaded while it waits for an answer", async (t) => {
    await startAgent(t);
    const page = await stage.open(t, "guestwire");
    await call(page, "connect");
    const lost = assert.rejects(call(page, "execute", "echo", { text: LONG }));
    await page.reload();
    await lost;
    await page.waitForFunction("globalThis.call !== undefined");
    await call(page, "connect");
    assert.deepEqual(await call(page, "execute", "guest-ping"), {});
    await call(page, "disconnect");
  });

  for (const place of ["guestwire", "in-worker"]) {
    test(`${place}: 100 times opened, called and closed, and no byte lost`, async (t) => {
      await startAgent(t);
      const page = await stage.open(t, place);
      assert.equal(await call(page, "rounds", 100), 100);
    });
  }

  test("the example: a port that fails is not taken again unasked", async (t) => {
    await startAgent(t);
    await failsThenAsks(t, stage, "client", async (page) => {
      await page.getByText("Agent 1.2.3").waitFor();
      await page.getByText("+ echo").waitFor();
    });
  });
});
