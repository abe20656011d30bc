// The client, told byte for byte what an agent might say.

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { suite, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { createAgent } from "guestwire";
import {
  AgentError,
  type ClientEvent,
  type ClientOptions,
  GuestwireError,
  connect,
  reconnecting,
  streams,
} from "guestwire/client";
import { fakeClock } from "guestwire/testing";
import { Peer } from "../peer.ts";
import { Rig, failure } from "./rig.ts";

suite("calls", () => {
  test("go out one at a time, in the order in which they were made", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const calls = [1, 2, 3].map((n) => client.executeUntyped(`test-${n}`, { n }));
    for (const n of [1, 2, 3]) {
      const { execute, arguments: args, id } = rig.request();
      assert.deepEqual([execute, args], [`test-${n}`, { n }]);
      rig.peer.send(`{"return": ${n}, "id": "${id}"}\n`);
    }
    assert.deepEqual(await Promise.all(calls), [1, 2, 3]);
    assert.equal(client.stats.calls, 3);
  });

  test("never use an id twice", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const ids = new Set<unknown>();
    for (let n = 0; n < 100; n++) {
      const ping = client.ping();
      const { id } = rig.request();
      ids.add(id);
      rig.peer.send(`{"return": {}, "id": "${id}"}\n`);
      await ping;
    }
    assert.equal(ids.size, 100);
  });

  test("reject with the agent's error", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const call = client.executeUntyped("test-none");
    const { id } = rig.request();
    rig.peer.send(`{"id": "${id}", "error": {"class": "CommandNotFound", "desc": "The command \\u20ac"}}\n`);
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof AgentError);
      const { command, errorClass, message } = error;
      assert.deepEqual([command, errorClass, message], ["test-none", "CommandNotFound", "The command \u20ac"]);
      return true;
    });
    assert.equal(client.state, "ready");
  });

  test("carry integers beyond 2^53 both ways", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const call = client.execute("guest-sync", { id: 9_223_372_036_854_775_807n });
    assert.match(rig.peer.received, /"arguments":\{"id":9223372036854775807\}/);
    rig.answer("[9223372036854775807, -9007199254740993, 9007199254740991, 1.5]");
    assert.deepEqual(await call, [9_223_372_036_854_775_807n, -9_007_199_254_740_993n, 9_007_199_254_740_991, 1.5]);
  });

  test("take their answer in any pieces", async (t) => {
    const { rig, client } = await Rig.ready(t);
    for (let at = 0; at < 40; at++) {
      const call = client.executeUntyped("test-echo");
      const line = `{"return": "\xe2\x82\xac", "id": "${rig.request().id}"}\n`;
      rig.peer.send(line.slice(0, at));
      for (const byte of line.slice(at)) rig.peer.send(byte);
      assert.equal(await call, "\u20ac");
    }
    assert.equal(client.stats.resyncs, 0);
    assert.equal(client.state, "ready");
  });

  test("refuse arguments that JSON cannot hold", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const circle: Record<string, unknown> = {};
    circle["circle"] = circle;
    const withJson = { toJSON: () => ({}) };
    for (const args of [
      circle,
      [1],
      Object.assign([], withJson),
      () => {},
      Object.assign(() => {}, withJson),
      new Map([["a", 1]]),
      new Set(["a"]),
      { toJSON: () => 1 },
    ]) {
      await assert.rejects(client.executeUntyped("test-echo", args), failure("GW_ERR_ARGUMENTS", false));
    }
    assert.equal(rig.peer.received, "");
  });

  test("take objects of any class", async (t) => {
    const { rig, client } = await Rig.ready(t);
    class Own {
      n = 1;
    }
    for (const args of [
      new Own(),
      Object.assign(Object.create(null) as object, { n: 1 }),
      { toJSON: () => ({ n: 1 }) },
    ]) {
      const call = client.executeUntyped("test-echo", args);
      assert.match(rig.peer.received, /"arguments":\{"n":1\}/);
      rig.answer();
      await call;
    }
  });

  test("ignore the answers of others", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const call = client.executeUntyped("test-echo");
    rig.peer.send('{"return": 1, "id": "other"}\n{"return": 2, "id": 3}\n{"return": 4, "id": null}\n');
    rig.answer("5");
    assert.equal(await call, 5);
    assert.equal(client.stats.lateReplies, 0);
  });
});

suite("time-outs", () => {
  test("give up what was sent; its answer reaches nobody else", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const events: ClientEvent[] = [];
    client.observe((event) => events.push(event));
    const call = client.executeUntyped("test-slow", {}, { timeoutMs: 50 });
    const { id } = rig.request();
    rig.clock.pass(50);
    await assert.rejects(call, failure("GW_ERR_TIMEOUT", true, /test-slow: no answer within 50 ms; it may still run/));
    assert.equal(client.state, "lost");
    const next = client.executeUntyped("test-next");
    rig.peer.send(`{"return": "late", "id": "${id}"}\n`);
    rig.answerSync();
    rig.answer('"right"');
    assert.equal(await next, "right");
    assert.equal(client.stats.lateReplies, 1);
    assert.equal(client.stats.resyncs, 1);
    assert.deepEqual(
      events.map((event) => (event.type === "state" ? event.state : event)),
      ["lost", "syncing", { type: "late", id }, "ready"],
    );
  });

  test("count from the call: one that waits in line is never sent", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const first = client.executeUntyped("test-slow", {}, { timeoutMs: 0 });
    const second = client.executeUntyped("test-never", {}, { timeoutMs: 20 });
    rig.clock.pass(20);
    await assert.rejects(second, failure("GW_ERR_TIMEOUT", false, /its turn did not come within 20 ms/));
    rig.answer();
    await first;
    assert.equal(rig.peer.received, "");
    assert.equal(client.state, "ready");
  });

  test("end a synchronisation that nobody answers", async (t) => {
    const { rig, client } = await Rig.ready(t);
    rig.peer.send("junk");
    const call = client.ping({ timeoutMs: 2000 });
    const other = client.ping({ timeoutMs: 3000 });
    for (const ms of [500, 1500]) rig.clock.pass(ms);
    await assert.rejects(call, failure("GW_ERR_TIMEOUT", false, /answered none of 2 syncs within 2000 ms/));
    assert.equal(client.state, "syncing");
    rig.clock.pass(1000);
    await assert.rejects(other, failure("GW_ERR_TIMEOUT", false));
    assert.equal(client.state, "lost");
    assert.equal(rig.clock.pending, 0);
    assert.equal(client.stats.calls, 0);
    rig.peer.take();
  });

  test("of connecting close the transport", async () => {
    const rig = new Rig({ timeoutMs: 700 });
    const rejected = assert.rejects(
      rig.connect(),
      failure("GW_ERR_TIMEOUT", false, /answered none of 2 syncs within 700 ms/),
    );
    rig.clock.pass(500);
    rig.clock.pass(200);
    await rejected;
    assert.ok(rig.peer.closed);
    assert.equal(rig.clock.now(), 700);
    assert.equal(rig.clock.pending, 0);
  });

  test("of connecting wait 200 ms more where something came", async () => {
    const rig = new Rig({ timeoutMs: 700 });
    const rejected = assert.rejects(rig.connect(), failure("GW_ERR_TIMEOUT", false));
    rig.peer.send("login: ");
    await rig.pass(700);
    await rig.pass(199);
    assert.ok(!rig.peer.closed);
    await rig.pass(1);
    await rejected;
    assert.ok(rig.peer.closed);
    assert.equal(rig.clock.pending, 0);
  });

  test("of connecting say where the channel takes nothing", async () => {
    const rig = new Rig({ timeoutMs: 700 });
    rig.peer.takes = () => false;
    const rejected = assert.rejects(
      rig.connect(),
      failure("GW_ERR_TIMEOUT", false, /synchronisation: the channel takes no bytes; waited 700 ms/),
    );
    await rig.pass(700);
    await rejected;
  });
});

suite("aborts", () => {
  const reason = new Error("enough");
  const isReason = (error: unknown): boolean => error === reason;

  test("before a call: nothing goes out", async (t) => {
    const { rig, client } = await Rig.ready(t);
    await assert.rejects(client.ping({ signal: AbortSignal.abort(reason) }), isReason);
    assert.equal(rig.peer.received, "");
    assert.equal(client.state, "ready");
  });

  test("by the caller's own toJSON: nothing goes out", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const controller = new AbortController();
    const toJSON = (): object => {
      controller.abort(reason);
      return {};
    };
    await assert.rejects(client.executeUntyped("test-echo", { toJSON }, { signal: controller.signal }), isReason);
    const closes = {
      toJSON() {
        void client.close();
        return {};
      },
    };
    await assert.rejects(client.executeUntyped("test-echo", closes), failure("GW_ERR_CLOSED", false));
    assert.equal(rig.peer.received, "");
  });

  test("of a call in line: it is never sent", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const controller = new AbortController();
    const first = client.ping();
    const second = client.ping({ signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(second, isReason);
    rig.answer();
    await first;
    assert.equal(rig.peer.received, "");
  });

  test("of a call that was sent: the next one synchronises", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const controller = new AbortController();
    const call = client.ping({ signal: controller.signal });
    const { id } = rig.request();
    controller.abort(reason);
    await assert.rejects(call, isReason);
    assert.equal(client.state, "lost");
    const next = client.executeUntyped("test-next");
    rig.peer.send(`{"return": "late", "id": "${id}"}\n`);
    rig.answerSync();
    rig.answer("1");
    assert.equal(await next, 1);
  });

  test("of a synchronisation: it ends", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const controller = new AbortController();
    const sync = client.sync({ signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(sync, isReason);
    assert.equal(client.state, "lost");
    rig.peer.take();
  });

  test("of connecting close the transport, when what is unread is read", async () => {
    const controller = new AbortController();
    const rig = new Rig({ signal: controller.signal });
    const rejected = assert.rejects(rig.connect(), isReason);
    const { arguments: args } = rig.request();
    controller.abort(reason);
    await turn();
    assert.ok(!rig.peer.closed);
    rig.peer.send(`\xff{"return": ${String(args?.["id"])}}\n`);
    rig.answerSync();
    await rejected;
    assert.ok(rig.peer.closed);
    assert.equal(rig.clock.pending, 0);
  });

  test("leave no listener behind", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const { signal } = new AbortController();
    for (let n = 0; n < 20; n++) {
      const call = client.ping({ signal });
      rig.answer();
      await call;
    }
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });

  test("of many calls with one signal: one listener, and all end", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const controller = new AbortController();
    const { signal } = controller;
    const calls = Array.from({ length: 20 }, () => client.ping({ signal }));
    assert.equal(getEventListeners(signal, "abort").length, 1);
    rig.answer();
    await calls.shift();
    assert.equal(getEventListeners(signal, "abort").length, 1);
    controller.abort(reason);
    for (const call of calls) await assert.rejects(call, isReason);
    assert.equal(getEventListeners(signal, "abort").length, 0);
    assert.equal(client.state, "lost");
    rig.peer.take();
  });

  test("by a signal that says so twice, and forgets nobody, end one call", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const listeners: (() => void)[] = [];
    const signal = {
      aborted: false,
      reason,
      throwIfAborted() {},
      addEventListener: (_: string, listener: () => void) => listeners.push(listener),
      removeEventListener() {},
    } as unknown as AbortSignal;
    const call = client.ping({ signal });
    const other = client.executeUntyped("test-echo");
    rig.peer.take();
    for (const listener of [...listeners, ...listeners]) listener();
    await assert.rejects(call, isReason);
    rig.answerSync();
    rig.answer("1");
    assert.equal(await other, 1);
  });

  test("of a call that has its answer change nothing", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const controller = new AbortController();
    const call = client.executeUntyped("test-echo", {}, { signal: controller.signal });
    rig.answer("1");
    controller.abort(reason);
    assert.equal(await call, 1);
    assert.equal(client.state, "ready");
  });
});

suite("lines that are no answer", () => {
  const shapes: readonly (readonly [line: string, why: RegExp])[] = [
    ["", /no JSON/],
    ["login: ", /no JSON/],
    ['{"return": {}', /no JSON/],
    ['{"return": "\xff"}', /cut off/],
    ['{"return": "\xc3("}', /no JSON/],
    ['\xef\xbb\xbf{"return": {}}', /no JSON/],
    ["null", /no JSON object/],
    ["[]", /no JSON object/],
    [' \t\r{"error": 1}', /neither/],
    ["{}", /neither return nor error/],
    ['{"error": null}', /neither/],
    ['{"error": {"class": "GenericError"}}', /no class or no desc/],
    ['{"error": {"class": 1, "desc": "x"}}', /no class or no desc/],
    ['{"return": {}, "error": {}}', /both/],
    ['{"__proto__": {"return": {}}}', /neither/],
    ['{"return": {}}', /lacks the call's id/],
    ['{"error": {"class": "GenericError", "desc": "JSON parse error"}}', /did not understand it: JSON parse error/],
    ['\xff{"return": 1}', /lacks the call's id/],
    ['{"retu\xff{"return": 1}', /cut off/],
  ];
  for (const [line, why] of shapes) {
    test(JSON.stringify(line), async (t) => {
      const { rig, client } = await Rig.ready(t);
      const call = client.executeUntyped("test-echo");
      const next = client.executeUntyped("test-next");
      rig.peer.take();
      rig.peer.send(`${line}\n`);
      await assert.rejects(call, failure("GW_ERR_REPLY", true, why));
      rig.answerSync();
      rig.answer('"right"');
      assert.equal(await next, "right");
      assert.equal(client.stats.resyncs, 1);
    });
  }

  test("one that is longer than it may be", async (t) => {
    const { rig, client } = await Rig.ready(t, { replyBytes: 100 });
    for (const pieces of [["x".repeat(101)], ["x".repeat(60), "x".repeat(41)], [`${"x".repeat(101)}\n`]]) {
      const call = client.executeUntyped("test-echo");
      rig.peer.take();
      for (const piece of pieces) rig.peer.send(piece);
      await assert.rejects(call, failure("GW_ERR_REPLY", true, /more than 100 bytes; raise replyBytes/));
      const next = client.executeUntyped("test-next");
      rig.peer.send("xxx\n");
      rig.answerSync();
      rig.answer("1");
      assert.equal(await next, 1);
    }
    const longest = client.executeUntyped("test-echo");
    const { id } = rig.request();
    const line = `{"return": "", "id": "${id}"}`;
    rig.peer.send(`${line.replace('""', `"${"y".repeat(100 - line.length)}"`)}\n`);
    assert.equal(await longest, "y".repeat(100 - line.length));
  });

  for (const [name, junk] of [
    ["a line", '{"return": {}}\n'],
    ["the beginning of a line", "{"],
    ["0xFF", "\xff"],
    ["too much for a line", "x".repeat(100)],
    ["a line that is too long", `${"x".repeat(100)}\n`],
  ] as const) {
    test(`${name} that nobody asked for: the next call synchronises`, async (t) => {
      const { rig, client } = await Rig.ready(t, { replyBytes: 64 });
      rig.peer.send(junk);
      assert.equal(client.state, "lost");
      const call = client.executeUntyped("test-next");
      rig.answerSync();
      rig.answer("1");
      assert.equal(await call, 1);
    });
  }
});

suite("synchronisations", () => {
  const refusal = (name: string, errorClass = "CommandNotFound", why = "has not been found"): string =>
    `{"error": {"class": "${errorClass}", "desc": "The command ${name} ${why}"}}\n`;

  test("throw away what was there, and count it", async () => {
    const rig = new Rig();
    const connecting = rig.connect();
    const { arguments: args } = rig.request();
    const junk = '{"return": {"old\xff{"return": 5}\n{"return": 6}\nlogin: \n';
    rig.peer.send(`${junk}\xff{"return": ${String(args?.["id"])}}\n`);
    const client = await connecting;
    assert.deepEqual(client.stats, { calls: 0, resyncs: 0, bytesDiscarded: junk.length, lateReplies: 0 });
    await client.close();
  });

  test("cost little where they have to be looked for in a lot of junk", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const parse = t.mock.method(JSON, "parse");
    const junk = '\n{\n{"x": "\xc3"}\n[1]\nlogin: \n'.repeat(10);
    rig.peer.send(`${junk}{"return": {}, "id": "x-1"}\n`);
    assert.equal(client.state, "lost");
    const sync = client.sync();
    rig.peer.send(junk);
    assert.equal(parse.mock.callCount(), 0);
    rig.answerSync();
    await sync;
  });

  test("use an id once, from 1 to 2^53 - 1", async () => {
    const rig = new Rig({ timeoutMs: 0 });
    const connecting = rig.connect();
    const ids: number[] = [];
    for (let n = 0; n < 20; n++) {
      ids.push(Number(rig.request().arguments?.["id"]));
      rig.clock.pass(8000);
    }
    assert.ok(ids.every((id) => Number.isSafeInteger(id) && id >= 1));
    assert.equal(new Set(ids).size, ids.length);
    rig.peer.take();
    rig.peer.hangUp();
    await assert.rejects(connecting, failure("GW_ERR_LINK", false));
  });

  test("take the last attempt's answer only", async () => {
    const rig = new Rig();
    const connecting = rig.connect();
    const first = rig.request().arguments?.["id"];
    rig.clock.pass(500);
    rig.peer.send(`\xff{"return": ${String(first)}}\n`);
    await turn();
    rig.answerSync();
    const client = await connecting;
    assert.equal(client.stats.bytesDiscarded, `\xff{"return": ${String(first)}}\n`.length);
    await client.close();
  });

  for (const ms of [400, 1900, 4100, 7400]) {
    test(`find an agent that always answers ${ms} ms late, within the time that connecting has`, async () => {
      const rig = new Rig();
      const connecting = rig.connect();
      for (let now = 0; now < 10_000; now += 100) {
        for (const [, id] of rig.peer.take().matchAll(/"id":(\d+)/g)) {
          rig.clock.after(ms, () => rig.peer.send(`\xff{"return": ${id}}\n`));
        }
        await rig.pass(100);
      }
      await (await connecting).close();
    });
  }

  test("want the 0xFF before the answer to the delimited command", async () => {
    const rig = new Rig();
    const connecting = rig.connect();
    const id = String(rig.request().arguments?.["id"]);
    rig.peer.send(`{"return": ${id}}\n`);
    rig.peer.send(`\xff{"return": "${id}"}\n`);
    rig.peer.send(`\xff{"return": [${id}]}\n`);
    await turn();
    rig.clock.pass(500);
    rig.answerSync();
    await (await connecting).close();
  });

  for (const [errorClass, why] of [
    ["CommandNotFound", "has not been found"],
    ["CommandNotFound", "has been disabled: the command is not allowed"],
    ["CommandDisabled", "has been disabled for this instance"],
    ["GenericError", "has been disabled for this instance"],
  ] as const) {
    test(`fall back to guest-sync: ${errorClass}, ${why}`, async () => {
      const rig = new Rig();
      const connecting = rig.connect();
      assert.equal(rig.request().execute, "guest-sync-delimited");
      rig.peer.send(refusal("guest-sync-delimited", errorClass, why));
      assert.equal(rig.peer.received[0], "\xff");
      const { execute, arguments: args } = rig.request();
      assert.equal(execute, "guest-sync");
      rig.peer.send(`{"return": ${String(args?.["id"])}}\n`);
      await (await connecting).close();
    });
  }

  test("do not take for theirs what bears an id, or the refusal of a command with a longer name", async () => {
    const rig = new Rig();
    const connecting = rig.connect();
    const id = String(rig.request().arguments?.["id"]);
    rig.peer.send(`\xff{"return": ${id}, "id": "x"}\n`);
    rig.peer.send(refusal("guest-sync-delimited").replace("}}", '}, "id": "x"}'));
    for (const name of ["guest-sync", "guest-sync-delimited-plus", "x.guest-sync-delimited"]) {
      rig.peer.send(refusal(name));
    }
    await turn();
    assert.equal(rig.peer.received, "");
    rig.peer.send(`\xff{"return": ${id}}\n`);
    await (await connecting).close();
  });

  test("fall back to guest-sync wherever in its text the agent names the command", async () => {
    const rig = new Rig();
    const connecting = rig.connect();
    rig.peer.take();
    rig.peer.send('{"error": {"class": "CommandNotFound", "desc": "unknown: guest-sync-delimited."}}\n');
    const { execute, arguments: args } = rig.request();
    assert.equal(execute, "guest-sync");
    rig.peer.send(`{"return": ${String(args?.["id"])}}\n`);
    await (await connecting).close();
  });

  test("wait for the plain command as long as for the first attempt", async () => {
    const rig = new Rig();
    const connecting = rig.connect();
    rig.peer.take();
    rig.peer.send(refusal("guest-sync-delimited"));
    rig.peer.take();
    rig.clock.pass(500);
    const { execute, arguments: args } = rig.request();
    assert.equal(execute, "guest-sync");
    rig.peer.send(`{"return": ${String(args?.["id"])}}\n`);
    await (await connecting).close();
  });

  test("survive a refusal that is stale", async () => {
    const rig = new Rig();
    const connecting = rig.connect();
    const delimited = String(rig.request().arguments?.["id"]);
    rig.peer.send(refusal("guest-sync-delimited"));
    const plain = String(rig.request().arguments?.["id"]);
    rig.peer.send(refusal("guest-sync"));
    rig.peer.send(`\xff{"return": ${delimited}}\n{"return": ${plain}}\n`);
    rig.answerSync();
    await (await connecting).close();
  });

  test("fail at once where the agent has neither command", async () => {
    const rig = new Rig();
    const connecting = rig.connect();
    for (let n = 0; n < 4; n++) rig.peer.send(refusal(rig.request().execute));
    await assert.rejects(connecting, failure("GW_ERR_SYNC", false, /neither guest-sync-delimited nor guest-sync/));
    assert.equal(rig.clock.now(), 0);
    assert.ok(rig.peer.closed);
    assert.equal(rig.clock.pending, 0);
  });

  test("happen when asked for, in their turn", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const [ping, sync, last] = [client.ping(), client.sync(), client.executeUntyped("test-last")];
    rig.answer();
    await ping;
    rig.answerSync();
    await sync;
    rig.answer("1");
    assert.equal(await last, 1);
    assert.equal(client.stats.resyncs, 1);
  });
});

suite("agents that refuse ids", () => {
  const REFUSED = '{"error": {"class": "GenericError", "desc": "QMP input member \'id\' is unexpected"}}\n';

  test("are asked without", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const call = client.executeUntyped("test-echo");
    assert.notEqual(rig.request().id, undefined);
    rig.peer.send(REFUSED);
    assert.deepEqual(rig.request(), { execute: "test-echo" });
    rig.peer.send('{"return": 1}\n');
    assert.equal(await call, 1);
    const next = client.executeUntyped("test-next");
    assert.deepEqual(rig.request(), { execute: "test-next" });
    rig.peer.send('{"return": 2}\n');
    assert.equal(await next, 2);
    assert.equal(client.stats.resyncs, 0);
  });

  test("are not trusted where they could not read a request: what was torn draws more than one line", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const first = client.executeUntyped("test-echo");
    rig.peer.take();
    rig.peer.send(REFUSED);
    rig.peer.take();
    rig.peer.send('{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}\n');
    await assert.rejects(first, failure("GW_ERR_REPLY", true, /did not understand it: JSON parse error/));
    rig.peer.send('{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}\n');
    const next = client.executeUntyped("test-next");
    rig.answerSync();
    rig.peer.take();
    rig.peer.send(REFUSED);
    rig.peer.take();
    rig.peer.send('{"return": 7}\n');
    assert.equal(await next, 7);
    assert.equal(client.stats.resyncs, 1);
  });

  test("are not trusted beyond a 0xFF, which is a synchronisation's", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const call = client.executeUntyped("test-echo");
    rig.peer.take();
    rig.peer.send(REFUSED);
    rig.peer.take();
    rig.peer.send('\xff{"return": 5}\n');
    await assert.rejects(call, failure("GW_ERR_REPLY", true, /0xFF came in its place/));
    const next = client.executeUntyped("test-next");
    rig.answerSync();
    rig.peer.take();
    rig.peer.send(REFUSED);
    rig.peer.take();
    rig.peer.send('{"return": 6}\n');
    assert.equal(await next, 6);
    rig.peer.send("\xff");
    assert.equal(client.state, "lost");
    const last = client.executeUntyped("test-last");
    rig.peer.send('{"return": 7}\n');
    rig.answerSync();
    rig.answer("8");
    assert.equal(await last, 8);
  });

  test("are recognised after a synchronisation, as it may be another one", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const ping = client.ping();
    rig.answer();
    await ping;
    const sync = client.sync();
    rig.answerSync();
    await sync;
    const call = client.executeUntyped("test-echo");
    rig.peer.take();
    rig.peer.send(REFUSED);
    assert.deepEqual(rig.request(), { execute: "test-echo" });
    rig.peer.send('{"return": 1}\n');
    assert.equal(await call, 1);
    const other = client.sync();
    rig.answerSync();
    await other;
    const last = client.executeUntyped("test-last");
    rig.answer("2");
    assert.equal(await last, 2);
  });

  test("are recognised once: later the same error is no answer", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const first = client.ping();
    rig.answer();
    await first;
    const call = client.executeUntyped("test-echo");
    rig.peer.take();
    rig.peer.send(REFUSED);
    await assert.rejects(call, failure("GW_ERR_REPLY", true));
    assert.equal(rig.peer.received, "");
  });
});

suite("commands without a success reply", () => {
  test("succeed by silence", async (t) => {
    const { rig, client } = await Rig.ready(t);
    for (const timeoutMs of [undefined, 6000, 0]) {
      const call = client.execute("guest-shutdown", {}, timeoutMs === undefined ? {} : { timeoutMs });
      if (client.state === "syncing") rig.answerSync();
      await rig.pass(4999);
      assert.equal(client.state, "ready");
      await rig.pass(1);
      await call;
      assert.equal(client.state, "lost");
      rig.peer.take();
    }
  });

  test("succeed by silence whatever time calls have by default", async (t) => {
    const { rig, client } = await Rig.ready(t, { callTimeoutMs: 100 });
    const call = client.execute("guest-shutdown");
    await rig.pass(5000);
    await call;
    rig.peer.take();
  });

  test("time out where the caller's time is over before", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const call = client.execute("guest-shutdown", {}, { timeoutMs: 4999 });
    rig.peer.take();
    rig.clock.pass(4999);
    await assert.rejects(call, failure("GW_ERR_TIMEOUT", true));
    assert.equal(client.state, "lost");
  });

  test("fail with the agent's error", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const call = client.execute("guest-suspend-ram");
    rig.peer.send(`{"id": "${rig.request().id}", "error": {"class": "GenericError", "desc": "no"}}\n`);
    await assert.rejects(call, /^AgentError: no$/);
    assert.equal(client.state, "ready");
  });

  for (const [name, go] of [
    ["closes", (rig: Rig) => rig.peer.hangUp()],
    ["ends", (rig: Rig) => rig.peer.end()],
    ["is lost", (rig: Rig) => rig.peer.lose()],
  ] as const) {
    test(`succeed when the link ${name}`, async (t) => {
      const { rig, client } = await Rig.ready(t);
      const call = client.execute("guest-shutdown");
      const other = client.ping({ timeoutMs: 10 });
      rig.peer.take();
      go(rig);
      await call;
      rig.clock.pass(10);
      await assert.rejects(other, (error) => error instanceof GuestwireError);
    });
  }

  for (const [name, go] of [
    ["closes", (rig: Rig) => rig.peer.hangUp()],
    ["ends", (rig: Rig) => rig.peer.end()],
    ["is lost", (rig: Rig) => rig.peer.lose()],
  ] as const) {
    test(`fail when the link ${name} and has not taken the request`, async (t) => {
      const { rig, client } = await Rig.ready(t);
      rig.peer.takes = () => false;
      const call = client.execute("guest-shutdown");
      rig.peer.take();
      go(rig);
      await assert.rejects(call, failure("GW_ERR_LINK", true));
    });
  }

  test("fail when the write throws", async (t) => {
    const { rig, client } = await Rig.ready(t);
    rig.peer.takes = () => {
      throw new Error("broken pipe");
    };
    await assert.rejects(client.execute("guest-shutdown"), failure("GW_ERR_LINK", true, /broken pipe/));
  });

  test("time out where the channel did not take the request", async (t) => {
    const { rig, client } = await Rig.ready(t);
    rig.peer.takes = () => false;
    const call = client.execute("guest-shutdown");
    rig.clock.pass(59_999);
    assert.equal(client.state, "ready");
    rig.clock.pass(1);
    await assert.rejects(call, failure("GW_ERR_TIMEOUT", true));
    assert.equal(client.state, "lost");
    rig.peer.take();
  });

  test("are waited for from when the channel has taken the request", async (t) => {
    const { rig, client } = await Rig.ready(t);
    rig.peer.takes = () => false;
    const call = client.execute("guest-shutdown");
    rig.clock.pass(4000);
    rig.peer.drain();
    await rig.pass(4999);
    assert.equal(client.state, "ready");
    await rig.pass(1);
    await call;
    rig.peer.take();
  });

  test("are waited for anew where the agent refused their id, and the channel takes no more", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const call = client.execute("guest-shutdown");
    rig.peer.takes = () => false;
    rig.peer.send('{"error": {"class": "GenericError", "desc": "QMP input member \'id\' is unexpected"}}\n');
    rig.clock.pass(5000);
    assert.equal(client.state, "ready");
    rig.peer.drain();
    rig.clock.pass(5000);
    await call;
    rig.peer.take();
  });

  test("are learnt from guest-info", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const info = client.info();
    rig.answer('{"version": "1", "supported_commands": [null, 1, {"name": "test-quiet", "success-response": false}]}');
    await info;
    const call = client.executeUntyped("test-quiet");
    await rig.pass(5000);
    assert.equal(await call, undefined);
    rig.peer.take();
  });

  test("are whatever the caller says", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const call = client.executeUntyped("test-quiet", {}, { silenceMs: 7 });
    await rig.pass(7);
    assert.equal(await call, undefined);
    rig.peer.take();
    const loud = client.execute("guest-shutdown", {}, { silenceMs: 0, timeoutMs: 9 });
    rig.answerSync();
    rig.clock.pass(9);
    await assert.rejects(loud, failure("GW_ERR_TIMEOUT", true));
    rig.peer.take();
  });
});

suite("links", () => {
  test("that close settle all calls", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const [sent, waiting] = [client.ping(), client.ping()];
    rig.peer.take();
    rig.peer.hangUp();
    await assert.rejects(sent, failure("GW_ERR_LINK", true));
    await assert.rejects(waiting, failure("GW_ERR_LINK", false));
    assert.equal(client.state, "closed");
    await assert.rejects(client.ping(), failure("GW_ERR_LINK", false));
  });

  test("that do not start are told, and why", async () => {
    const error = new TypeError("no start");
    const peer = new Peer();
    peer.start = () => {
      throw error;
    };
    peer.close = () => Promise.reject(new Error("no end"));
    await assert.rejects(connect(peer), (reason) => {
      assert.equal((reason as Error).cause, error);
      return failure("GW_ERR_LINK", false, /no start/)(reason);
    });
  });

  test("whose write throws are closed", async () => {
    const rig = new Rig();
    const connecting = rig.connect();
    rig.answerSync();
    const client = await connecting;
    rig.peer.takes = () => {
      throw new Error("broken pipe");
    };
    await assert.rejects(client.ping(), failure("GW_ERR_LINK", true, /broken pipe/));
    assert.equal(client.state, "closed");
    assert.ok(rig.peer.closed);
    await client.close();
  });

  test("that are lost settle what was sent; what waits goes on when they are back", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const [sent, waiting] = [client.ping(), client.executeUntyped("test-wait")];
    rig.peer.take();
    rig.peer.send('{"return": {"half');
    rig.peer.lose(new Error("the cable was pulled"));
    await assert.rejects(sent, failure("GW_ERR_LINK", true, /the cable was pulled/));
    assert.equal(client.state, "lost");
    rig.peer.lose(new Error("no cable"));
    const late = client.ping({ timeoutMs: 10 });
    rig.clock.pass(10);
    await assert.rejects(late, failure("GW_ERR_TIMEOUT", false, /no link within 10 ms: no cable/));
    assert.equal(rig.peer.received, "");
    rig.peer.reopen();
    rig.answerSync();
    rig.answer("1");
    assert.equal(await waiting, 1);
  });

  test("that are lost take the half of a line with them", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const sent = client.ping();
    rig.peer.take();
    rig.peer.send('{"return": {"half');
    rig.peer.lose();
    await assert.rejects(sent, failure("GW_ERR_LINK", true));
    const call = client.executeUntyped("test-echo");
    rig.peer.reopen();
    rig.peer.take();
    rig.peer.send(
      '{"error": {"class": "CommandNotFound", "desc": "The command guest-sync-delimited has not been found"}}\n',
    );
    const { execute, arguments: args } = rig.request();
    assert.equal(execute, "guest-sync");
    rig.peer.send(`{"return": ${String(args?.["id"])}}\n`);
    rig.answer("1");
    assert.equal(await call, 1);
  });

  test("that are lost under a synchronisation: it begins again when they are back", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const sync = client.sync();
    rig.peer.take();
    rig.peer.lose();
    assert.equal(client.state, "lost");
    rig.peer.reopen();
    rig.answerSync();
    await sync;
  });

  test("that are not there yet: connecting waits for them", async () => {
    const rig = new Rig();
    const connecting = rig.connect();
    rig.peer.lose(new Error("nobody listens"));
    rig.peer.take();
    rig.peer.reopen();
    rig.answerSync();
    await (await connecting).close();
  });

  test("that never come: connecting says so, and reads for nothing", async () => {
    const rig = new Rig();
    const { clock } = rig;
    const transport = reconnecting(() => new Promise(() => {}), { clock });
    const rejected = assert.rejects(
      connect(transport, { clock, timeoutMs: 700 }),
      failure("GW_ERR_TIMEOUT", false, /synchronisation: no link within 700 ms$/),
    );
    await rig.pass(700);
    await rejected;
    const controller = new AbortController();
    const aborted = assert.rejects(
      connect(
        reconnecting(() => new Promise(() => {}), { clock }),
        { clock, signal: controller.signal },
      ),
      { name: "AbortError" },
    );
    await turn();
    controller.abort();
    await aborted;
    assert.equal(clock.pending, 0);
  });

  test("that break under a command without a success reply, and come back", async () => {
    const clock = fakeClock();
    const links: Peer[] = [];
    const open = async (): Promise<Peer> => {
      const peer = new Peer();
      links.push(peer);
      return peer;
    };
    const connecting = connect(reconnecting(open, { clock }), { clock });
    await turn();
    const [link] = links;
    assert.ok(link !== undefined);
    link.send(`\xff{"return": ${/"id":(\d+)/.exec(link.take())?.[1]}}\n`);
    const client = await connecting;
    link.takes = () => {
      throw new Error("unplugged");
    };
    await assert.rejects(client.execute("guest-shutdown"), failure("GW_ERR_LINK", true, /unplugged/));
    await client.close();
    assert.equal(clock.pending, 0);
  });

  test("that hold bytes back get an attempt to synchronise once", async () => {
    const rig = new Rig();
    rig.peer.takes = () => false;
    const connecting = rig.connect();
    const first = rig.peer.received;
    rig.peer.drain();
    assert.equal(rig.peer.received, first);
    rig.answerSync();
    await (await connecting).close();
  });

  test("that take nothing get no more attempts until they do", async () => {
    const rig = new Rig();
    rig.peer.takes = () => false;
    const connecting = rig.connect();
    rig.peer.take();
    rig.clock.pass(500);
    rig.clock.pass(2000);
    assert.equal(rig.peer.received, "");
    rig.peer.takes = () => true;
    rig.peer.drain();
    rig.answerSync();
    assert.deepEqual(rig.peer.misuse, []);
    await (await connecting).close();
  });
});

test("Web Streams, which take one chunk at a time, carry it", async () => {
  const agent = createAgent();
  const [up, down] = [new TransformStream<Uint8Array>(), new TransformStream<Uint8Array>()];
  agent.serve(streams(up.readable, down.writable));
  const client = await connect(streams(down.readable, up.writable));
  for (let n = 0; n < 20; n++) {
    assert.equal(await client.execute("guest-sync", { id: n }), n);
    await client.sync();
  }
  assert.equal(client.stats.resyncs, 20);
  await client.close();
  await agent.close();
});

suite("closing", () => {
  test("rejects all calls and reads what is unread", async () => {
    const rig = new Rig();
    const connecting = rig.connect();
    rig.answerSync();
    const client = await connecting;
    const [sent, waiting] = [client.ping(), client.ping()];
    const { id } = rig.request();
    const closing = client.close();
    assert.equal(client.close(), closing);
    await assert.rejects(sent, failure("GW_ERR_CLOSED", true));
    await assert.rejects(waiting, failure("GW_ERR_CLOSED", false));
    await assert.rejects(client.ping(), failure("GW_ERR_CLOSED", false));
    assert.ok(!rig.peer.closed);
    rig.peer.send(`{"return": {}, "id": "${id}"}\n`);
    rig.answerSync();
    await closing;
    assert.ok(rig.peer.closed);
    assert.equal(client.state, "closed");
    assert.equal(client.stats.lateReplies, 1);
    assert.equal(rig.clock.pending, 0);
  });

  test("waits a second for that, not longer", async () => {
    const rig = new Rig();
    const connecting = rig.connect();
    rig.answerSync();
    const client = await connecting;
    const call = client.ping({ timeoutMs: 5 });
    rig.clock.pass(5);
    await assert.rejects(call, failure("GW_ERR_TIMEOUT", true));
    const closing = client.close();
    await rig.pass(999);
    assert.ok(!rig.peer.closed);
    await rig.pass(1);
    assert.ok(rig.peer.closed);
    await closing;
    assert.equal(rig.clock.pending, 0);
  });

  test("ends when the link is lost", async () => {
    const rig = new Rig();
    const connecting = rig.connect();
    rig.answerSync();
    const client = await connecting;
    void client.ping().catch(() => {});
    const closing = client.close();
    await turn();
    assert.ok(!rig.peer.closed);
    rig.peer.lose();
    await closing;
    assert.ok(rig.peer.closed);
    assert.equal(rig.clock.pending, 0);
  });

  test("does not wait where nothing is unread, or the link is lost", async () => {
    for (const lose of [false, true]) {
      const rig = new Rig();
      const connecting = rig.connect();
      rig.answerSync();
      const client = await connecting;
      if (lose) {
        void client.ping().catch(() => {});
        rig.peer.take();
        rig.peer.lose();
      }
      await client.close();
      assert.equal(rig.peer.received, "");
      assert.equal(rig.clock.pending, 0);
    }
  });
});

suite("observers", () => {
  test("that throw disturb nobody", async (t) => {
    const { rig, client } = await Rig.ready(t, {
      logger: {
        log() {
          throw new Error("log");
        },
      },
    });
    client.observe(() => {
      throw new Error("observer");
    });
    client.observe(() => Promise.reject(new Error("asynchronous observer")));
    const events: ClientEvent[] = [];
    const stop = client.observe((event) => events.push(event));
    const sync = client.sync();
    rig.answerSync();
    await sync;
    await turn();
    stop();
    await Promise.all([client.sync(), rig.answerSync()]);
    assert.deepEqual(events, [
      { type: "state", state: "syncing" },
      { type: "state", state: "ready" },
    ]);
  });
});

suite("observers that stop", () => {
  test("hear nothing more, not even what has happened", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const events: ClientEvent[] = [];
    const stop = client.observe((event) => events.push(event));
    rig.peer.send("junk");
    assert.equal(client.state, "lost");
    stop();
    await turn();
    assert.deepEqual(events, []);
  });

  test("stop once: the same function may be there twice", async (t) => {
    const { rig, client } = await Rig.ready(t);
    const events: ClientEvent[] = [];
    const observer = (event: ClientEvent): number => events.push(event);
    const [stop] = [client.observe(observer), client.observe(observer)];
    rig.peer.send("junk");
    await turn();
    assert.equal(events.length, 2);
    stop();
    stop();
    void client.sync().catch(() => {});
    rig.peer.take();
    await turn();
    assert.equal(events.length, 3);
  });
});

suite("options out of range", () => {
  const wrong: readonly ClientOptions[] = [
    { timeoutMs: -1 },
    { timeoutMs: 1.5 },
    { timeoutMs: Number.NaN },
    { timeoutMs: 2 ** 31 },
    { callTimeoutMs: -1 },
    { callTimeoutMs: Infinity },
    { replyBytes: 63 },
    { replyBytes: 2 ** 30 + 1 },
  ];
  for (const options of wrong) {
    test(Object.entries(options).join(" "), async () => {
      const peer = new Peer();
      await assert.rejects(connect(peer, options), { name: "GuestwireError", code: "GW_ERR_LIMIT" });
      assert.equal(peer.received, "");
      assert.ok(peer.closed);
    });
  }

  test("are told whatever goes wrong with the transport, which does not start", async () => {
    for (const options of [{ timeoutMs: -1 }, { replyBytes: 1 }]) {
      let starts = 0;
      const start = (): number => starts++;
      const close = (): Promise<void> => Promise.reject(new Error("no end"));
      const peer = Object.assign(new Peer(), { start, close });
      await assert.rejects(connect(peer, options), { code: "GW_ERR_LIMIT" });
      assert.equal(starts, 0);
    }
  });

  test("that are undefined are not there", async (t) => {
    const { rig, client } = await Rig.ready(t, { timeoutMs: undefined, callTimeoutMs: undefined, logger: undefined });
    const call = client.ping({ timeoutMs: undefined, signal: undefined, silenceMs: undefined });
    rig.answer();
    await call;
  });

  test("of a call", async (t) => {
    const { rig, client } = await Rig.ready(t);
    await assert.rejects(client.ping({ timeoutMs: -1 }), { code: "GW_ERR_LIMIT" });
    await assert.rejects(client.executeUntyped("test-echo", {}, { silenceMs: 0.5 }), { code: "GW_ERR_LIMIT" });
    await assert.rejects(client.sync({ timeoutMs: 2 ** 31 }), { code: "GW_ERR_LIMIT" });
    assert.equal(rig.peer.received, "");
    assert.equal(client.state, "ready");
  });
});
