// What a peer may send, drawn by fast-check: valid requests, near misses, soups of tokens and bytes, and all of these with
// a few bytes changed. One character stands for one byte.

import fc from "fast-check";

/** Names that ours and the real agent treat alike: commands of both, then names of none. */
const SHARED = ["guest-ping", "guest-sync", "guest-sync-delimited"];
const UNKNOWN = ["guest-pin", "nope", "", "guest-ping ", "Guest-ping"];

const STRING_PIECES = [
  "a",
  "b",
  "id",
  " ",
  "/",
  "%",
  "\x7f",
  "\\n",
  '\\"',
  "\\'",
  "\\\\",
  "\\/",
  "\\u0000",
  "\\u0061",
  "\\u00e9",
  "\\uffff",
  "\\uFDD0",
  "\\ud83d\\ude00",
  "\\ud83d",
  "\\ude00\\ud83d",
  "\\ud83d\\ud83d",
  "\\udbff\\udfff",
  "\\u12g4",
  "\\u12",
  "\\q",
  "\\\xff",
  "\\\x80",
  "\xc3\xa9",
  "\xe2\x82\xac",
  "\xf0\x9f\x98\x80",
  "\xef\xbf\xbd",
  "\xef\xbb\xbf",
  "\xc0\x80",
  "\xc0\xaf",
  "\xe2\x82",
  "\xed\xa0\x80",
  "\xef\xbf\xbe",
  "\xf4\x90\x80\x80",
  "\xf8\x88\x80\x80\x80",
  "\x80",
  "\t",
  "\x00",
  "\x1f",
  "\xfe",
  "\xff",
];

const NUMBERS = [
  "0",
  "-0",
  "1",
  "-1",
  "42",
  "9007199254740993",
  "9223372036854775807",
  "9223372036854775808",
  "-9223372036854775808",
  "-9223372036854775809",
  "18446744073709551615",
  "18446744073709551616",
  "1.5",
  "0.1",
  "-0.0",
  "1.0",
  "1e2",
  "1E-7",
  "2.5e+17",
  "1e400",
  "0e1",
  "00",
  "01",
  "1.",
  ".5",
  "+1",
  "-",
  "1e",
  "5e}",
  "0x1",
  "NaN",
];

const WORDS = ["true", "false", "null", "nul", "truex", "True", "x", "undefined"];

const BYTE_SOUP = [
  ..."{}[]:,\"' \t\n\rtnfa019-.eE\\u/@%Z",
  "\x00",
  "\x01",
  "\x7f",
  "\x80",
  "\xbf",
  "\xc3",
  "\xe2",
  "\xf0",
  "\xfe",
  "\xff",
];

const TOKENS = [
  "{",
  "}",
  "[",
  "]",
  ":",
  ",",
  '"a"',
  '"b"',
  "'a'",
  '"\\u0061"',
  '"id"',
  '"execute"',
  '"guest-ping"',
  "1",
  "1.5",
  "true",
  "x",
  " ",
  "\n",
  "@",
  "\xff",
];

/** Picks the first `valid` of a list more often than the rest. */
function mostly(choices: readonly string[], valid: number): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...choices.slice(0, valid)) },
    { weight: 1, arbitrary: fc.constantFrom(...choices) },
  );
}

const joined = (pieces: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> =>
  fc.array(pieces, { maxLength }).map((parts) => parts.join(""));

const text: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('"', '"', '"', "'"), joined(mostly(STRING_PIECES, 14), 5))
  .map(([quote, inside]) => quote + inside + quote);

const key: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('"a"', '"b"', '"c"', '"d"', '"e"', "'a'", '"\\u0061"', '""') },
  { weight: 1, arbitrary: text },
  { weight: 1, arbitrary: fc.constantFrom("1", "true", "a", "[]", "{}", '{"a":1}', '{"a":1,"a":2}') },
);

const leaf: fc.Arbitrary<string> = fc.oneof(
  text,
  mostly(NUMBERS, 19),
  mostly(WORDS, 3),
  fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }).map(String),
);

const comma = mostly([",", ", ", "\n,\t", " ", ",,", ":", ""], 3);
const colon = mostly([":", ": ", " :", " ", "::", ","], 3);

function list(item: fc.Arbitrary<string>, open: string, close: string): fc.Arbitrary<string> {
  return fc
    .tuple(fc.array(fc.tuple(item, comma), { maxLength: 5 }), mostly([close, close, "}", "]", `,${close}`, ""], 2))
    .map(
      ([items, end]) =>
        open + items.map(([one, separator], n) => (n === items.length - 1 ? one : one + separator)).join("") + end,
    );
}

const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    { weight: 3, arbitrary: leaf },
    { weight: 1, arbitrary: list(tie("value"), "[", "]") },
    {
      weight: 2,
      arbitrary: list(
        fc.tuple(key, colon, tie("value")).map((parts) => parts.join("")),
        "{",
        "}",
      ),
    },
  ),
}));

const syncArguments: fc.Arbitrary<string> = mostly(NUMBERS, 11).map((number) => `{"id":${number}}`);

/** One member each; a command of a test can tell them apart. */
const plainArguments = fc.constantFrom('{"a":1}', '{"b":[{}]}', '{"c":null}', '{"d":""}', "{}");

const argumentNames = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,7}$/), { maxLength: 6 });

/** Up to seven members: of those the real agent names a certain one. */
const strangeArguments: fc.Arbitrary<string> = fc
  .tuple(argumentNames, fc.boolean())
  .map(
    ([names, withId]) =>
      `{${[...names.filter((name) => name !== "id"), ...(withId ? ["id"] : [])].map((name) => `"${name}":1`).join(",")}}`,
  );

const member: fc.Arbitrary<string> = fc.oneof(
  value.map((source) => `"id":${source}`),
  fc.oneof(syncArguments, strangeArguments, plainArguments, value).map((source) => `"arguments":${source}`),
  fc.constantFrom(
    '"exec-oob":"guest-ping"',
    '"control":1',
    '"foo":1',
    '"execute":1',
    '"execute":"guest-sync"',
    '"arguments":null',
  ),
  argumentNames.map((names) => names.map((name) => `"${name}":0`).join(",") || '"":0'),
);

/** A request for one of these commands, or for what is none. */
function request(names: readonly string[]): fc.Arbitrary<string> {
  const name = mostly([...names, ...UNKNOWN], names.length);
  const execute = name.map((command) => `"execute":"${command}"`);
  return fc.oneof(
    fc
      .tuple(name, fc.oneof(syncArguments, syncArguments, plainArguments))
      .map(([command, source]) => `{"execute":"${command}","arguments":${source}}`),
    fc
      .tuple(execute, fc.array(member, { maxLength: 3 }), fc.boolean(), mostly([",", ", ", ",\n", ",,"], 3))
      .map(
        ([first, members, front, separator]) =>
          `{${(front ? [first, ...members] : [...members, first]).join(separator)}}`,
      ),
  );
}

const byte: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...BYTE_SOUP),
  fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
);

interface Change {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.noBias(fc.nat(0xffff)),
  remove: fc.constantFrom(0, 0, 1, 1, 2, 9),
  insert: fc.oneof(fc.constant(""), fc.constant("\xff"), byte, fc.constantFrom(...TOKENS)),
});

function apply(source: string, changes: readonly Change[]): string {
  for (const { at, remove, insert } of changes) {
    const place = at % (source.length + 1);
    source = source.slice(0, place) + insert + source.slice(place + remove);
  }
  return source;
}

/** Around the sizes at which a limit or a cut may lie. */
const size = fc.oneof(
  fc.integer({ min: 56, max: 72 }),
  fc.integer({ min: 248, max: 264 }),
  fc.integer({ min: 1018, max: 1030 }),
);

const large: fc.Arbitrary<string> = fc.oneof(
  size.map((count) => `{"execute":"guest-ping","id":${"[".repeat(count)}${"]".repeat(count)}}`),
  fc.tuple(size, fc.integer({ min: 0, max: 3 })).map(([count, less]) => "[".repeat(count) + "]".repeat(count - less)),
  size.map((count) => `{"execute":"guest-ping","id":[${"1,".repeat(count >> 1)}1]}`),
  fc
    .tuple(size, fc.constantFrom("a", "\xc3\xa9", "\\n", "\x80"), fc.constantFrom('"}', "\x01"))
    .map(([count, filler, end]) => `{"execute":"guest-ping","id":"${filler.repeat(count)}${end}`),
  size.map((count) => `{"execute":"${"n".repeat(count)}"}`),
  size.map((count) => `{"execute":"guest-ping","arguments":{"${"n".repeat(count)}":1}}`),
  fc.tuple(size, fc.constantFrom("1", "x", "@", "} ")).map(([count, filler]) => filler.repeat(count)),
);

function message(names: readonly string[]): fc.Arbitrary<string> {
  const valid = request(names);
  const mutated = fc
    .tuple(valid, fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([source, changes]) => apply(source, changes));
  return fc.oneof(
    { weight: 5, arbitrary: valid },
    { weight: 4, arbitrary: mutated },
    { weight: 1, arbitrary: value },
    { weight: 1, arbitrary: large },
    { weight: 2, arbitrary: joined(fc.constantFrom(...TOKENS), 12) },
    { weight: 1, arbitrary: joined(byte, 20) },
  );
}

/** What one peer sends, from its first byte to its last. `names`: further commands that it may call. */
export function stream(names: readonly string[] = []): fc.Arbitrary<string> {
  const between = fc.constantFrom("\n", "\n", "\r\n", "", " ", "\xff");
  return fc
    .array(fc.tuple(message([...SHARED, ...names]), between), { minLength: 1, maxLength: 4 })
    .map((messages) => messages.flat().join(""));
}
