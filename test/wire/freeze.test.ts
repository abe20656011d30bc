// The freeze switch: who may throw it, where it is kept, what runs meanwhile, and how file systems thaw at the agent's end.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FREEZE, FREEZER, type Freeze, type FreezeState, type Freezer, type Plugin, createAgent } from "guestwire";
import { fakeClock } from "guestwire/testing";
import { BUILDS, ENGINES } from "../engines.ts";
import { Peer } from "../peer.ts";
import { PING, PONG, call, notFound, onEachBuild, withCommands } from "./served.ts";

const FREEZING = "warning general freezing: until the thaw only commands that may run then do, and nothing is logged";
const frozenOut = (name: string): string => notFound(`Command ${name} has been disabled: the agent is in frozen state`);

/** A state in memory that tells what it is asked. */
class Kept implements FreezeState {
  frozen: boolean;
  readonly notes: string[];
  /** What `set` throws with this value. */
  refuses: boolean | undefined;

  constructor(frozen = false, notes: string[] = []) {
    this.frozen = frozen;
    this.notes = notes;
  }

  set(frozen: boolean): void {
    if (frozen === this.refuses) throw new Error("no space left");
    this.notes.push(`kept: ${frozen}`);
    this.frozen = frozen;
  }
}

/** A plugin that says when it thaws, after `work`. */
function freezing(name: string, notes: string[], work: () => void | Promise<void> = () => {}): Plugin {
  const freezer: Freezer = {
    async thaw() {
      await work();
      notes.push(`${name} thawed`);
    },
  };
  return { name, api: 1, register: (container) => void container.register(FREEZER, { useValue: freezer }) };
}

onEachBuild(
  "a plugin freezes through the token FREEZE, and the owner through its switches: it is one switch",
  {
    plugins: [
      {
        name: "guestwire-plugin-test",
        api: 1,
        register(container) {
          const freeze = container.resolve<Freeze>(FREEZE);
          const bind = (name: string, run: () => unknown): void =>
            void container.register(Symbol.for("guestwire/Command/1"), { useValue: { name, whileFrozen: true, run } });
          bind("test-freeze", () => freeze.freeze());
          bind("test-thaw", () => freeze.thaw());
          bind("test-status", () => freeze.frozen);
        },
      },
    ],
  },
  ({ agent, ask, records }) => {
    assert.equal(ask(call("test-freeze")), PONG);
    assert.equal(agent.commands.frozen, true);
    assert.equal(ask(call("test-status")), '{"return": true}\n');
    agent.commands.thaw();
    assert.equal(ask(call("test-status")), '{"return": false}\n');
    agent.commands.freeze();
    assert.equal(ask(call("test-thaw") + PING), PONG + PONG);
    assert.equal(agent.commands.frozen, false);
    assert.deepEqual(records, [FREEZING, FREEZING, "info syslog guest-ping called"]);
  },
);

const FOUR = ["guest-sync-delimited", "guest-sync", "guest-ping", "guest-info"];

onEachBuild(
  "while frozen the policy does not hold for commands that may run then, and what was disabled by name stays so",
  {
    ...withCommands({ name: "test-plain", run: () => 1 }, { name: "test-safe", whileFrozen: true, run: () => 2 }),
    policy: { block: [...FOUR, "test-plain", "test-late"] },
  },
  ({ agent, ask }) => {
    const enabled = (): string[] => agent.commands.list().flatMap(({ name, enabled: is }) => (is ? [name] : []));
    assert.deepEqual(enabled(), ["test-safe"]);
    agent.commands.disable("test-safe", "broken");
    agent.commands.freeze();
    assert.deepEqual(enabled(), FOUR);
    assert.equal(ask(PING), PONG);
    assert.equal(ask(call("test-safe")), notFound("Command test-safe has been disabled: broken"));
    assert.equal(ask(call("test-plain")), notFound("Command test-plain has been disabled"));

    // One that comes, and one that was enabled meanwhile.
    agent.plugins.add({ name: "late", api: 1, commands: [{ name: "test-late", whileFrozen: true, run: () => 3 }] });
    assert.equal(ask(call("test-late")), '{"return": 3}\n');
    agent.commands.enable("guest-ping");
    assert.deepEqual(enabled(), [...FOUR, "test-late"]);
    agent.commands.thaw();
    assert.deepEqual(enabled(), ["guest-ping"]);
    assert.equal(ask(call("guest-sync")), notFound("Command guest-sync has been disabled"));
  },
);

for (const [name, core] of BUILDS) {
  test(`an agent whose state says so starts frozen, and says nothing until it is thawed (${name})`, async () => {
    const records: string[] = [];
    const state = new Kept(true);
    const agent = createAgent({
      core,
      freezeState: state,
      policy: { block: ["guest-ping"] },
      logger: { log: (...record) => records.push(record.join(" ")) },
      ...withCommands({ name: "test-plain", run: () => 1 }),
    });
    const peer = new Peer();
    agent.serve(peer);
    peer.send(PING + call("test-plain"));
    assert.equal(peer.take(), PONG + frozenOut("test-plain"));
    assert.deepEqual([agent.commands.frozen, records, state.notes], [true, [], []]);
    agent.commands.thaw();
    peer.send(PING + call("test-plain"));
    assert.equal(peer.take(), notFound("Command guest-ping has been disabled") + '{"return": 1}\n');
    assert.deepEqual(state.notes, ["kept: false"]);
    await agent.close();
  });
}

for (const [name, core] of ENGINES) {
  test(`a state that cannot be kept refuses the freeze; one that cannot be cleared does not refuse the thaw (${name})`, async () => {
    const records: string[] = [];
    const state = new Kept();
    const agent = createAgent({
      core,
      freezeState: state,
      logger: { log: (...record) => records.push(record.join(" ")) },
    });
    state.refuses = true;
    assert.throws(() => agent.commands.freeze(), { message: "no space left" });
    assert.deepEqual([agent.commands.frozen, records], [false, []]);
    state.refuses = undefined;
    agent.commands.freeze();
    // Again changes nothing, and asks nobody.
    state.refuses = true;
    agent.commands.freeze();
    state.refuses = false;
    agent.commands.thaw();
    assert.deepEqual([agent.commands.frozen, state.frozen], [false, true]);
    assert.deepEqual(records, [
      FREEZING,
      "warning general thawed, but the next agent will start frozen: no space left",
    ]);
    state.refuses = undefined;
    agent.commands.thaw();
    assert.deepEqual(state.notes, ["kept: true"]);
    await agent.close();
  });

  test(`an agent that closes while frozen thaws, after its last call and before its plugins go (${name})`, async () => {
    const notes: string[] = [];
    const state = new Kept(false, notes);
    class Service {
      dispose(): void {
        notes.push("disposed");
      }
    }
    const plugin: Plugin = {
      name: "guestwire-plugin-test",
      api: 1,
      commands: [
        {
          name: "test-long",
          whileFrozen: true,
          run: async (_args, { signal }) => {
            await new Promise((resolve) => signal.addEventListener("abort", resolve));
            notes.push("answered");
          },
        },
      ],
      register(container) {
        container.registerSingleton(Service);
        container.resolve(Service);
        container.register<Freezer>(FREEZER, { useValue: { thaw: () => void notes.push("thawed") } });
      },
    };
    const agent = createAgent({ core, freezeState: state, plugins: [plugin] });
    const peer = new Peer();
    agent.serve(peer);
    agent.commands.freeze();
    peer.send(call("test-long"));
    await agent.close();
    assert.deepEqual(notes, ["kept: true", "answered", "thawed", "kept: false", "disposed"]);
    assert.equal(peer.received, PONG);
  });
}

test("an agent that is not frozen does not thaw", async () => {
  const notes: string[] = [];
  await createAgent({ plugins: [freezing("one", notes)] }).close();
  assert.deepEqual(notes, []);
});

test("a plugin that cannot thaw keeps no other from it, and the next agent starts frozen", async () => {
  const notes: string[] = [];
  const clock = fakeClock();
  const state = new Kept(false, notes);
  const agent = createAgent({
    clock,
    freezeState: state,
    logger: { log: (...record) => notes.push(record.join(" ")) },
    plugins: [
      freezing("thrower", notes, () => {
        throw new Error("busy");
      }),
      freezing("sleeper", notes, () => new Promise(() => {})),
      {
        name: "fragile",
        api: 1,
        register: (container) =>
          void container.register(FREEZER, {
            useFactory: () => {
              throw new Error("not made");
            },
          }),
      },
      freezing("good", notes),
    ],
  });
  agent.commands.freeze();
  notes.length = 0;
  const closed = agent.close();
  while (!notes.includes("good thawed")) await new Promise(setImmediate);
  clock.pass(5000);
  await closed;
  assert.deepEqual(notes, [
    "good thawed",
    "error general thrower: it could not thaw: busy",
    "error general sleeper: it could not thaw: it takes more than 5000 ms",
    "error general fragile: it could not thaw: not made",
  ]);
  assert.equal(state.frozen, true);
});
