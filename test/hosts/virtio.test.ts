// The virtio port's transport, on a simulated port: hosts that come, go, do not read, and races between them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createAgent } from "guestwire";
import { openVirtio } from "guestwire/node";
import { Stage } from "./simulated-port.ts";
import { temporaryFolder } from "./rig.ts";
import { VirtioTransport } from "../../hosts/node/virtio.ts";

/** A transport that has started, with a host. */
function started({ host = true } = {}): Stage {
  const stage = new Stage();
  stage.port.marked = host;
  stage.transport.start(stage);
  stage.pass(1);
  return stage;
}

const LARGE = "x".repeat(100_000);

test("a silent host costs nothing", () => {
  const stage = started();
  stage.port.send("a");
  stage.pass(1);
  stage.write("b");
  stage.port.calls();
  for (let second = 0; second < 10; second++) stage.clock.pass(1000);
  assert.deepEqual([stage.port.calls(), stage.clock.pending], [0, 0]);
  assert.ok(stage.port.isWatching);
  assert.deepEqual([stage.news(), stage.port.got], [["a"], "b"]);
});

test("a receiver that throws ends it, with that error", async () => {
  const mistake = Object.assign(new Error("a mistake"), { code: "MISTAKE" });
  for (const event of ["data", "drained"] as const) {
    const stage = started();
    stage[event] = () => {
      throw mistake;
    };
    if (event === "data") stage.port.send("a");
    else {
      stage.port.room = 0;
      assert.equal(stage.write(LARGE), false);
      stage.port.room = Infinity;
    }
    stage.pass(1000);
    await stage.transport.close();
    assert.deepEqual(stage.news(), ["closed: MISTAKE"]);
    assert.equal(stage.port.isClosed, true);
    assert.equal(stage.clock.pending, 0);
  }
});

test("without a host the port is looked at less and less, and the loss is told once, after 300 ms", () => {
  const stage = started({ host: false });
  const looks: number[] = [];
  for (let ms = 1; ms < 3000; ms++) {
    const before = stage.port.reads;
    stage.pass(1);
    if (stage.port.reads > before) looks.push(ms);
    assert.ok(stage.port.reads <= before + 1, "one look at a time");
    assert.ok(stage.clock.pending <= 1);
    assert.equal(stage.events.length, stage.clock.now() < 300 ? 0 : 1);
  }
  assert.deepEqual(stage.events, ["lost"]);
  const waits = looks.map((ms, i) => ms - (looks[i - 1] ?? -1));
  assert.deepEqual(waits.slice(0, 7), [2, 4, 8, 16, 32, 64, 128]);
  assert.deepEqual(new Set(waits.slice(8)), new Set([250]));
  assert.equal(stage.port.writes, 0);
});

test("a host that comes back is heard within a quarter of a second, and told of once", () => {
  const stage = started({ host: false });
  stage.pass(5000);
  stage.port.marked = true;
  stage.port.send("a");
  stage.pass(250);
  stage.port.send("b");
  stage.pass(1);
  assert.deepEqual(stage.news(), ["lost", "reopened", "a", "b"]);
  assert.equal(stage.clock.pending, 0);
  // The next time it begins anew.
  stage.port.marked = false;
  stage.pass(299);
  assert.deepEqual(stage.news(), []);
  stage.pass(2);
  assert.deepEqual(stage.news(), ["lost"]);
});

test("a silent host between two absences ends the first", () => {
  const stage = started({ host: false });
  for (let round = 0; round < 20; round++) {
    stage.pass(150);
    stage.port.marked = true;
    stage.pass(200);
    assert.equal(stage.clock.pending, 0);
    stage.port.marked = false;
  }
  assert.deepEqual(stage.news(), []);
});

test("what a new host asks for before the kernel knows of it is answered", () => {
  for (const late of [1, 2, 3, 4, 50, 290]) {
    const stage = started({ host: false });
    stage.pass(5000);
    stage.news();
    stage.port.send("ask");
    while (stage.events.length < 2) stage.pass(1);
    assert.ok(stage.write("answer"));
    stage.pass(late);
    assert.equal(stage.port.got, "");
    stage.port.marked = true;
    stage.pass(100);
    assert.equal(stage.port.got, "answer", `${late} ms late`);
    assert.deepEqual(stage.news(), ["reopened", "ask"]);
    assert.equal(stage.clock.pending, 0);
  }
});

test("an answer for a host that went away is dropped, and not tried all the time", () => {
  const stage = started();
  stage.port.marked = false;
  stage.pass(1);
  assert.equal(stage.write(LARGE), false);
  stage.port.calls();
  stage.pass(300);
  assert.deepEqual(stage.news(), ["lost", "drained"]);
  assert.ok(stage.port.calls() < 25);
  assert.equal(stage.write("also"), true);
  stage.pass(10_000);
  assert.equal(stage.port.writes, 0);
  assert.ok(stage.port.calls() <= 41);
  stage.port.marked = true;
  stage.port.send("next");
  stage.pass(1000);
  assert.deepEqual(stage.news(), ["reopened", "next"]);
  assert.equal(stage.port.got, "");
});

test("a host that does not read gets all in order when it does, and is asked ten times a second", () => {
  const stage = started();
  stage.port.room = 10;
  assert.equal(stage.write("0123456789abc"), true);
  assert.equal(stage.write(LARGE), false);
  assert.equal(stage.write("end"), false);
  stage.pass(1000);
  stage.port.calls();
  stage.pass(10_000);
  assert.ok(stage.port.calls() <= 101);
  assert.deepEqual(stage.news(), []);
  stage.port.room = 50_000;
  stage.pass(101);
  assert.equal(stage.port.got.length, 50_010);
  stage.port.room = Infinity;
  stage.pass(101);
  assert.ok(stage.port.got === `0123456789abc${LARGE}end`);
  assert.deepEqual(stage.news(), ["drained"]);
  assert.equal(stage.clock.pending, 0);
});

test("a pause holds the host back", () => {
  const stage = started();
  stage.transport.pause();
  stage.port.send("a");
  stage.port.calls();
  stage.pass(1000);
  assert.deepEqual([stage.news(), stage.port.calls()], [[], 0]);
  stage.transport.resume();
  stage.pass(1);
  assert.deepEqual(stage.news(), ["a"]);
});

test("a pause while output waits hides neither that the host goes, nor what it sent", () => {
  for (const goes of [true, false]) {
    const stage = started();
    stage.port.room = 0;
    stage.write(LARGE);
    stage.transport.pause();
    stage.port.send("a");
    stage.port.send("b");
    stage.pass(10);
    assert.deepEqual(stage.news(), []);
    stage.port.room = Infinity;
    if (goes) {
      stage.port.marked = false;
      stage.pass(350);
      assert.deepEqual(stage.news(), ["lost", "drained"]);
      stage.port.marked = true;
      stage.pass(1000);
    } else {
      stage.pass(100);
      assert.deepEqual(stage.news(), ["drained"]);
    }
    stage.transport.resume();
    stage.port.send("c");
    stage.pass(300);
    assert.deepEqual(stage.news(), goes ? ["reopened", "c"] : ["a", "b", "c"]);
    assert.equal(stage.port.got, goes ? "" : LARGE);
  }
});

test("reading ahead has an end", () => {
  const stage = started();
  stage.port.room = 0;
  stage.write("x");
  stage.transport.pause();
  for (let i = 0; i < 100; i++) stage.port.send(LARGE);
  stage.pass(1000);
  stage.port.room = Infinity;
  stage.transport.resume();
  stage.pass(1000);
  assert.equal(stage.news().join("").length, 100 * LARGE.length);
  assert.equal(stage.port.got, "x");
});

test("an unplugged port is opened again every half second, and never while it is open", () => {
  for (const writes of [false, true]) {
    const stage = started();
    const first = stage.port;
    first.isPlugged = false;
    if (writes) {
      stage.transport.pause();
      stage.write(LARGE);
    }
    stage.pass(2);
    assert.deepEqual(stage.news(), ["lost: ENODEV"]);
    assert.ok(first.isClosed);
    stage.obstacle = new Error("not there");
    stage.pass(10_000);
    assert.equal(stage.opened, 20);
    assert.equal(stage.write("nobody"), true);
    stage.obstacle = undefined;
    stage.transport.resume();
    stage.pass(500);
    assert.notEqual(stage.port, first);
    stage.port.marked = true;
    stage.port.send("a");
    stage.pass(300);
    stage.write("b");
    assert.deepEqual([stage.news(), stage.port.got, stage.opened], [["reopened", "a"], "b", 21]);
    assert.equal(stage.clock.pending, 0);
  }
});

test("a port that cannot be opened again closes when it is unplugged", async () => {
  const stage = new Stage();
  const transport = new VirtioTransport(stage.port, stage.clock);
  stage.port.isPlugged = false;
  transport.start(stage);
  stage.pass(1);
  await transport.close();
  assert.deepEqual(stage.news(), ["closed: ENODEV"]);
  assert.ok(stage.port.isClosed);
});

const STATES: Record<string, (stage: Stage) => void> = {
  "with a host": () => {},
  "while a host goes": (stage) => {
    stage.port.marked = false;
    stage.pass(5);
  },
  "without a host": (stage) => {
    stage.port.marked = false;
    stage.pass(1000);
  },
  "while paused": (stage) => stage.transport.pause(),
  "while output waits": (stage) => {
    stage.port.room = 0;
    stage.write(LARGE);
    stage.pass(5);
  },
  "while output waits and the host goes": (stage) => {
    stage.write(LARGE);
    stage.port.marked = false;
    stage.write(LARGE);
    stage.pass(5);
  },
  "with what was read ahead": (stage) => {
    stage.port.room = 0;
    stage.write(LARGE);
    stage.transport.pause();
    stage.port.send("a");
    stage.pass(5);
    stage.transport.resume();
  },
  "while unplugged": (stage) => {
    stage.port.isPlugged = false;
    stage.obstacle = new Error("not there");
    stage.pass(700);
  },
};

for (const [state, reach] of Object.entries(STATES)) {
  test(`close ${state}: at once, or after a second at most, and for good`, async () => {
    const stage = started();
    reach(stage);
    stage.news();
    const closed = [stage.transport.close(), stage.transport.close()];
    stage.pass(1000);
    await Promise.all(closed);
    assert.deepEqual(stage.news(), ["closed"]);
    assert.ok(stage.port.isClosed);
    assert.equal(stage.clock.pending, 0);
    stage.transport.resume();
    stage.transport.pause();
    assert.equal(stage.write("late"), true);
    stage.pass(2000);
    assert.deepEqual(stage.news(), []);
    await stage.transport.close();
  });
}

test("close sends what waits to a host that reads", async () => {
  const stage = started();
  stage.port.room = 10;
  stage.write(LARGE);
  const closed = stage.transport.close();
  // Slowly: more than the second that a host has that takes nothing.
  for (let left = 40; left > 0; left--) {
    stage.port.room = 5000;
    stage.pass(100);
  }
  await closed;
  assert.ok(stage.port.got === LARGE);
});

test("close before the start", async () => {
  const stage = new Stage();
  await stage.transport.close();
  assert.deepEqual(stage.news(), []);
  assert.ok(stage.port.isClosed);
});

/** An agent on a stage's transport. */
function served(): { stage: Stage; close: () => Promise<void> } {
  const stage = new Stage();
  const agent = createAgent({ clock: stage.clock });
  agent.serve(stage.transport);
  const close = async (): Promise<void> => {
    const closed = agent.close();
    for (let left = 50; left > 0; left--) {
      stage.pass(100);
      await Promise.resolve();
    }
    await closed;
  };
  return { stage, close };
}

test("a thousand hosts come and go, and each gets its answer", async () => {
  const { stage, close } = served();
  const { port } = stage;
  // As random as it has to be, and the same each time.
  let seed = 1;
  const below = (limit: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % limit;
  };
  for (let id = 1; id <= 1000; id++) {
    // Gone for a moment, or for long; sometimes nobody notices that one went.
    port.marked = below(4) === 0;
    stage.pass(below(3) === 0 ? below(600) : below(5));
    port.got = "";
    port.send(`\xff{"execute":"guest-sync-delimited","arguments":{"id":${id}}}\n{"execute":"guest-ping"}\n`);
    // The kernel knows of it earlier or later.
    if (below(2) === 0) port.marked = true;
    stage.pass(below(5));
    port.marked = true;
    stage.pass(300);
    const answer = `\xff{"return": ${id}}\n{"return": {}}\n`;
    assert.ok(port.got.endsWith(answer), `host ${id} got ${JSON.stringify(port.got)}`);
    // Some leave half a message behind.
    if (below(3) === 0) port.send('{"execute": "guest-pi');
    stage.pass(below(3));
  }
  await close();
  assert.ok(port.isClosed);
});

test("half a message goes with its host", async () => {
  const { stage, close } = served();
  const { port } = stage;
  port.marked = true;
  port.send('{"execute": "guest-pi');
  stage.pass(10);
  port.marked = false;
  stage.pass(400);
  port.marked = true;
  port.send('{"execute": "guest-ping"}\n');
  stage.pass(300);
  assert.equal(port.got, '{"return": {}}\n');
  await close();
});

test("the answers that a host did not wait for are not the next one's", async () => {
  const { stage, close } = served();
  const { port } = stage;
  port.marked = true;
  port.room = 1000;
  // Far more than the agent keeps for one that does not read.
  for (let i = 0; i < 100; i++) port.send('{"execute": "guest-info"}\n'.repeat(100));
  stage.pass(50);
  port.marked = false;
  stage.pass(400);
  port.room = Infinity;
  port.got = "";
  port.marked = true;
  stage.pass(1000);
  assert.equal(port.got, "");
  port.send('{"execute": "guest-ping"}\n');
  stage.pass(300);
  assert.equal(port.got, '{"return": {}}\n');
  await close();
});

test("what is no port", async (t) => {
  const folder = temporaryFolder(t);
  const refused = (path: string, message: RegExp): Promise<void> =>
    assert.rejects(openVirtio(path), { name: "GuestwireError", code: "GW_ERR_DEVICE", message });
  await refused(folder, /is no device; name one/);
  await refused(`${folder}/missing`, /there is no device .*missing; attach it or name another one/);
});
