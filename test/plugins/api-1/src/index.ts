// A plugin that uses all that API 1 has for commands that run in JavaScript.

import {
  AGENT,
  API,
  type AgentContext,
  type ArgumentsOf,
  CLOCK,
  COMMAND,
  type CallContext,
  type Clock,
  type CommandBinding,
  type CommandDefinition,
  type CommandDescription,
  CommandError,
  type ErrorClass,
  type HostCommand,
  type IntegerWord,
  LIMITS,
  LOGGER,
  type LimitName,
  type Limits,
  type LogDomain,
  type LogLevel,
  type Logger,
  type Members,
  type ObjectOf,
  type Plugin,
  type PortableCommand,
  type ResultOf,
  type SessionContext,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
  type Type,
  type ValueOf,
  type Word,
  defineCommand,
  definePlugin,
} from "guestwire/plugin";

const NAME = "guestwire-plugin-api-1";

/** Each word and each way to put them together. */
const words = defineCommand({
  name: "api1-words",
  arguments: {
    str: "str",
    bool: "bool",
    null: "null",
    int: "int",
    int8: "int8",
    int16: "int16",
    int32: "int32",
    int64: "int64",
    uint8: "uint8",
    uint16: "uint16",
    uint32: "uint32",
    uint64: "uint64",
    size: "size",
    number: "number",
    any: "any",
    list: ["str"],
    lists: [["int8"]],
    enum: { enum: ["s", "ns"] },
    object: { object: { zone: "str", "offset?": "int" } },
    "optional?": "str",
  },
  returns: { object: { types: ["str"], optional: "bool", wide: "int", unit: { enum: ["s", "ns"] }, args: "any" } },
  run: (args) => ({
    types: Object.values(args).map((value) => typeof value),
    optional: args.optional !== undefined,
    wide: BigInt(args.int64) + 1n,
    unit: args.enum,
    args,
  }),
});

const unchecked = defineCommand({ name: "api1-unchecked", run: (args) => args });

/** A validator as other libraries make them: asynchronous, with issues that have paths, and a value of its own. */
const named: StandardSchema<{ name: string }> = {
  "~standard": {
    version: 1,
    vendor: "api-1",
    validate: async (value) => {
      const { name } = value as { name: unknown };
      if (typeof name === "string") return { value: { name: name.toUpperCase() } };
      return { issues: [{ message: "must be a name", path: ["name", { key: 0 }] }] };
    },
  },
};
const valid = defineCommand({ name: "api1-valid", arguments: named, returns: "str", run: ({ name }) => name });

const result = defineCommand({
  name: "api1-result",
  arguments: { kind: { enum: ["nothing", "wide", "nan", "surrogate", "json", "later", "cycle"] } },
  returns: "any",
  run: ({ kind }) => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const results = {
      nothing: undefined,
      wide: [2n ** 64n - 1n, -(2n ** 63n)],
      nan: [Number.NaN],
      surrogate: "\uD800",
      json: { toJSON: () => ({ left: undefined, date: new Date(0) }) },
      later: Promise.resolve("later"),
      cycle,
    };
    return results[kind];
  },
});

const error = defineCommand({
  name: "api1-error",
  arguments: { kind: { enum: ["GenericError", "CommandNotFound", "rejected", "other"] } },
  run: async ({ kind }) => {
    if (kind === "other") throw new TypeError("of no class");
    if (kind === "rejected") return Promise.reject(new CommandError("GenericError", "a rejection"));
    throw new CommandError(kind, `a ${kind}`);
  },
});

const call = defineCommand({
  name: "api1-call",
  arguments: {},
  whileFrozen: true,
  run: (_args, { agent, delimit, log, logging, session, signal }) => {
    for (const level of ["error", "critical", "warning", "message", "info", "debug"] as const) log(level, "a record");
    delimit();
    signal.throwIfAborted();
    return {
      id: session.id,
      logging,
      aborted: signal.aborted,
      version: agent.version,
      frozen: agent.frozen,
      own: agent.commands().filter(({ plugin }) => plugin === NAME),
    };
  },
});

/** Types that are not needed else. */
export interface Others {
  readonly call: CallContext;
  readonly session: SessionContext;
  readonly binding: CommandBinding | PortableCommand;
  readonly definition: CommandDefinition<{ a: "int8" }, "str">;
  readonly description: CommandDescription;
  readonly errorClass: ErrorClass;
  readonly log: LogDomain | LogLevel;
  readonly limit: LimitName;
  readonly word: IntegerWord | Word | Type;
  readonly members: Members;
  readonly args: ArgumentsOf<{ a: "int8" }> | ObjectOf<{ "b?": ["str"] }>;
  readonly result: ResultOf<"int"> | ValueOf<{ enum: ["s", "ns"] }>;
  readonly validated: StandardResult<string> | StandardIssue;
}

const KEY = {};
/** Keys of all three kinds. */
const count = defineCommand({
  name: "api1-count",
  returns: ["int"],
  run: (_args, { log, session }) => {
    const state = session.state(
      "count",
      () => ({ count: 0 }),
      (last) => log("info", `counted to ${last.count}`),
    );
    const symbol = session.state(Symbol.for("api-1"), () => ({ count: 10 }));
    const object = session.state(KEY, () => ({ count: 20 }));
    return [++state.count, ++symbol.count, ++object.count];
  },
});

const wait = defineCommand({
  name: "api1-wait",
  arguments: {},
  timeoutMs: 1000,
  abortOnDisconnect: true,
  run: (_args, { log, signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener(
        "abort",
        () => {
          log("info", `aborted: ${(signal.reason as Error).message}`);
          reject(signal.reason as Error);
        },
        { once: true },
      );
    }),
});

const silent = defineCommand({ name: "api1-silent", successResponse: false, run: () => {} });
const logged = defineCommand({ name: "api1-logged", whileFrozen: true, mustLog: true, run: () => true });

const METER = Symbol.for("guestwire-plugin-api-1/Meter/1");

/** Commands of the container, of a service of its own that has all of the agent's. */
const register: Plugin["register"] = (container) => {
  class Meter {
    private readonly agent = container.resolve<AgentContext>(AGENT);
    private readonly clock = container.resolve<Clock>(CLOCK);
    private readonly limits = container.resolve<Limits>(LIMITS);
    private readonly logger = container.resolve<Logger>(LOGGER);
    private ticks = 0;
    private readonly cancel = this.clock.after(5, () => void this.ticks++);

    read(): unknown {
      return {
        isKnown: API >= 1,
        isTime: this.clock.now() >= 0,
        commandMs: this.limits.commandMs,
        version: this.agent.version,
        ticks: this.ticks,
      };
    }

    async dispose(): Promise<void> {
      this.cancel();
      this.logger.log("info", "general", "the meter is gone");
    }
  }
  container.registerSingleton(METER, Meter);
  container.register<HostCommand>(COMMAND, {
    useFactory: (scope) => {
      const meter = scope.resolve<Meter>(METER);
      return defineCommand({ name: "api1-meter", arguments: {}, run: () => meter.read() });
    },
  });
  container.register<HostCommand>(COMMAND, { useValue: { name: "api1-value", run: () => "value" } });
};

const plugin: Plugin = definePlugin({
  name: NAME,
  // Not API, which is the number of the package that it runs with.
  api: 1,
  register,
  commands: [words, unchecked, valid, result, error, call, count, wait, silent, logged],
});
export default plugin;
