// Arguments in QAPI's words: what passes arrives as it was sent, what does not draws QEMU's error (PROTOCOL 4.3).

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Members, Type } from "guestwire/plugin";
import { CI } from "../ci.ts";
import { findRealAgent, RealAgent } from "../property/real-agent.ts";
import { RUNS, SEED } from "../property/settings.ts";
import { type Outcome, latin1, offer } from "./offer.ts";

const INT = 2n ** 63n;
const UINT = 2n ** 64n;

/** A row: the declaration, the arguments, and what they draw: a text, or what arrives. */
type Row = readonly [declared: Members, json: string, drawn: string | { readonly args: unknown }];

async function holds(rows: readonly Row[]): Promise<void> {
  for (const [declared, json, drawn] of rows) {
    const wanted: Outcome = typeof drawn === "string" ? { desc: drawn } : drawn;
    assert.deepEqual(await offer(declared, json), wanted, `${JSON.stringify(declared)} ${json}`);
  }
}

const wrong = (expected: string): string => `Invalid parameter type for 'x', expected: ${expected}`;
const x = (value: unknown): { args: unknown } => ({ args: { x: value } });

test("each word takes its own and refuses the others in its own words", async () => {
  const spellings = ['"s"', "1", "1.5", "true", "null", "[]", "{}"];
  const values: unknown[] = ["s", 1, 1.5, true, null, [], {}];
  const takes: readonly (readonly [Type, (text: string) => boolean, string])[] = [
    ["str", (text) => text === '"s"', wrong("string")],
    ["int", (text) => text === "1", wrong("integer")],
    ["int64", (text) => text === "1", wrong("integer")],
    ["int8", (text) => text === "1", wrong("integer")],
    ["int16", (text) => text === "1", wrong("integer")],
    ["int32", (text) => text === "1", wrong("integer")],
    ["uint8", (text) => text === "1", wrong("integer")],
    ["uint16", (text) => text === "1", wrong("integer")],
    ["uint32", (text) => text === "1", wrong("integer")],
    ["uint64", (text) => text === "1", "Parameter 'x' expects uint64"],
    ["size", (text) => text === "1", "Parameter 'x' expects uint64"],
    ["number", (text) => text === "1" || text === "1.5", wrong("number")],
    ["bool", (text) => text === "true", wrong("boolean")],
    ["null", (text) => text === "null", wrong("null")],
    ["any", () => true, ""],
    [["any"], (text) => text === "[]", wrong("array")],
    [{ object: {} }, (text) => text === "{}", wrong("object")],
    [{ enum: ["s"] }, (text) => text === '"s"', wrong("string")],
  ];
  for (const [type, isTaken, refusal] of takes) {
    await holds(
      spellings.map((text, n): Row => [{ x: type }, `{"x":${text}}`, isTaken(text) ? x(values[n]) : refusal]),
    );
  }
});

test("narrow integers have their ranges", async () => {
  const ranges: readonly (readonly [Type, bigint, bigint, string])[] = [
    ["int8", -128n, 127n, "int8_t"],
    ["int16", -32_768n, 32_767n, "int16_t"],
    ["int32", -(2n ** 31n), 2n ** 31n - 1n, "int32_t"],
    ["uint8", 0n, 255n, "uint8_t"],
    ["uint16", 0n, 65_535n, "uint16_t"],
    ["uint32", 0n, 2n ** 32n - 1n, "uint32_t"],
  ];
  for (const [type, least, most, name] of ranges) {
    const refusal = `Parameter 'x' expects ${name}`;
    await holds([
      [{ x: type }, `{"x":${least}}`, x(Number(least))],
      [{ x: type }, `{"x":${most}}`, x(Number(most))],
      [{ x: type }, `{"x":${least - 1n}}`, refusal],
      [{ x: type }, `{"x":${most + 1n}}`, refusal],
      [{ x: type }, `{"x":${INT - 1n}}`, refusal],
      [{ x: type }, `{"x":${-INT}}`, refusal],
    ]);
  }
});

test("integers of 64 bits arrive exactly, and those beyond are none", async () => {
  const safe = 2n ** 53n - 1n;
  for (const type of ["int", "int64"] as const) {
    await holds([
      [{ x: type }, `{"x":${safe}}`, x(Number(safe))],
      [{ x: type }, `{"x":${-safe}}`, x(-Number(safe))],
      [{ x: type }, `{"x":${safe + 1n}}`, x(safe + 1n)],
      [{ x: type }, `{"x":${safe + 2n}}`, x(safe + 2n)],
      [{ x: type }, `{"x":${INT - 1n}}`, x(INT - 1n)],
      [{ x: type }, `{"x":${-INT}}`, x(-INT)],
      [{ x: type }, `{"x":${INT}}`, wrong("integer")],
      [{ x: type }, `{"x":${-INT - 1n}}`, wrong("integer")],
      [{ x: type }, `{"x":${"9".repeat(400)}}`, wrong("integer")],
    ]);
  }
  for (const type of ["uint64", "size"] as const) {
    const refusal = "Parameter 'x' expects uint64";
    await holds([
      [{ x: type }, `{"x":0}`, x(0)],
      [{ x: type }, `{"x":${safe + 2n}}`, x(safe + 2n)],
      [{ x: type }, `{"x":${UINT - 1n}}`, x(UINT - 1n)],
      [{ x: type }, `{"x":-1}`, x(UINT - 1n)],
      [{ x: type }, `{"x":${-INT}}`, x(INT)],
      [{ x: type }, `{"x":${UINT}}`, refusal],
      [{ x: type }, `{"x":${-INT - 1n}}`, refusal],
      [{ x: [type] }, `{"x":[1,-2]}`, x([1, UINT - 2n])],
    ]);
  }
});

test("how a number is spelled counts: a fraction or an exponent makes no integer", async () => {
  for (const text of ["1.0", "1e2", "1E2", "-1.0", "0.0", "1e400", "1.0e0"]) {
    const drawn = (await offer({ x: "int" }, `{"x":${text}}`)) as { desc: string };
    // What no double holds does not even get as far (docs/wire.md).
    if (text !== "1e400") assert.equal(drawn.desc, wrong("integer"), text);
  }
  await holds([
    [{ x: "int" }, '{"x":-0}', x(0)],
    [{ x: "number" }, '{"x":1.0}', x(1)],
    [{ x: "number" }, '{"x":-0.5e1}', x(-5)],
    [{ x: "uint8" }, '{"x":1.0}', wrong("integer")],
    [{ x: "uint64" }, '{"x":1.0}', "Parameter 'x' expects uint64"],
    // In a string it is none of a number.
    [{ x: "str", y: "int" }, '{"x":"1.0","y":1}', { args: { x: "1.0", y: 1 } }],
    [{ x: "str", y: "int" }, '{"x":"\\" ,1.0","y":1.0}', "Invalid parameter type for 'y', expected: integer"],
    [{ x: ["int"] }, '{"x":[1, 2,3.0]}', "Invalid parameter type for 'x[2]', expected: integer"],
  ]);
});

test("declared members in their order, each missing, then of the wrong type, and last what is left over", async () => {
  const declared: Members = { a: "int", "b?": "str", c: { object: { d: "bool", "e?": ["int"] } } };
  await holds([
    [declared, "{}", "Parameter 'a' is missing"],
    [declared, '{"z":1}', "Parameter 'a' is missing"],
    [declared, '{"z":1,"b":1,"a":"x"}', "Invalid parameter type for 'a', expected: integer"],
    [declared, '{"z":1,"b":1,"a":1}', "Invalid parameter type for 'b', expected: string"],
    [declared, '{"z":1,"a":1}', "Parameter 'c' is missing"],
    [declared, '{"z":1,"c":{"y":1},"a":1}', "Parameter 'c.d' is missing"],
    [declared, '{"z":1,"c":{"y":1,"d":0},"a":1}', "Invalid parameter type for 'c.d', expected: boolean"],
    [
      declared,
      '{"z":1,"c":{"y":1,"e":[0,"1"],"d":true},"a":1}',
      "Invalid parameter type for 'c.e[1]', expected: integer",
    ],
    [declared, '{"z":1,"c":{"y":1,"d":true},"a":1}', "Parameter 'c.y' is unexpected"],
    [declared, '{"z":1,"c":{"d":true},"a":1}', "Parameter 'z' is unexpected"],
    [declared, '{"c":{"d":true},"a":1}', { args: { c: { d: true }, a: 1 } }],
    // Optional is not nullable.
    [declared, '{"a":1,"b":null,"c":{"d":true}}', "Invalid parameter type for 'b', expected: string"],
    [
      { vcpus: [{ object: { "logical-id": "int" } }] },
      '{"vcpus":[{"logical-id":1},{"logical-id":true}]}',
      "Invalid parameter type for 'vcpus[1].logical-id', expected: integer",
    ],
    [{ whence: { enum: ["set", "cur"] } }, '{"whence":"bad"}', "Parameter 'whence' does not accept value 'bad'"],
    [{ whence: { enum: ["set", "cur"] } }, '{"whence":"cur"}', { args: { whence: "cur" } }],
    [{ x: [["int"]] }, '{"x":[[],[1,[]]]}', "Invalid parameter type for 'x[1][1]', expected: integer"],
    [{}, "{}", { args: {} }],
    [{}, '{"x":1}', "Parameter 'x' is unexpected"],
  ]);
  assert.deepEqual(await offer(undefined, '{"x":[1.0,{"y":null}]}'), x([1, { y: null }]), "unchecked");
});

test("names that objects are born with are members like others", async () => {
  const own = (json: string): { args: unknown } => ({ args: JSON.parse(json) as unknown });
  await holds([
    [{}, '{"__proto__":1}', "Parameter '__proto__' is unexpected"],
    [{}, '{"constructor":1}', "Parameter 'constructor' is unexpected"],
    [{ toString: "str" as const }, "{}", "Parameter 'toString' is missing"],
    [{ "hasOwnProperty?": "str" }, "{}", { args: {} }],
    [{ ["__proto__"]: { object: { x: "int" } } }, "{}", "Parameter '__proto__' is missing"],
    [
      { ["__proto__"]: { object: { x: "uint64" } } },
      '{"__proto__":{"x":1.0}}',
      "Parameter '__proto__.x' expects uint64",
    ],
    [{ ["__proto__"]: { object: { x: "int" } } }, '{"__proto__":{"x":1}}', own('{"__proto__":{"x":1}}')],
    // Two that look the same: one composed, one not; one with a zero behind.
    [{ x: "any" }, '{"x":{"\u00e9":1,"e\u0301":2}}', own('{"x":{"\u00e9":1,"e\u0301":2}}')],
    [{ x: "any" }, '{"x":1,"x\\u0000":2}', "Parameter 'x\u0000' is unexpected"],
    [{ x: "any" }, '{"x":1,"X":2}', "Parameter 'X' is unexpected"],
  ]);
  // A member that is there twice, whatever its spelling, is no JSON for the agent.
  assert.match(((await offerRaw('{"x":1,"\\u0078":2}')) as { desc: string }).desc, /duplicate key/);
});

function offerRaw(json: string): Promise<Outcome> {
  return offer({ x: "any" }, json);
}

test("deep and long input costs an error of a few words", async () => {
  const deep = (count: number): string => "[".repeat(count) + "]".repeat(count);
  let type: Type = "int";
  for (let level = 0; level < 500; level++) type = [type];
  await holds([
    [{ x: type }, `{"x":${deep(500)}}`, x(JSON.parse(deep(500)))],
    [{ x: type }, `{"x":${deep(501)}}`, `Invalid parameter type for 'x${"[0]".repeat(500)}', expected: integer`],
    [{ x: "any" }, `{"x":${deep(1000)}}`, x(JSON.parse(deep(1000)))],
    [
      { x: { enum: ["a"] } },
      `{"x":"${"b".repeat(1_000_000)}"}`,
      `Parameter 'x' does not accept value '${"b".repeat(256)}'`,
    ],
    [{}, `{"${"b".repeat(1_000_000)}":1}`, `Parameter '${"b".repeat(256)}' is unexpected`],
  ]);
});

// A random declaration, and values for it.

const MEMBER = fc.constantFrom("a", "b", "logical-id", "x-y.z", "_c", "__proto__", "toString");
/** Without noncharacters, which the protocol replaces. */
const CHARACTERS = fc.constantFrom(
  "a",
  "1",
  ".",
  " ",
  '"',
  "\\",
  "\n",
  "\0",
  "\x7f",
  "\u00e9",
  "\u20ac",
  "\ud83d\ude00",
);
const ENUM = fc.uniqueArray(fc.constantFrom("s", "ns", "", "x y", "\u00e9"), { minLength: 1 });
const WORDS = fc.constantFrom<Type>(
  ...["str", "number", "bool", "null", "any", "int", "int8", "int16", "int32", "int64"].map((word) => word as Type),
  ...["uint8", "uint16", "uint32", "uint64", "size"].map((word) => word as Type),
);

function types(depth: number): fc.Arbitrary<Type> {
  const flat: fc.Arbitrary<Type> = fc.oneof(
    { weight: 4, arbitrary: WORDS },
    { weight: 1, arbitrary: ENUM.map((values): Type => ({ enum: values })) },
  );
  if (depth === 0) return flat;
  const list = types(depth - 1).map((type): Type => [type]);
  const object = members(depth - 1).map((of): Type => ({ object: of }));
  return fc.oneof({ weight: 3, arbitrary: flat }, list, object);
}

function members(depth: number): fc.Arbitrary<Members> {
  const entry = fc.tuple(MEMBER, fc.boolean(), types(depth));
  return fc
    .uniqueArray(entry, { selector: ([name]) => name, maxLength: 4 })
    .map((entries) =>
      Object.fromEntries(entries.map(([name, optional, type]) => [optional ? `${name}?` : name, type])),
    );
}

const INTEGERS: Partial<Record<string, readonly [bigint, bigint]>> = {
  int: [-INT, INT - 1n],
  int64: [-INT, INT - 1n],
  int8: [-128n, 127n],
  int16: [-32_768n, 32_767n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint8: [0n, 255n],
  uint16: [0n, 65_535n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, UINT - 1n],
  size: [0n, UINT - 1n],
};

/** As a command gets it: a number where one holds it. */
function integer(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function valuesOf(type: Type): fc.Arbitrary<unknown> {
  if (typeof type === "string") {
    const range = INTEGERS[type];
    if (range !== undefined) return fc.bigInt(...range).map(integer);
    if (type === "str") return fc.string({ unit: CHARACTERS });
    if (type === "number") return fc.integer().map((n) => n / 8);
    if (type === "bool") return fc.boolean();
    return type === "null" ? fc.constant(null) : fc.jsonValue({ stringUnit: CHARACTERS }).map(withoutMinusZero);
  }
  if ("enum" in type) return fc.constantFrom(...type.enum);
  return "object" in type ? objectsOf(type.object) : fc.array(valuesOf((type as readonly [Type])[0]), { maxLength: 3 });
}

/** JSON.stringify writes it without its sign, and 1e21 with an exponent, which is not what this is about. */
function withoutMinusZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, item: unknown) =>
    typeof item === "number" ? Math.trunc(item % 1e6) || 0 : item,
  );
}

function objectsOf(of: Members): fc.Arbitrary<unknown> {
  const entries = Object.entries(of).map(([key, type]) => {
    const value = valuesOf(type).map((item): [string, unknown][] => [[bare(key), item]]);
    return key.endsWith("?") ? fc.oneof(value, fc.constant([])) : value;
  });
  return fc.tuple(...entries).chain((present) => {
    const flat = present.flat();
    return fc.shuffledSubarray(flat, { minLength: flat.length }).map((shuffled) => Object.fromEntries(shuffled));
  });
}

function bare(key: string): string {
  return key.endsWith("?") ? key.slice(0, -1) : key;
}

function spell(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(spell).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}:${spell(item)}`)
    .join(",")}}`;
}

/** A change to a value that makes it wrong, and the path that the error must name. */
interface Break {
  readonly path: string;
  go(): void;
}

function breaksOf(type: Type, parent: Record<string, unknown>, key: string, path: string): Break[] {
  const set = (value: unknown): Break => ({
    path,
    go: () => void Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true }),
  });
  const value = parent[key] as Record<string, unknown>;
  if (type === "any") return [];
  if (typeof type === "string") {
    const range = INTEGERS[type];
    const beyond = range === undefined || type === "uint64" || type === "size" ? [] : [set(range[0] - 1n)];
    return [set([]), ...beyond, ...(range === undefined ? [] : [set(range[1] + 1n), set(0.5)])];
  }
  if ("enum" in type) return [set("bad"), set(1)];
  if ("object" in type) return [set([]), ...breaksIn(type.object, value, `${path}.`)];
  const items = (value as unknown as unknown[]).flatMap((_, n) =>
    breaksOf((type as readonly [Type])[0], value, String(n), `${path}[${n}]`),
  );
  return [set({}), ...items];
}

function breaksIn(of: Members, object: Record<string, unknown>, path: string): Break[] {
  const stranger = { path: `${path}stranger`, go: () => void (object["stranger"] = 1) };
  const inMembers = Object.entries(of).flatMap(([key, type]) => {
    const name = bare(key);
    if (!Object.hasOwn(object, name)) return [];
    const remove = { path: `${path}${name}`, go: () => void delete object[name] };
    return [...(name === key ? [remove] : []), ...breaksOf(type, object, name, `${path}${name}`)];
  });
  return [stranger, ...inMembers];
}

test("what fits a declaration arrives as it was sent, and one broken spot is named", async (t) => {
  t.diagnostic(`seed ${SEED} (set GW_SEED to repeat)`);
  const cases = members(2).chain((of) => fc.tuple(fc.constant(of), objectsOf(of), fc.nat()));
  await fc.assert(
    fc.asyncProperty(cases, async ([of, value, choice]) => {
      assert.deepEqual(await offer(of, spell(value)), { args: value });
      const breaks = breaksIn(of, value as Record<string, unknown>, "");
      const { path, go } = breaks[choice % breaks.length]!;
      go();
      const outcome = await offer(of, spell(value));
      assert.ok("desc" in outcome, `${spell(value)} was taken`);
      assert.ok(outcome.desc.includes(`'${path}'`), `${outcome.desc} does not name ${path}`);
    }),
    { seed: SEED, numRuns: Math.ceil(RUNS / 20) },
  );
});

// The real agent has these commands, and declares them so.

const REAL: Readonly<Record<string, Members>> = {
  "guest-exec": { path: "str", "arg?": ["str"], "env?": ["str"], "input-data?": "str", "capture-output?": "bool" },
  "guest-file-read": { handle: "int", "count?": "int" },
  "guest-file-write": { handle: "int", "buf-b64": "str", "count?": "int" },
  "guest-set-vcpus": { vcpus: [{ object: { "logical-id": "int", online: "bool", "can-offline?": "bool" } }] },
  "guest-set-memory-blocks": {
    "mem-blks": [{ object: { "phys-index": "uint64", online: "bool", "can-offline?": "bool" } }],
  },
  "guest-fstrim": { "minimum?": "int" },
};

const realAgent = findRealAgent();
const skip = realAgent === undefined && !CI && "install the Debian package qemu-guest-agent";

test("the real agent refuses the same in the same words", { skip }, async (t) => {
  t.diagnostic(`seed ${SEED} (set GW_SEED to repeat)`);
  assert.ok(realAgent, "CI needs the Debian package qemu-guest-agent");
  const real = new RealAgent(realAgent, Object.keys(REAL));
  t.after(() => real.close());
  await real.connect();
  let count = 0;
  /** Only what ours refuses is sent to the real one: nothing is ever run there. */
  const compare = async (name: string, json: string): Promise<void> => {
    const ours = await offer(REAL[name], json, name);
    if (!("desc" in ours)) return;
    count++;
    const reply = await real.exchange(latin1(`{"execute":"${name}","arguments":${json}}\n`), "\n");
    assert.deepEqual(JSON.parse(reply), { error: { class: "GenericError", desc: ours.desc } }, `${name} ${json}`);
  };
  for (const [name, of] of Object.entries(REAL)) {
    for (const json of [
      '{"\\u00e9":1}',
      '{"path":1,"handle":"x"}',
      '{"handle":1.0}',
      '{"handle":9223372036854775808}',
    ]) {
      await compare(name, json);
    }
    await fc.assert(
      fc.asyncProperty(objectsOf(of), fc.nat(), async (value, choice) => {
        const breaks = breaksIn(of, value as Record<string, unknown>, "");
        breaks[choice % breaks.length]!.go();
        await compare(name, spell(value));
      }),
      { seed: SEED, numRuns: 100 },
    );
  }
  t.diagnostic(`${count} refusals compared`);
  assert.ok(count > 300);
});
