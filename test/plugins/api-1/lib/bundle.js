// node_modules/guestwire/dist/chunks/tokens-Crzvvei1.js
var API = 1;
var COMMAND = /* @__PURE__ */ Symbol.for("guestwire/Command/1");
var CommandError = class extends Error {
  name = "CommandError";
  errorClass;
  /** `desc` is for people; clients must not parse it. */
  constructor(errorClass, desc) {
    super(desc);
    this.errorClass = errorClass;
  }
};
var AGENT = /* @__PURE__ */ Symbol.for("guestwire/Agent/1");
var LOGGER = /* @__PURE__ */ Symbol.for("guestwire/Logger/1");
var CLOCK = /* @__PURE__ */ Symbol.for("guestwire/Clock/1");
var LIMITS = /* @__PURE__ */ Symbol.for("guestwire/Limits/1");

// node_modules/guestwire/dist/chunks/define-DF-3L3aR.js
function defineCommand(command) {
  return command;
}
function definePlugin(plugin2) {
  return plugin2;
}

// src/index.ts
var NAME = "guestwire-plugin-api-1";
var words = defineCommand({
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
    "optional?": "str"
  },
  returns: { object: { types: ["str"], optional: "bool", wide: "int", unit: { enum: ["s", "ns"] }, args: "any" } },
  run: (args) => ({
    types: Object.values(args).map((value) => typeof value),
    optional: args.optional !== void 0,
    wide: BigInt(args.int64) + 1n,
    unit: args.enum,
    args
  })
});
var unchecked = defineCommand({ name: "api1-unchecked", run: (args) => args });
var named = {
  "~standard": {
    version: 1,
    vendor: "api-1",
    validate: async (value) => {
      const { name } = value;
      if (typeof name === "string") return { value: { name: name.toUpperCase() } };
      return { issues: [{ message: "must be a name", path: ["name", { key: 0 }] }] };
    }
  }
};
var valid = defineCommand({ name: "api1-valid", arguments: named, returns: "str", run: ({ name }) => name });
var result = defineCommand({
  name: "api1-result",
  arguments: { kind: { enum: ["nothing", "wide", "nan", "surrogate", "json", "later", "cycle"] } },
  returns: "any",
  run: ({ kind }) => {
    const cycle = [];
    cycle.push(cycle);
    const results = {
      nothing: void 0,
      wide: [2n ** 64n - 1n, -(2n ** 63n)],
      nan: [Number.NaN],
      surrogate: "\uD800",
      json: { toJSON: () => ({ left: void 0, date: /* @__PURE__ */ new Date(0) }) },
      later: Promise.resolve("later"),
      cycle
    };
    return results[kind];
  }
});
var error = defineCommand({
  name: "api1-error",
  arguments: { kind: { enum: ["GenericError", "CommandNotFound", "rejected", "other"] } },
  run: async ({ kind }) => {
    if (kind === "other") throw new TypeError("of no class");
    if (kind === "rejected") return Promise.reject(new CommandError("GenericError", "a rejection"));
    throw new CommandError(kind, `a ${kind}`);
  }
});
var call = defineCommand({
  name: "api1-call",
  arguments: {},
  whileFrozen: true,
  run: (_args, { agent, delimit, log, logging, session, signal }) => {
    for (const level of ["error", "critical", "warning", "message", "info", "debug"]) log(level, "a record");
    delimit();
    signal.throwIfAborted();
    return {
      id: session.id,
      logging,
      aborted: signal.aborted,
      version: agent.version,
      frozen: agent.frozen,
      own: agent.commands().filter(({ plugin: plugin2 }) => plugin2 === NAME)
    };
  }
});
var KEY = {};
var count = defineCommand({
  name: "api1-count",
  returns: ["int"],
  run: (_args, { log, session }) => {
    const state = session.state(
      "count",
      () => ({ count: 0 }),
      (last) => log("info", `counted to ${last.count}`)
    );
    const symbol = session.state(/* @__PURE__ */ Symbol.for("api-1"), () => ({ count: 10 }));
    const object = session.state(KEY, () => ({ count: 20 }));
    return [++state.count, ++symbol.count, ++object.count];
  }
});
var wait = defineCommand({
  name: "api1-wait",
  arguments: {},
  timeoutMs: 1e3,
  abortOnDisconnect: true,
  run: (_args, { log, signal }) => new Promise((_resolve, reject) => {
    signal.addEventListener(
      "abort",
      () => {
        log("info", `aborted: ${signal.reason.message}`);
        reject(signal.reason);
      },
      { once: true }
    );
  })
});
var silent = defineCommand({ name: "api1-silent", successResponse: false, run: () => {
} });
var logged = defineCommand({ name: "api1-logged", whileFrozen: true, mustLog: true, run: () => true });
var METER = /* @__PURE__ */ Symbol.for("guestwire-plugin-api-1/Meter/1");
var register = (container) => {
  class Meter {
    agent = container.resolve(AGENT);
    clock = container.resolve(CLOCK);
    limits = container.resolve(LIMITS);
    logger = container.resolve(LOGGER);
    ticks = 0;
    cancel = this.clock.after(5, () => void this.ticks++);
    read() {
      return {
        isKnown: API >= 1,
        isTime: this.clock.now() >= 0,
        commandMs: this.limits.commandMs,
        version: this.agent.version,
        ticks: this.ticks
      };
    }
    async dispose() {
      this.cancel();
      this.logger.log("info", "general", "the meter is gone");
    }
  }
  container.registerSingleton(METER, Meter);
  container.register(COMMAND, {
    useFactory: (scope) => {
      const meter = scope.resolve(METER);
      return defineCommand({ name: "api1-meter", arguments: {}, run: () => meter.read() });
    }
  });
  container.register(COMMAND, { useValue: { name: "api1-value", run: () => "value" } });
};
var plugin = definePlugin({
  name: NAME,
  // Not API, which is the number of the package that it runs with.
  api: 1,
  register,
  commands: [words, unchecked, valid, result, error, call, count, wait, silent, logged]
});
var index_default = plugin;
export {
  index_default as default
};
