// What of a plugin compiles and what does not. Nothing here runs: tsc reads it with the other tests. Of tsyringe it has the
// types only.

import { type } from "arktype";
import type { DependencyContainer } from "tsyringe";
import {
  AGENT,
  type AgentContext,
  API,
  type CallContext,
  CLOCK,
  type Clock,
  COMMAND,
  CommandError,
  defineCommand,
  definePlugin,
  type HostCommand,
  LIMITS,
  type Limits,
  LOGGER,
  type Logger,
  type Plugin,
  type ValueOf,
} from "guestwire/plugin";
import * as v from "valibot";
import { z } from "zod";

/** Fails to compile where the two types differ. */
type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;
declare function same<One, Other>(yes: Same<One, Other>): void;
declare function use(value: unknown): void;
declare function make(): number;

const name = "test-types";

// Each word has a type.

same<ValueOf<"str">, string>(true);
same<ValueOf<"bool">, boolean>(true);
same<ValueOf<"null">, null>(true);
same<ValueOf<"any">, unknown>(true);
same<ValueOf<"number">, number | bigint>(true);
same<ValueOf<"int">, number | bigint>(true);
same<ValueOf<"int64">, number | bigint>(true);
same<ValueOf<"uint64">, number | bigint>(true);
same<ValueOf<"size">, number | bigint>(true);
same<ValueOf<"int8">, number>(true);
same<ValueOf<"int16">, number>(true);
same<ValueOf<"int32">, number>(true);
same<ValueOf<"uint8">, number>(true);
same<ValueOf<"uint16">, number>(true);
same<ValueOf<"uint32">, number>(true);
same<ValueOf<["str"]>, string[]>(true);
same<ValueOf<readonly [readonly ["bool"]]>, boolean[][]>(true);
same<ValueOf<{ enum: ["s", "ns"] }>, "s" | "ns">(true);
same<ValueOf<{ object: { a: "int8"; "b?": "str" } }>, { a: number; b?: string }>(true);
// @ts-expect-error: a number is no string.
same<ValueOf<"str">, number>(true);

// Arguments and results follow from what is declared.

defineCommand({
  name,
  arguments: {
    path: "str",
    "unit?": { enum: ["s", "ns"] },
    "tags?": ["str"],
    at: { object: { zone: "str", "offset?": "int32", deep: [{ object: { on: "bool" } }] } },
  },
  returns: { object: { count: "int", "rest?": ["any"] } },
  run: (args, call) => {
    same<
      typeof args,
      {
        path: string;
        unit?: "s" | "ns";
        tags?: string[];
        at: { zone: string; offset?: number; deep: { on: boolean }[] };
      }
    >(true);
    same<typeof call, CallContext>(true);
    // @ts-expect-error: there is no such member.
    use(args.stranger);
    // @ts-expect-error: an optional member may not be there.
    use(args.tags.length);
    // @ts-expect-error: no such value.
    use(args.unit === "h");
    return { count: 1n };
  },
});

defineCommand({ name, arguments: {}, run: (args) => same<typeof args, {}>(true) });
defineCommand({ name, run: (args) => same<typeof args, Record<string, unknown>>(true) });
defineCommand({ name, run: () => () => "whatever, where nothing is declared" });
defineCommand({ name, returns: "int", run: () => 1 });
defineCommand({ name, returns: "int", run: async () => 1n });
defineCommand({ name, returns: ["str"], run: () => Promise.resolve(["a"]) });
defineCommand({ name, returns: { enum: ["on", "off"] }, run: () => "on" });
defineCommand({ name, returns: { enum: ["on", "off"] }, run: async () => "off" });
defineCommand({ name, returns: { object: { state: { enum: ["on"] } } }, run: () => ({ state: "on" }) });
defineCommand({ name, returns: [{ object: { state: { enum: ["on"] } } }], run: async () => [{ state: "on" }] });
defineCommand({ name, returns: "null", run: () => null });
declare const words: readonly string[];
defineCommand({ name, returns: { object: { words: ["str"], "any?": "any" } }, run: () => ({ words }) });
defineCommand({ name, returns: { object: {} }, run: () => ({}) });
defineCommand({ name, returns: { object: {} }, run: () => {} });
defineCommand({ name, returns: { object: {} }, run: async () => {} });
defineCommand({ name, returns: { object: {} }, run: async () => ({}) });
defineCommand({ name, returns: { object: { "a?": "int" } }, run: () => {} });
defineCommand({ name, returns: { object: { "a?": "int" } }, run: async () => ({ a: 1n }) });
defineCommand({ name, returns: { object: { "a?": "int" } }, run: (_, call) => (call.logging ? { a: 1 } : undefined) });
defineCommand({
  name,
  returns: { object: { a: { object: {} }, list: [{ object: {} }] } },
  run: () => ({ a: {}, list: [{}] }),
});
defineCommand({ name, returns: "any", run: () => {} });

// @ts-expect-error: a string is no integer.
defineCommand({ name, returns: "int", run: () => "1" });
// @ts-expect-error: nor is a promise of one.
defineCommand({ name, returns: "int", run: async () => "1" });
// @ts-expect-error: narrow integers are numbers.
defineCommand({ name, returns: "int32", run: () => 1n });
// @ts-expect-error: a list of numbers is none of strings.
defineCommand({ name, returns: ["str"], run: () => [1] });
// @ts-expect-error: not among the values.
defineCommand({ name, returns: { enum: ["on", "off"] }, run: () => "maybe" });
// @ts-expect-error: a member is missing.
defineCommand({ name, returns: { object: { a: "int", b: "int" } }, run: () => ({ a: 1 }) });
// @ts-expect-error: nothing is not an integer.
defineCommand({ name, returns: "int", run: () => {} });
// @ts-expect-error: nor a list.
defineCommand({ name, returns: ["int"], run: () => {} });
// @ts-expect-error: nor an object with a member.
defineCommand({ name, returns: { object: { a: "int" } }, run: () => {} });
// @ts-expect-error: nor is a promise of nothing.
defineCommand({ name, returns: { object: { a: "int" } }, run: async () => {} });
// @ts-expect-error: a string is no object, not even an empty one.
defineCommand({ name, returns: { object: {} }, run: () => "not an object" });
// @ts-expect-error: nor is a list.
defineCommand({ name, returns: { object: {} }, run: async () => [1] });
// @ts-expect-error: nor a number one whose members are optional.
defineCommand({ name, returns: { object: { "a?": "int" } }, run: () => 1 });
// @ts-expect-error: an empty object has no members.
defineCommand({ name, returns: { object: {} }, run: () => ({ a: 1 }) });
// @ts-expect-error: nor has one within.
defineCommand({ name, returns: [{ object: { a: { object: {} } } }], run: () => [{ a: "not an object" }] });

// What is no declaration.

// @ts-expect-error: QAPI's word is str.
defineCommand({ name, arguments: { a: "string" }, run: () => 1 });
// @ts-expect-error: a list has one type.
defineCommand({ name, arguments: { a: ["str", "int"] }, run: () => 1 });
// @ts-expect-error: an empty list has none.
defineCommand({ name, arguments: { a: [] }, run: () => 1 });
// @ts-expect-error: an enumeration is of strings.
defineCommand({ name, arguments: { a: { enum: [1] } }, run: () => 1 });
// @ts-expect-error: members are under `object`.
defineCommand({ name, arguments: { a: { b: "str" } }, run: () => 1 });
// @ts-expect-error: a word is no declaration of members.
defineCommand({ name, arguments: "str", run: () => 1 });
// @ts-expect-error: the word is unknown.
defineCommand({ name, returns: "integer", run: () => 1 });
// @ts-expect-error: a command has a name.
defineCommand({ run: () => 1 });
// @ts-expect-error: and something to run.
defineCommand({ name });
// @ts-expect-error: a deadline is in milliseconds.
defineCommand({ name, timeoutMs: "1s", run: () => 1 });
// @ts-expect-error: no such option.
defineCommand({ name, timeout: 1, run: () => 1 });

// Validators of other libraries: what they make of the arguments arrives.

defineCommand({
  name,
  arguments: z.object({ count: z.number(), at: z.string().transform((text) => new Date(text)) }),
  run: (args) => same<typeof args, { count: number; at: Date }>(true),
});
defineCommand({
  name,
  arguments: v.object({ count: v.number(), tag: v.optional(v.string(), "") }),
  run: (args) => same<typeof args, { count: number; tag: string }>(true),
});
defineCommand({
  name,
  arguments: type({ count: "number", "tag?": "string" }),
  run: (args) => same<typeof args, { count: number; tag?: string }>(true),
});
defineCommand({
  name,
  arguments: v.objectAsync({
    id: v.pipeAsync(
      v.string(),
      v.checkAsync(async (id) => id !== ""),
    ),
  }),
  returns: "str",
  run: ({ id }) => id,
});
defineCommand({
  name,
  arguments: z.object({ count: z.number() }),
  returns: "str",
  // @ts-expect-error: the result counts with a validator, too.
  run: ({ count }: { count: number }) => count,
});

// What a call has.

defineCommand({
  name,
  run: async (_args, call) => {
    same<typeof call.agent, AgentContext>(true);
    const signal: AbortSignal = call.signal;
    signal.throwIfAborted();
    const state = call.session.state(
      "key",
      () => ({ count: 0 }),
      ({ count }) => use(count),
    );
    state.count++;
    call.session.state(
      Symbol("key"),
      () => 1,
      async () => {},
    );
    call.log("info", `${call.session.id} ${call.logging} ${call.agent.version}`);
    call.delimit();
    // @ts-expect-error: no such level.
    call.log("fatal", "text");
    // @ts-expect-error: a disposer takes what was made.
    call.session.state("key", make, (text: string) => use(text));
    // @ts-expect-error: the agent is the owner's to switch.
    call.agent.frozen = true;
    // @ts-expect-error: no such class of errors.
    throw new CommandError("DeviceNotFound", "text");
  },
});

// Plugins.

interface Meter {
  read(): number;
}
const METER = Symbol.for("guestwire-plugin-types/Meter/1");

export const factories = definePlugin({
  name: "guestwire-plugin-types",
  api: API,
  register(container: DependencyContainer) {
    const logger = container.resolve<Logger>(LOGGER);
    const clock = container.resolve<Clock>(CLOCK);
    const limits = container.resolve<Limits>(LIMITS);
    const agent = container.resolve<AgentContext>(AGENT);
    logger.log("info", "general", `${clock.now()} ${limits.commandMs} ${agent.version}`);
    container.register<Meter>(METER, { useFactory: () => ({ read: () => clock.now() }) });
    container.register<HostCommand>(COMMAND, {
      useFactory: (scope) => defineCommand({ name, returns: "number", run: () => scope.resolve<Meter>(METER).read() }),
    });
  },
});

export const list: Plugin = definePlugin({
  name: "guestwire-plugin-types",
  api: 1,
  commands: [
    defineCommand({ name, arguments: { a: "int" }, run: ({ a }) => a }),
    { name, run: () => 1 },
    { name: "test-portable", portable: null },
  ],
});

// @ts-expect-error: a plugin has a name.
definePlugin({ api: 1 });
// @ts-expect-error: and says what it was written for.
definePlugin({ name });
// @ts-expect-error: no such member.
definePlugin({ name, api: 1, command: [] });
// @ts-expect-error: a function is no command.
definePlugin({ name, api: 1, commands: [() => 1] });
