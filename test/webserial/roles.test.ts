// An agent and a client over a port, with a real one of the other kind at the far end, and what happens to the line meanwhile.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createAgent } from "guestwire";
import { CallError, type GuestClient, connect } from "guestwire/client";
import { runConformance } from "guestwire/testing";
import { openWebSerial } from "guestwire/webserial";
import { FakeLine, FakeSerial } from "./fake-serial.ts";
import { Rig, turns } from "./rig.ts";

const AMPLE = { timeoutMs: 0 };

/** A command that answers when the test says so. */
function slow(): { plugin: object; answer: (value: unknown) => void } {
  const held: { answer: (value: unknown) => void } = { answer: () => {} };
  return {
    plugin: {
      name: "guestwire-plugin-test",
      api: 1,
      commands: [{ name: "test-later", run: () => new Promise((resolve) => (held.answer = resolve)) }],
    },
    answer: (value) => held.answer(value),
  };
}

/** A page that is a client; the agent is at the far end. */
async function page(rig: Rig): Promise<GuestClient> {
  await rig.open();
  return rig.until(connect(rig.transport, { clock: rig.clock, timeoutMs: 0, callTimeoutMs: 0 }));
}

/** The next call is answered, after one synchronisation at most. */
async function isBack(rig: Rig, client: GuestClient): Promise<void> {
  const { resyncs } = client.stats;
  await rig.until(client.ping());
  assert.ok(client.stats.resyncs <= resyncs + 1);
  assert.equal(client.state, "ready");
}

test("a client in a page: unplug and replug in the middle of a request and of a reply, hang-ups, torn lines", async () => {
  const rig = new Rig();
  const { plugin, answer } = slow();
  const agent = createAgent({ plugins: [plugin as never], clock: rig.clock });
  agent.serve(rig.line.far);
  const client = await page(rig);
  const died = async (call: Promise<unknown>, code: string): Promise<void> => {
    await rig.until(assert.rejects(call, (error) => error instanceof CallError && error.code === code && error.sent));
  };

  // In the middle of a request: a part of it has left.
  for (const gone of ["unplugged", "hung up"]) {
    rig.line.msPerByte = 1;
    const call = client.executeUntyped("guest-sync", { id: 1 });
    void call.catch(() => {});
    await turns();
    if (gone === "unplugged") rig.unplug();
    else rig.port.break();
    await died(call, "GW_ERR_LINK");
    rig.line.msPerByte = 0;
    rig.line.flush();
    rig.line.far.take();
    if (gone === "unplugged") rig.plug();
    await isBack(rig, client);
  }

  // In the middle of a command, and of its reply.
  for (const half of ["", '{"return": "ha']) {
    const call = client.executeUntyped("test-later", {});
    void call.catch(() => {});
    await turns();
    rig.line.far.send(half);
    await turns();
    rig.unplug();
    await died(call, "GW_ERR_LINK");
    answer("too late");
    rig.plug();
    await isBack(rig, client);
  }

  // A break in the middle of a reply: the rest of it cannot be trusted.
  const torn = client.executeUntyped("test-later", {});
  void torn.catch(() => {});
  await turns();
  rig.line.far.send('{"return": "ha');
  await turns();
  rig.port.readError("BreakError");
  await turns();
  answer("whole");
  await died(torn, "GW_ERR_REPLY");
  await isBack(rig, client);

  await rig.until(client.close());
  await agent.close();
  rig.isClean();
});

test("an agent in a page: each unplugging and each hang-up leaves it as new, and the last reply arrives", async () => {
  const rig = await new Rig().open();
  const { plugin, answer } = slow();
  const agent = createAgent({ plugins: [plugin as never], clock: rig.clock });
  const session = agent.serve(rig.transport);
  const client = await rig.until(connect(rig.line.far, { clock: rig.clock, timeoutMs: 0, callTimeoutMs: 0 }));
  for (let life = 0; life < 4; life++) {
    assert.equal(await rig.until(client.executeUntyped("guest-sync", { id: life }, AMPLE)), life);
    const call = client.executeUntyped("test-later", {}, { timeoutMs: 500 });
    void call.catch(() => {});
    // Half a request, too, which the next peer must not suffer from.
    if (life === 1) rig.line.far.send('{"execute": "guest-');
    await turns();
    if (life === 2) rig.port.readError("FramingError");
    if (life === 3) rig.port.break();
    else rig.unplug();
    await turns();
    answer("nobody hears it");
    if (life < 3) rig.plug();
    await rig.until(assert.rejects(call, { code: "GW_ERR_TIMEOUT" }));
    await rig.pass(100);
  }
  // The agent closes while a reply is on a slow line.
  rig.line.msPerByte = 1;
  const last = client.executeUntyped("guest-info", {});
  for (let wait = 0; agent.stats.sessions === 1 && wait < 200; wait++) {
    await rig.pass(5);
    if (wait === 100) void agent.close();
  }
  assert.equal(typeof (await rig.until(last)), "object");
  await rig.until(agent.close());
  await session.closed;
  rig.isClean();
});

test("a megabyte goes both ways, whole", async () => {
  const rig = new Rig();
  const agent = createAgent({
    clock: rig.clock,
    plugins: [{ name: "echo", api: 1, commands: [{ name: "test-echo", run: (args) => args["text"] }] }],
  });
  agent.serve(rig.line.far);
  const client = await page(rig);
  const text = "0123456789abcdef".repeat(65_536);
  assert.equal(await rig.until(client.executeUntyped("test-echo", { text })), text);
  await rig.until(client.close());
  await agent.close();
  rig.isClean();
});

test("a peer that does not read stalls an agent's session, and closing ends all the same", async () => {
  const rig = await new Rig().open();
  rig.line.isStalled = true;
  const agent = createAgent({ clock: rig.clock, limits: { queueBytes: 10_000 } });
  const session = agent.serve(rig.transport);
  await turns();
  for (let n = 0; n < 200; n++) rig.line.far.send('{"execute":"guest-info"}\n'.repeat(10));
  for (let n = 0; n < 50; n++) await turns();
  assert.ok(rig.line.incoming.length > 100, "the rest is left to the port");
  rig.line.release();
  for (let n = 0; n < 400; n++) await turns();
  assert.equal(rig.line.far.take().split("\n").length, 2001, "each was answered");
  rig.line.isStalled = true;
  for (let n = 0; n < 200; n++) rig.line.far.send('{"execute":"guest-info"}\n'.repeat(10));
  await turns();
  await rig.until(agent.close());
  await session.closed;
  rig.isClean();
});

test("the conformance corpus through an agent on a port", async () => {
  const closing: Promise<unknown>[] = [];
  const result = await runConformance(async () => {
    const serial = new FakeSerial();
    const line = new FakeLine({ now: () => performance.now(), after: () => () => {} });
    const agent = createAgent({ limits: { errorsInRow: 0 } });
    agent.serve(await openWebSerial(serial.plug(line), { serial }));
    const { far } = line;
    return {
      start: (receiver) => far.start(receiver),
      write: (bytes) => far.write(bytes),
      pause: () => {},
      resume: () => {},
      close: async () => {
        await far.close();
        closing.push(agent.close());
      },
    };
  });
  assert.deepEqual(result.failed, []);
  assert.equal(result.passed, 795);
  await Promise.all(closing);
});
