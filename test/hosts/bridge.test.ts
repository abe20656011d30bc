// The console's bridge with a page's connection that takes bytes when a test lets it, and with a clock of the test's.

import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { type Socket, createServer } from "node:net";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { type TestContext, test } from "node:test";
import { Bridge } from "../../hosts/node/cli/console/bridge.ts";
import { temporaryFolder } from "./rig.ts";

/** Unlike the rig's it does not need a clock. */
const moment = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function moments(): Promise<void> {
  for (let n = 0; n < 50; n++) await moment();
}

/** The connection of a page that neither answers nor closes. */
class Page extends Duplex {
  /** What the bridge has sent, in latin-1. */
  received = "";
  isBehind = false;
  private taken: () => void = () => {};

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.received += bytes.toString("latin1");
    if (this.isBehind) this.taken = done;
    else done();
  }

  goOn(): void {
    this.isBehind = false;
    this.taken();
  }
}

/** A bridge, its agent's end, and a page with this token. */
async function connect(t: TestContext, token?: string): Promise<{ page: Page; accepted: Promise<[Socket]> }> {
  const path = join(temporaryFolder(t), "socket");
  const agent = createServer().listen(path);
  await once(agent, "listening");
  t.after(() => agent.close());
  const accepted = once(agent, "connection") as Promise<[Socket]>;
  const bridge = new Bridge(path);
  const page = new Page();
  t.after(async () => {
    page.destroy();
    await moments();
  });
  const headers = {
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "sec-websocket-protocol": `guestwire, guestwire.token.${token ?? bridge.token}`,
  };
  const request = { method: "GET", url: "/bridge", headers } as unknown as IncomingMessage;
  bridge.upgrade(request, page, Buffer.alloc(0));
  const [head = "", ...rest] = page.received.split("\r\n\r\n");
  assert.match(head, /^HTTP\/1.1 101 /);
  page.received = rest.join();
  return { page, accepted };
}

/** What a WebSocket closes with, at the start of a text: a head of two bytes, a code, and why. */
function goodbye(code: number, why: string): RegExp {
  return new RegExp(`^${String.fromCharCode(0x88)}.${String.fromCharCode(code >> 8, code & 0xff)}${why}`);
}

/** An agent that says three things and goes, to a page that is behind. */
async function speak(t: TestContext): Promise<Page> {
  const { page, accepted } = await connect(t);
  const [agent] = await accepted;
  page.isBehind = true;
  for (const words of ["one", "two", "three"]) {
    agent.write(words);
    await moments();
  }
  agent.end();
  await once(agent, "close");
  await moments();
  return page;
}

test("a page that is behind gets an agent's last bytes, and then hears that it has gone", async (t) => {
  const page = await speak(t);
  page.goOn();
  while (!page.received.includes("closed the connection")) await moment();
  assert.match(page.received, /one[^]*two[^]*three/);
  assert.match(
    page.received.slice(page.received.indexOf("three") + 5),
    goodbye(1001, "the agent closed the connection$"),
  );
});

test("a page that takes nothing does not hold the bridge for ever", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const page = await speak(t);
  t.mock.timers.tick(29_999);
  await moments();
  assert.equal(page.destroyed, false);
  t.mock.timers.tick(1);
  await moments();
  assert.equal(page.destroyed, true);
});

test("who is refused has a second to close", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { page } = await connect(t, "x");
  await moments();
  assert.match(page.received, goodbye(1008, "this page is from another run"));
  assert.equal(page.destroyed, false);
  t.mock.timers.tick(1000);
  await moments();
  assert.equal(page.destroyed, true);
});

test("who is refused is not listened to", async (t) => {
  const { page } = await connect(t, "x");
  // The head of a message of a megabyte: what follows is not waited for.
  page.push(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0]));
  await moments();
  assert.equal(page.writableEnded, true);
});
