// The two roles of a console, each with the other end in memory: a client with an agent behind its channel, and an agent with a
// client behind its own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Agent, createAgent, reconnecting } from "guestwire";
import { connect } from "guestwire/client";
import introspect from "guestwire/introspect";
import { type TransportPair, transportPair } from "guestwire/testing";
import { Bench } from "../../hosts/webserial/console/model/bench.ts";
import type { Notifier } from "../../hosts/webserial/console/model/notifier.ts";
import type { Plugin } from "../../plugins/api.ts";
import type { Receiver, Transport } from "../../hosts/common/transport.ts";

const DEMO: Plugin = {
  name: "demo",
  api: 1,
  commands: [
    {
      name: "demo-add",
      arguments: { a: "int", b: "int" },
      run: ({ a, b }) => BigInt(a as number) + BigInt(b as number),
    },
    { name: "demo-fail", arguments: {}, run: () => Promise.reject(new Error("it does not work")) },
    { name: "demo-hang", arguments: {}, run: () => new Promise(() => {}), timeoutMs: 0 },
  ],
};

const bench = (): Bench =>
  new Bench("test", () => {
    throw new Error("no storage here");
  });

/** Settles when what is asked for is so. */
async function until(model: Notifier, is: () => boolean): Promise<void> {
  if (is()) return;
  await new Promise<void>((resolve) => {
    const end = model.observe(() => {
      if (!is()) return;
      end();
      resolve();
    });
  });
}

function served(agent: Agent = createAgent({ version: "7.7", plugins: [introspect, DEMO] })): {
  agent: Agent;
  open: () => Promise<Transport>;
  pair: TransportPair;
} {
  const pair = transportPair();
  agent.serve(pair.agent);
  return { agent, pair, open: async () => pair.client };
}

const marks = ({ wire }: Bench): string[] =>
  Array.from({ length: wire.end }, (_, i) => wire.at(i)).flatMap((entry) =>
    entry?.direction === "mark" ? [entry.text] : [],
  );

test("connected: the version, the commands with their switches, what they take", async () => {
  const { client, ...rest } = bench();
  const { agent, open } = served();
  agent.commands.disable("demo-fail", "not now");
  const states: string[] = [];
  client.observe(() => states.at(-1) === client.state || states.push(client.state));
  await client.start(open);
  assert.deepEqual(states, ["connecting", "ready"]);
  assert.equal(client.version, "7.7");
  const names = client.commands.map(({ name, enabled }) => `${name}${enabled ? "" : " (off)"}`);
  assert.deepEqual(names, [
    "demo-add",
    "demo-fail (off)",
    "demo-hang",
    "guest-info",
    "guest-ping",
    "guest-sync",
    "guest-sync-delimited",
    "guestwire-schema",
  ]);
  assert.deepEqual(client.schema.get("demo-add"), { a: "int", b: "int" });
  assert.equal(client.schema.has("demo-fail"), false);
  assert.ok(rest.wire.bytesIn > 0 && rest.wire.bytesOut > 0);
  await client.stop();
  assert.deepEqual([client.state, client.problem, client.commands.length, client.version], ["idle", undefined, 0, ""]);
  await agent.close();
});

test("an agent that does not say what its commands take", async () => {
  const { client, draft } = bench();
  const { agent, open } = served(createAgent());
  await client.start(open);
  assert.equal(client.schema.size, 0);
  draft.begin("guest-ping");
  assert.equal(draft.mode, "json");
  await client.stop();
  await agent.close();
});

test("calls end with a value, with the agent's error, or given up; the history has them", async () => {
  const all = bench();
  const { client, draft, history } = all;
  const { agent, open } = served();
  await client.start(open);

  draft.begin("demo-add");
  assert.equal(await all.run(), undefined, "a is missing");
  draft.type("a", "9007199254740993");
  draft.type("b", "1");
  assert.deepEqual(await all.run(), { type: "value", value: 9_007_199_254_740_994n });
  assert.equal(history.entries[0]?.text, '{ "a": 9007199254740993, "b": 1 }');

  draft.begin("demo-fail");
  assert.deepEqual(await all.run(), { type: "refused", errorClass: "GenericError", text: "it does not work" });
  draft.begin("no-such-command");
  assert.equal(((await all.run()) as { errorClass?: string }).errorClass, "CommandNotFound");

  draft.begin("demo-hang");
  const running = all.run();
  const run = client.runs[0];
  assert.equal(run?.outcome, undefined);
  client.abort(run?.number ?? -1);
  assert.deepEqual(await running, { type: "aborted" });
  assert.equal(client.runs.length, 4);
  assert.deepEqual(
    history.entries.map(({ command }) => command),
    ["demo-hang", "no-such-command", "demo-fail", "demo-add"],
  );
  await client.stop();
  await agent.close();
});

test("a channel that ends says so, and what ran says that nobody can know", async () => {
  const all = bench();
  const { client, draft } = all;
  const { agent, open, pair } = served();
  await client.start(open);
  draft.begin("demo-hang");
  const running = all.run();
  pair.cut(new Error("the cable is out"));
  const outcome = await running;
  assert.equal(outcome?.type, "failed");
  assert.match(outcome?.type === "failed" ? outcome.hasRun : "", /Nobody can know/);
  await until(client, () => client.state === "idle");
  assert.match(client.problem?.text ?? "", /the cable is out/i);
  assert.ok(marks(all).includes("The channel is closed: the cable is out"));
  assert.equal(((await client.run("guest-ping", undefined, "")) as { code?: string }).code, "GW_ERR_CLOSED");
  await agent.close();
});

test("a channel that cannot be opened is a problem in words; one that is given up is none", async () => {
  const { client } = bench();
  await client.start(() => Promise.reject(new Error("the door is locked")));
  assert.deepEqual([client.state, client.problem?.text], ["idle", "The door is locked."]);
  const starting = client.start(
    (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("given up")))),
  );
  assert.equal(client.problem, undefined);
  await client.stop();
  await starting;
  assert.deepEqual([client.state, client.problem], ["idle", undefined]);
});

test("to give up while nobody answers closes the channel", async () => {
  const { client } = bench();
  const pair = transportPair();
  let hasEnded = false;
  pair.agent.start({
    data() {},
    drained() {},
    ended: () => (hasEnded = true),
    lost() {},
    reopened() {},
    closed() {},
  });
  const starting = client.start(async () => pair.client);
  await new Promise((resolve) => setImmediate(resolve));
  await client.stop();
  await starting;
  assert.equal(client.state, "idle");
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(hasEnded);
});

test("a channel that is lost and comes back: the console finds into step by itself", async () => {
  const all = bench();
  const { client } = all;
  const agent = createAgent({ plugins: [introspect] });
  const pair = transportPair();
  agent.serve(pair.agent);
  // What the receiver of a transport hears that comes back.
  let lose = (): void => {};
  let reopen = (): void => {};
  const inner = pair.client;
  await client.start(async () => ({
    start: (receiver) => {
      lose = () => receiver.lost(new Error("unplugged"));
      reopen = () => receiver.reopened();
      inner.start(receiver);
    },
    write: (bytes) => inner.write(bytes),
    pause: () => inner.pause(),
    resume: () => inner.resume(),
    close: () => inner.close(),
  }));
  assert.equal(client.state, "ready");
  lose();
  await until(client, () => client.state === "lost");
  assert.equal(client.problem?.text, "Unplugged.");
  agent.commands.disable("guest-ping");
  reopen();
  await until(client, () => client.commands.some(({ name, enabled }) => name === "guest-ping" && !enabled));
  assert.deepEqual([client.state, client.problem], ["ready", undefined]);
  assert.equal(client.stats?.resyncs, 1);
  assert.deepEqual(marks(all), [
    "Synchronising",
    "In step",
    "The channel is lost, with what was on its way: unplugged",
    "Out of step: unplugged",
    "The channel is open",
    "Resynchronising",
    "In step",
  ]);
  await client.stop();
  await agent.close();
});

test("a person can synchronise, and what is new is known then", async () => {
  const { client } = bench();
  const { agent, open } = served();
  await client.start(open);
  agent.plugins.add({ name: "more", api: 1, commands: [{ name: "more-info", run: () => 1 }] });
  await client.sync();
  assert.ok(client.commands.some(({ name }) => name === "more-info"));
  assert.equal(client.stats?.resyncs, 1);
  await client.stop();
  await agent.close();
});

test("the agent in the page: it serves, plugins come and go, commands are switched, and the record has the bytes", async () => {
  const all = bench();
  const { agent } = all;
  const pair = transportPair();
  await agent.start(async () => pair.agent);
  assert.equal(agent.state, "ready");
  const client = await connect(pair.client);
  assert.equal(await agent.addPlugin(async () => ({ default: DEMO })), true);
  assert.equal(await client.executeUntyped("demo-add", { a: 1, b: 2 }), 3);
  agent.enable("demo-add", false);
  await assert.rejects(client.executeUntyped("demo-add", { a: 1, b: 2 }), /has been disabled/);
  assert.equal(await agent.addPlugin(async () => ({ default: DEMO })), false);
  assert.equal(agent.pluginProblem?.code, "GW_ERR_DUPLICATE_PLUGIN");
  assert.equal(await agent.addPlugin(async () => ({})), false);
  assert.match(agent.pluginProblem?.text ?? "", /^The module has no default export/);
  await agent.removePlugin("demo");
  assert.deepEqual(agent.plugins, []);
  assert.ok(all.wire.bytesIn > 0 && all.wire.bytesOut > 0);
  const closing = agent.stop();
  await closing;
  assert.deepEqual([agent.state, agent.problem], ["idle", undefined]);
  await client.close();
});

test("the agent serves again after its peer has gone, with the plugins that it had", async () => {
  const { agent } = bench();
  await agent.addPlugin(async () => ({ default: DEMO }));
  for (let round = 0; round < 3; round++) {
    const pair = transportPair();
    await agent.start(async () => pair.agent);
    const client = await connect(pair.client);
    assert.equal(await client.executeUntyped("demo-add", { a: round, b: 1 }), round + 1);
    await client.close();
    await until(agent, () => agent.state === "idle");
  }
  assert.equal(agent.stats.sessionsTotal, 3);
});

test("a channel that opens as those do that come back: no loss, and the record has what went out only", async () => {
  const { agent, open } = served();
  const all = bench();
  let sent = 0;
  const inner = await open();
  const counted: Transport = {
    start: (receiver) => inner.start(receiver),
    write: (bytes) => {
      sent += bytes.length;
      return inner.write(bytes);
    },
    pause: () => inner.pause(),
    resume: () => inner.resume(),
    close: () => inner.close(),
  };
  await all.client.start(async () => reconnecting(async () => counted));
  assert.deepEqual(marks(all), ["Synchronising", "The channel is open", "In step"]);
  assert.equal(all.wire.bytesOut, sent);
  await all.client.stop();
  await agent.close();

  const page = bench();
  const states: string[] = [];
  page.agent.observe(() => states.push(page.agent.state));
  const pair = transportPair();
  await page.agent.start(async () => reconnecting(async () => pair.agent));
  const client = await connect(pair.client);
  await client.ping();
  assert.deepEqual([...new Set(states)], ["connecting", "ready"]);
  await client.close();
  await page.agent.stop();
});

test("what is written to an end that is silent is in the record", async () => {
  const { client, wire } = bench();
  const pair = transportPair();
  void client.start(async () => pair.client);
  await until(wire, () => wire.bytesOut > 0);
  await client.stop();
});

test("to connect while the channel is being closed, or given up, waits for that", async () => {
  const { client } = bench();
  const first = served();
  await client.start(first.open);
  const second = served();
  void client.stop();
  await client.stop();
  await client.start(second.open);
  assert.equal(client.state, "ready");

  const third = served();
  void client.stop();
  await client.start(third.open);
  assert.equal(client.state, "ready");
  await client.stop();

  const fourth = served();
  void client.start(
    (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("given up")))),
  );
  void client.stop();
  const starting = client.start(fourth.open);
  await starting;
  assert.equal(client.state, "ready");

  void client.stop();
  const late = client.start(served().open);
  await client.stop();
  await late;
  assert.equal(client.state, "idle", "the last word counts");
  for (const { agent } of [first, second, third, fourth]) await agent.close();
});

test("one of the two roles has the channel at a time, and the last one that was asked for gets it", async () => {
  const all = bench();
  const { agent, open } = served();
  await all.start(all.client, open);
  const pair = transportPair();
  await all.start(all.agent, async () => pair.agent);
  assert.deepEqual([all.client.state, all.agent.state], ["idle", "ready"]);
  const other = served();
  await Promise.all([
    all.start(all.client, other.open),
    all.start(all.agent, async () => transportPair().agent),
    all.start(all.client, other.open),
  ]);
  assert.deepEqual([all.client.state, all.agent.state], ["ready", "idle"]);
  const switching = all.start(all.agent, async () => transportPair().agent);
  await all.stop();
  await switching;
  assert.deepEqual([all.client.state, all.agent.state], ["idle", "idle"]);
  await agent.close();
  await other.agent.close();
});

test("why the channel is lost stays until it is back", async () => {
  const { client } = bench();
  const { agent, open } = served();
  const inner = await open();
  let receiver: Receiver | undefined;
  await client.start(async () => ({
    start: (one) => inner.start((receiver = one)),
    write: (bytes) => inner.write(bytes),
    pause: () => inner.pause(),
    resume: () => inner.resume(),
    close: () => inner.close(),
  }));
  const problems = new Set<string | undefined>();
  receiver?.lost(new Error("the agent is away"));
  await until(client, () => client.state === "lost");
  const end = client.observe(() => {
    if (client.state !== "ready") problems.add(client.problem?.text);
  });
  receiver?.reopened();
  receiver?.lost();
  receiver?.lost(new Error("the agent is away"));
  receiver?.reopened();
  await until(client, () => client.state === "ready");
  end();
  assert.deepEqual([...problems], ["The agent is away."]);
  assert.equal(client.problem, undefined);
  await client.stop();
  await agent.close();
});

test("taken out of its page: the channel and the agent are closed, what plugins hold is let go, and all can be used again", async () => {
  const all = bench();
  const { agent } = all;
  let disposed = 0;
  class Held {
    dispose(): void {
      disposed++;
    }
  }
  const holding: Plugin = {
    ...DEMO,
    register(container) {
      container.registerSingleton(Held);
      container.resolve(Held);
    },
  };
  await agent.addPlugin(async () => ({ default: holding }));
  agent.enable("guest-ping", false);
  const pair = transportPair();
  await all.start(agent, async () => pair.agent);
  const client = await connect(pair.client);
  const call = client.executeUntyped("demo-hang");
  let loaded: (module: unknown) => void = () => {};
  const late = agent.addPlugin(() => new Promise((resolve) => (loaded = resolve)));
  await Promise.all([assert.rejects(call), all.rest()]);
  assert.deepEqual([agent.state, disposed, client.state], ["idle", 1, "closed"]);
  loaded({ default: holding });
  assert.equal(await late, false, "a plugin that comes too late is not taken");
  assert.deepEqual(agent.plugins, []);
  assert.ok(agent.commands.every(({ enabled }) => enabled));

  const next = transportPair();
  await all.start(agent, async () => next.agent);
  const again = await connect(next.client);
  await again.ping();
  await again.close();
  await all.rest();
});

test("an opener that does not hear that it is given up: there is no channel, and one that comes late is closed", async () => {
  const all = bench();
  let come: ((transport: Transport) => void) | undefined;
  const starting = all.start(all.client, () => new Promise((resolve) => (come = resolve)));
  await until(all.client, () => all.client.state === "connecting");
  await all.stop();
  await starting;
  assert.deepEqual([all.client.state, all.client.problem], ["idle", undefined]);
  const { agent, open } = served();
  const late = await open();
  await new Promise<void>((resolve) => come?.({ ...late, close: async () => resolve() }));
  assert.equal(all.client.state, "idle");
  await agent.close();
});

/** A transport that closes, which it never would otherwise, when it is asked a second time. */
function stalling(inner: Transport): Transport {
  let end = (): void => {};
  let isAsked = false;
  const closed = new Promise<void>((resolve) => (end = resolve));
  return {
    start: (receiver) => inner.start(receiver),
    write: (bytes) => inner.write(bytes),
    pause: () => inner.pause(),
    resume: () => inner.resume(),
    close: async () => {
      if (isAsked) end();
      isAsked = true;
      await closed;
      await inner.close();
    },
  };
}

test("a channel that takes long to close is closed at once by those in a hurry", async () => {
  const all = bench();
  const { agent, open } = served();
  const given = {
    "a client": [all.client, open],
    "an agent": [all.agent, async () => transportPair().agent],
    "a client that nobody answers": [all.client, async () => transportPair().client],
  } as const;
  for (const [what, [role, opened]] of Object.entries(given)) {
    const { bytesOut } = all.wire;
    const starting = all.start(role, async () => stalling(await opened()));
    await (what.includes("nobody") ? until(all.wire, () => all.wire.bytesOut > bytesOut) : starting);
    const stopping = all.stop();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(role.state, "closing", what);
    all.hurry();
    await stopping;
    assert.deepEqual([role.state, role.problem], ["idle", undefined]);
  }
  await all.start(all.agent, async () => stalling(transportPair().agent));
  await all.rest();
  assert.equal(all.agent.state, "idle", "nobody looks on any more");
  await agent.close();
});

test("a mark stands above the 0xFF that it announces", async () => {
  const { client, wire } = bench();
  const { agent, open } = served();
  await client.start(open);
  await client.sync();
  const shown = Array.from({ length: wire.end }, (_, i) => wire.at(i)).flatMap((entry) => {
    if (entry?.direction === "mark") return [entry.text];
    return entry?.direction === "out" && entry.hasSentinel ? ["0xFF"] : [];
  });
  assert.deepEqual(shown, ["Synchronising", "0xFF", "In step", "Resynchronising", "0xFF", "In step"]);
  await client.stop();
  await agent.close();
});
