// JSON with exact integers, against plain readers and writers of it, and on 10 MB of whatever is worst.

import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { formatJson, parseJson } from "../../hosts/common/json.ts";
import { isRecord, parseExact } from "../../hosts/common/testing/exact-json.ts";
import { SEED } from "../property/settings.ts";

const MARK = "\x7f";
const PARAMETERS = { seed: SEED, numRuns: 5000 };

/** What a text means, from the spelling of each of its numbers. */
function read(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(read);
  if (isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.slice(1), read(item)]));
  if (typeof value !== "string") return value;
  const text = value.slice(1);
  if (value.startsWith("s")) return text;
  return /^-?\d{1,309}$/.test(text) && !Number.isSafeInteger(Number(text)) ? BigInt(text) : Number(text);
}

/** What a value is written as. */
function write(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => (item === undefined ? "null" : write(item))).join(",")}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${write(item)}`).join(",")}}`;
}

/** What comes of it: a value, or the name and the message of an error. */
function outcome(work: () => unknown): unknown {
  try {
    return { value: work() };
  } catch (error) {
    assert.ok(error instanceof Error);
    return `${error.name}: ${error.message}`;
  }
}

/** Runs it while an application has taught bigints to be strings. */
function withToJson<T>(work: () => T): T {
  const prototype: object = BigInt.prototype;
  Object.defineProperty(prototype, "toJSON", {
    value(this: bigint) {
      return `${this}`;
    },
    configurable: true,
  });
  try {
    return work();
  } finally {
    Reflect.deleteProperty(prototype, "toJSON");
  }
}

const joined = (pieces: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(pieces, { maxLength: 5 }).map((parts) => parts.join(""));

const NUMBERS = ["0", "-0", "0.0", "1e400", "-1e400", "1.5", "1234567890123456", "-1234567890123456"]
  .concat(["9007199254740991", "9007199254740992", "9007199254740993", "-9007199254740991", "-9007199254740992"])
  .concat(["9223372036854775807", "-9223372036854775808", "18446744073709551615", "18446744073709551616"])
  .concat([
    "0.12345678901234567",
    "12345678901234567.5",
    "12345678901234567e2",
    "1e0000000000000000001",
    "1E-12345678901234567",
  ])
  .concat(["9".repeat(308), `-${"9".repeat(309)}`, "9".repeat(310), `${"9".repeat(400)}e-350`]);

const number = fc.oneof(fc.constantFrom(...NUMBERS), fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String));
const space = fc.constantFrom("", "", "", " ", "\n", "\t\r ");
const string = joined(
  fc.constantFrom(
    '\\"',
    "\\\\",
    "\\u0001",
    "12345678901234567",
    ",",
    "[",
    ":",
    "\x7f",
    "\\u007f",
    "\\/",
    "\u00e9",
    " ",
  ),
).map((text) => `"${text}"`);
const key = fc.oneof(string, fc.constantFrom('"__proto__"', '"toJSON"', '"1"', '"0"', '"a"', '"a"', '"constructor"'));

const { text } = fc.letrec<{ text: string; value: string }>((tie) => ({
  text: fc.tuple(space, tie("value"), space).map((parts) => parts.join("")),
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(number, number, string, fc.constantFrom("true", "null")),
    fc.array(tie("text"), { maxLength: 5 }).map((items) => `[${items.join(",")}]`),
    fc
      .array(
        fc
          .tuple(space, key, space, tie("text"))
          .map(([before, name, after, item]) => `${before}${name}${after}:${item}`),
        { maxLength: 5 },
      )
      .map((members) => `{${members.join(",")}}`),
  ),
}));

/** Mostly no JSON. */
const soup = joined(
  fc.oneof(number, string, fc.constantFrom('"', "\\", "[", "]", "{", "}", ",", ":", "-", "1", "x", "\x01")),
);

test("integers are read exactly, and all else as JSON.parse reads it", () => {
  const sameAsOracle = (json: string): void => {
    const value = parseJson(json);
    assert.deepEqual(value, read(parseExact(json)));
    // The order of keys, too.
    assert.equal(formatJson(value), write(read(parseExact(json))));
  };
  fc.assert(fc.property(text, sameAsOracle), PARAMETERS);
  for (const json of NUMBERS) sameAsOracle(json);
});

test("what is no JSON throws what JSON.parse throws", () => {
  const sameError = (json: string): void => {
    const wanted = outcome(() => JSON.parse(json) as unknown);
    if (typeof wanted === "string")
      assert.equal(
        outcome(() => parseJson(json)),
        wanted,
      );
    else parseJson(json);
  };
  fc.assert(fc.property(soup, sameError), PARAMETERS);
  for (const json of [
    "",
    "{12345678901234567:1}",
    "12345678901234567 1",
    '"a"12345678901234567',
    "012345678901234567",
  ]) {
    assert.throws(() => parseJson(json), SyntaxError);
    sameError(json);
  }
});

test("an own __proto__ stays a member", () => {
  const value = parseJson('{"__proto__": 12345678901234567890, "a": {"__proto__": {"b": 12345678901234567890}}}');
  assert.ok(isRecord(value));
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.deepEqual(Object.getOwnPropertyDescriptor(value, "__proto__")?.value, 12345678901234567890n);
  assert.equal(formatJson(value), '{"__proto__":12345678901234567890,"a":{"__proto__":{"b":12345678901234567890}}}');
});

const piece = fc.constantFrom(MARK, '"', ",", "[", "{", "}", ":", "\\", "1", "\u0001", "\ud800", "a");
const words = fc.oneof(joined(piece), fc.constantFrom(MARK, `,"${MARK}"`, `["${MARK}`, "__proto__", "1"), fc.string());
const leaf = fc.oneof(fc.bigInt(), words, fc.double(), fc.constantFrom(null, undefined, true, 0n, -1n, 2n ** 64n));
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie("tree"), { maxLength: 5 }),
    fc.dictionary(words, tie("tree"), { maxKeys: 5 }),
  ),
}));

test("bigints are written as integers, and all else as JSON.stringify writes it", () => {
  const asWanted = (value: unknown): void => {
    if (value === undefined) assert.equal(formatJson(value), undefined);
    else assert.equal(formatJson(value), write(value));
  };
  fc.assert(fc.property(tree, asWanted), PARAMETERS);
  fc.assert(
    fc.property(tree, (value) => withToJson(() => asWanted(value))),
    PARAMETERS,
  );
  // Nothing of it is seen where there is no bigint.
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(
        withToJson(() => formatJson(value)),
        JSON.stringify(value),
      );
    }),
    PARAMETERS,
  );
});

test("indented text has the same values", () => {
  const indented = fc.property(tree, (value) => {
    const lines = formatJson(value, 2);
    assert.equal(lines && formatJson(parseJson(lines)), formatJson(value));
  });
  fc.assert(indented, PARAMETERS);
  const value = { a: [1n, MARK, { b: 2n ** 64n }], [MARK]: [] };
  assert.equal(
    formatJson(value, 2),
    JSON.stringify(value, (_, item) => (typeof item === "bigint" ? Number(item) : item), 2).replace(
      "18446744073709552000",
      "18446744073709551616",
    ),
  );
});

test("what JSON.stringify leaves out, converts or refuses", () => {
  const both = (value: unknown): void => {
    const wanted = outcome(() => JSON.stringify(value));
    assert.deepEqual(
      outcome(() => formatJson(value)),
      wanted,
    );
    assert.deepEqual(
      withToJson(() => outcome(() => formatJson(value))),
      wanted,
    );
  };
  const cycle: unknown[] = [];
  cycle.push({ cycle });
  const fails = {
    toJSON() {
      throw new TypeError("no");
    },
  };
  for (const value of [undefined, () => 1, Symbol("a"), cycle, fails, new Date(0), [new Date(Number.NaN)]]) both(value);
  for (const value of [Object(MARK), [Object("1"), Object(1), Object(true)], { a: () => 1, b: [() => 1] }, -0])
    both(value);
  assert.throws(() => formatJson([1n, cycle]), TypeError);
  assert.throws(() => formatJson([1n, fails]), /^TypeError: no$/);
  // Where a bigint is beside them.
  const date = new Date(0);
  const value = [
    date,
    Object(MARK),
    MARK,
    undefined,
    { a: undefined, b: { toJSON: () => 5n } },
    2n ** 64n,
    Object("x"),
  ];
  const wanted = `["${date.toJSON()}","${MARK}","${MARK}",null,{"b":5},18446744073709551616,"x"]`;
  assert.equal(formatJson(value), wanted);
  assert.equal(
    withToJson(() => formatJson(value)),
    wanted,
  );
  // toJSON sees the key, as ever.
  assert.equal(formatJson({ k: { toJSON: (name: string) => [name, 1n] } }), '{"k":["k",1]}');
});

const SIZE = 10_000_000;
const filled = (unit: string): string => unit.repeat(Math.floor(SIZE / unit.length));
const BIG = "12345678901234567890";

/** Each is read, and written again as it is. */
const LARGE: Record<string, string> = {
  "a string of backslashes": `["${filled("\\\\")}",${BIG}]`,
  "a string of quotes": `["${filled('\\"')}",${BIG}]`,
  "a string of \\u0001": `["${filled("\\u0001")}",${BIG}]`,
  "a string of marks": `["${filled(MARK)}",${BIG}]`,
  "strings of one mark": `[${filled(`"${MARK}",`)}${BIG}]`,
  "a string of digits": `["${filled("1")}",${BIG}]`,
  "empty strings": `[${filled('"",')}${BIG}]`,
  "integers of 20 digits": `[${filled(`${BIG},`)}1]`,
  "integers of 309 digits": `[${filled(`${"9".repeat(309)},`)}1]`,
  "small integers": `[${filled("1,")}${BIG}]`,
  "long keys and digits": `{${Array.from({ length: 200_000 }, (_, i) => `"${BIG}${i}":${BIG}`).join(",")}}`,
};

for (const [name, json] of Object.entries(LARGE)) {
  test(`10 MB: ${name}`, () => {
    // Not as values to compare: where they differ, the message would take for ever.
    assert.equal(formatJson(parseJson(json)) === json, true);
  });
}

test("10 MB: one integer, one fraction, one float", () => {
  assert.equal(parseJson(filled("9")), Number.POSITIVE_INFINITY);
  assert.equal(parseJson(`-${filled("9")}`), Number.NEGATIVE_INFINITY);
  assert.equal(parseJson(`${filled("9")}.5`), Number.POSITIVE_INFINITY);
  assert.equal(parseJson(`0.${filled("9")}`), 1);
  assert.equal(parseJson(`${filled(" ")}${BIG}${filled("\n")}`), BigInt(BIG));
});

test("10 MB: what is no JSON", () => {
  for (const unit of ['"', "\\", '"1\\",', BIG, "-", "\x01", `"${BIG}`]) {
    assert.throws(() => parseJson(`[${filled(unit)}`), SyntaxError);
    assert.throws(() => parseJson(`["${filled(unit)}`), SyntaxError);
  }
});

test("as deep as JSON.parse goes", () => {
  const depth = 300_000;
  let value = parseJson("[".repeat(depth) + BIG + "]".repeat(depth));
  for (let level = 0; level < depth; level++) {
    assert.ok(Array.isArray(value));
    value = value[0] as unknown;
  }
  assert.equal(value, BigInt(BIG));
});

test("a string is what JSON.stringify takes for one, whatever it calls itself", () => {
  const foreign = runInNewContext(`new String("${MARK}")`) as object;
  const renamed = Object.defineProperty(new String(MARK), Symbol.toStringTag, { value: "Number" });
  const pretends = { [Symbol.toStringTag]: "String", length: 1, toString: () => MARK };
  const value = [foreign, renamed, pretends, new String("a"), 1n];
  assert.equal(formatJson(value), `["${MARK}","${MARK}",{"length":1},"a",1]`);
});
