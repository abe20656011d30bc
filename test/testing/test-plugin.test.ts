// testPlugin: it passes a plugin that is in order, and finds what is wrong with others.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import introspect from "guestwire/introspect";
import { ascii } from "../../core/bytes.ts";
import { Command } from "../../core/command.ts";
import { COMMAND, CommandError, type HostCommand, type Plugin, defineCommand, definePlugin } from "guestwire/plugin";
import { wasm } from "guestwire/wasm";
import { type PluginTestOptions, testPlugin } from "guestwire/testing";

const read = defineCommand({
  name: "clock-read",
  arguments: { unit: { enum: ["s", "ns"] }, "at?": { object: { "zone?": "str" } }, "steps?": ["uint8"], "any?": "any" },
  returns: "int",
  run: async ({ unit }, call) => {
    await sleep(1, undefined, { signal: call.signal as AbortSignal });
    return unit === "ns" ? 2n ** 62n : 1;
  },
});

function pluginOf(...commands: HostCommand[]): Plugin {
  return { name: "guestwire-plugin-clock", api: 1, commands };
}

/** The lines that say what a plugin fails at. */
async function failures(plugin: Plugin, options?: PluginTestOptions): Promise<string[]> {
  try {
    await testPlugin(plugin, options);
  } catch (error) {
    assert.ok(error instanceof Error);
    const [first = "", ...lines] = error.message.split("\n  ");
    assert.match(first, new RegExp(`^plugin '.*' fails ${lines.length} of \\d+ checks:$`));
    return lines;
  }
  return [];
}

/** What a command fails at that is called without arguments. */
function failuresOf(command: Omit<HostCommand, "name">, options?: PluginTestOptions): Promise<string[]> {
  return failures(pluginOf({ name: "test", ...command }), { examples: { test: [{}] }, graceMs: 100, ...options });
}

test("a plugin that is in order passes, and the report says what was looked at", async () => {
  const off = defineCommand({ name: "clock-off", arguments: {}, run: () => assert.fail("it has no examples") });
  const raw = defineCommand({ name: "clock-raw", successResponse: false, run: () => {} });
  const examples = { "clock-read": [{ unit: "s" }, { unit: "ns", steps: [1] }], "clock-raw": [{}] };
  for (const core of [undefined, wasm]) {
    const { passed, skipped } = await testPlugin(pluginOf(read, off, raw), { examples, ...(core && { core }) });
    assert.deepEqual(
      passed.filter((line) => line.includes("refuses")),
      [
        "clock-read: it refuses arguments without 'unit'",
        "clock-read: it refuses arguments with 0 for 'unit'",
        "clock-read: it refuses arguments with \"wrong\" for 'at'",
        "clock-read: it refuses arguments with \"wrong\" for 'steps'",
        "clock-read: it refuses arguments with one that is not declared",
        "clock-off: it refuses arguments with one that is not declared",
      ],
    );
    assert.deepEqual(
      passed.filter((line) => line.startsWith('clock-read {"unit":"s"}: ')),
      [
        'clock-read {"unit":"s"}: it answers, and holds up nobody',
        'clock-read {"unit":"s"}: its reply survives a resync in the middle',
        'clock-read {"unit":"s"}: two sessions at once are answered',
        'clock-read {"unit":"s"}: it ends when its peer has gone',
        'clock-read {"unit":"s"}: it ends when it is aborted',
      ],
    );
    assert.deepEqual(skipped, [
      "clock-off: it is not run, for it has no examples",
      "clock-raw: what arguments it refuses, for it does not declare them in QAPI's words",
    ]);
  }
});

test("plugins that register their commands pass as well, and commands that are objects of a class", async () => {
  class Counter implements HostCommand {
    readonly name = "count";
    readonly returns = "int";
    #calls = 0;
    run(): number {
      return ++this.#calls;
    }
  }
  const plugin = definePlugin({
    name: "guestwire-plugin-counter",
    api: 1,
    register: (container) => void container.register(COMMAND, { useValue: new Counter() }),
  });
  await testPlugin(plugin, { examples: { count: [{}] } });
  await testPlugin(introspect, { examples: { "guestwire-schema": [{}] } });
});

test("what an agent refuses is what the agent says", async () => {
  assert.deepEqual(await failures({ ...pluginOf(), api: 2 }), [
    "an agent takes it, lets it go and takes it again: plugin 'guestwire-plugin-clock': it is written for API 2; this agent has API 1",
  ]);
  const bad = { ...read, arguments: { id: "integer" } } as unknown as HostCommand;
  assert.match((await failures(pluginOf(bad)))[0] ?? "", /command 'clock-read': 'id' has the unknown type 'integer'$/);
  assert.match((await failures(undefined as unknown as Plugin))[0] ?? "", /a plugin is an object with a name/);
});

test("examples for a command that is not there", async () => {
  assert.deepEqual(await failures(pluginOf(read), { examples: { "clock-set": [{}] } }), [
    "the examples are of its commands: it has no command clock-set",
  ]);
});

test("an example that draws an error", async () => {
  const lines = await failuresOf({
    run: () => {
      throw new CommandError("GenericError", "no such clock");
    },
  });
  assert.deepEqual(lines, ["test {}: it answers, and holds up nobody: the answer is an error: no such clock"]);
});

test("a command that does not finish is tried once for each example", async () => {
  const runs: object[] = [];
  const run: HostCommand["run"] = (args) => {
    runs.push(args);
    return new Promise(() => {});
  };
  const lines = await failuresOf({ timeoutMs: 50, run }, { examples: { test: [{ a: 1 }, { a: 2 }] } });
  assert.deepEqual(
    lines,
    [1, 2].map(
      (a) =>
        `test {"a":${a}}: it answers, and holds up nobody: the answer is an error: Command test did not finish within 50 ms`,
    ),
  );
  assert.deepEqual(runs, [{ a: 1 }, { a: 2 }]);
});

test("a command that does not run on two sessions at once", async () => {
  let isBusy = false;
  const run = async (): Promise<void> => {
    if (isBusy) throw new Error("busy");
    isBusy = true;
    await sleep(5);
    isBusy = false;
  };
  assert.deepEqual(await failuresOf({ run }), [
    "test {}: two sessions at once are answered: the answer is an error: busy",
  ]);
});

test("a peer goes when the command runs, also behind an asynchronous validator", async () => {
  const run: HostCommand["run"] = async (_args, { session, signal }) => {
    let isRunning = true;
    session.state("key", Object, () => {
      if (isRunning) throw new Error("still in use");
    });
    await sleep(20, undefined, { signal: signal as AbortSignal });
    isRunning = false;
  };
  const validate = async (value: unknown): Promise<{ value: unknown }> => {
    await sleep(5);
    return { value };
  };
  const lines = await failuresOf({ arguments: { "~standard": { version: 1, vendor: "test", validate } }, run });
  assert.match(lines.join("\n"), /^test \{\}: it ends when its peer has gone: the agent logged: .*still in use$/);
});

test("a command of the portable core passes, which nobody sees run", async () => {
  class Check extends Command {
    constructor() {
      super(ascii("test"), 0);
    }
    run(): void {}
  }
  const plugin: Plugin = {
    name: "guestwire-plugin-check",
    api: 1,
    commands: [{ name: "test", returns: { object: {} }, portable: Check }],
  };
  assert.deepEqual(await failures(plugin, { examples: { test: [{}] } }), []);
});

test("a result that is not as declared", async () => {
  const wrong = async (returns: HostCommand["returns"], value: unknown): Promise<string> =>
    (await failuresOf({ ...(returns && { returns }), run: () => value }))[0] ?? "";
  assert.match(
    await wrong("int", 1.5),
    /not as 'returns' has it: Invalid parameter type for 'return', expected: integer$/,
  );
  assert.match(await wrong([{ object: { a: "str" } }], [{}]), /Parameter 'return\[0\]\.a' is missing$/);
  assert.match(await wrong({ object: {} }, { a: 1 }), /Parameter 'return\.a' is unexpected$/);
  assert.match(await wrong({ enum: ["a"] }, "b"), /Parameter 'return' does not accept value 'b'$/);
  assert.equal(await wrong("uint64", 2n ** 64n - 1n), "");
  assert.match(await wrong("uint64", -1), /its result has a negative number where 'returns' has none$/);
  assert.match(await wrong([{ object: { "a?": "size" } }], [{ a: -(2n ** 63n) }]), /has a negative number/);
  assert.match(
    await wrong(undefined, () => {}),
    /the answer is an error: Command test returned what JSON cannot hold$/,
  );
});

test("a command that holds up everybody", async () => {
  const lines = await failuresOf({
    run: () => {
      for (const start = performance.now(); performance.now() < start + 210;);
    },
  });
  assert.match(
    lines[0] ?? "",
    /it answers, and holds up nobody: the agent logged: .*test: held up all sessions for \d+ ms$/,
  );
});

test("a command that does not end when it is aborted", async () => {
  const lines = await failuresOf({ run: () => sleep(500) });
  assert.deepEqual(lines, [
    "test {}: it ends when it is aborted: it goes on for 100 ms after that; end it when call.signal aborts",
  ]);
  const run: HostCommand["run"] = (_args, call) => sleep(500, {}, { signal: call.signal as AbortSignal });
  assert.deepEqual(await failuresOf({ run }), []);
  assert.deepEqual(await failuresOf({ run, timeoutMs: 0 }), []);
});

test("state of a session that cannot be disposed of", async () => {
  const lines = await failuresOf({
    run: (_args, { session }) =>
      session.state(pluginOf, Object, () => {
        throw new Error("still in use");
      }),
  });
  assert.match(lines.join("\n"), /it ends when its peer has gone: the agent logged: .*still in use$/m);
});

test("services are disposed of, each, and one that cannot be is told", async () => {
  const made = new Set<object>();
  const serviceOf = (dispose: () => unknown): Plugin => ({
    name: "guestwire-plugin-service",
    api: 1,
    register: (container) => {
      class Service {
        readonly timer = setInterval(() => {}, 1000);
        constructor() {
          made.add(this);
        }
        dispose(): unknown {
          clearInterval(this.timer);
          made.delete(this);
          return dispose();
        }
      }
      container.registerSingleton("guestwire-plugin-service/Service", Service);
      container.register<HostCommand>(COMMAND, {
        useFactory: (scope) => {
          const service = scope.resolve<Service>("guestwire-plugin-service/Service");
          return Object.freeze({ name: "test", run: () => assert.ok(made.has(service)) });
        },
      });
    },
  });
  const examples = { test: [{}] };
  assert.deepEqual(
    await failures(
      serviceOf(() => {}),
      { examples },
    ),
    [],
  );
  assert.equal(made.size, 0);
  const lines = await failures(
    serviceOf(() => Promise.reject(new Error("stuck"))),
    { examples },
  );
  assert.equal(made.size, 0);
  assert.match(
    lines.join("\n"),
    /^an agent takes it, lets it go and takes it again: the agent logged: .*could not be disposed of: stuck$/,
  );
});
