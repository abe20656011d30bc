// Sessions that are enumerated rather than drawn: every byte in every state of the lexer, every short run of tokens,
// numbers, sequences of UTF-8, and what the envelope and the arguments can hold. One character stands for one byte.

/** A request whose id is this source text. */
export const withId = (source: string): string => `{"execute":"guest-ping","id":${source}}`;

const PING = '{"execute":"guest-ping"}';

const byte = (value: number): string => String.fromCharCode(value);
const bytes = (...values: number[]): string => String.fromCharCode(...values);

const BYTES: readonly string[] = Array.from({ length: 256 }, (_, value) => byte(value));

/** Beginnings of characters of two to six bytes, right and wrong, up to the byte before the last. */
const UTF8_BEGINNINGS: readonly string[] = [
  [0x80],
  [0xc0],
  [0xc1],
  [0xc2],
  [0xdf],
  [0xe0],
  [0xe0, 0x80],
  [0xe0, 0x9f],
  [0xe0, 0xa0],
  [0xe2, 0x82],
  [0xed],
  [0xed, 0x9f],
  [0xed, 0xa0],
  [0xed, 0xbf],
  [0xef],
  [0xef, 0xb7],
  [0xef, 0xbf],
  [0xf0],
  [0xf0, 0x80, 0x80],
  [0xf0, 0x8f, 0xbf],
  [0xf0, 0x90],
  [0xf0, 0x9f, 0x98],
  [0xf0, 0x9f, 0xbf],
  [0xf4],
  [0xf4, 0x8f, 0xbf],
  [0xf4, 0x90, 0x80],
  [0xf5, 0x80, 0x80],
  [0xf8],
  [0xf8, 0x80, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80],
  [0xfb, 0xbf, 0xbf, 0xbf],
  [0xfc],
  [0xfc, 0x80, 0x80, 0x80, 0x80],
  [0xfc, 0x84, 0x80, 0x80, 0x80],
  [0xfd, 0xbf, 0xbf, 0xbf, 0xbf],
].map((beginning) => bytes(...beginning));

const ESCAPE_BEGINNINGS: readonly string[] = [
  "\\",
  "\\\\",
  "\\u",
  "\\u1",
  "\\u12",
  "\\u123",
  "\\u1234",
  "\\u000",
  "\\u007",
  "\\ufff",
  "\\ufdd",
  "\\ufde",
  "\\ud83d",
  "\\ud83d\\",
  "\\ud83d\\u",
  "\\ud83d\\ud",
  "\\ud83d\\ude0",
  "\\ud83d\\u00e",
  "\\udbff\\udff",
  "\\ude0",
  "\\n",
];

const IN_STRING: readonly string[] = ["", "a", "'", "%", ...UTF8_BEGINNINGS, ...ESCAPE_BEGINNINGS];

const IN_WORD: readonly string[] = ["t", "tr", "true", "nul", "null", "fals", "false", "truex", "a"];

const IN_NUMBER: readonly string[] = [
  "-",
  "0",
  "-0",
  "1",
  "-1",
  "12",
  "0.",
  "-0.",
  "0.5",
  "-0.0",
  "1.",
  "1.5",
  "1e",
  "1E",
  "1e+",
  "1e-",
  "1e5",
  "1E-5",
  "1.5e",
  "1.5e5",
];

const IN_RECOVERY: readonly string[] = ["@", "@ x", '@"', "@\\", "\xff", "\xff ", "\x80", "\x00", "\x00\t", "A1"];

const IN_GRAMMAR: readonly string[] = [
  "",
  " ",
  "\n",
  "{",
  '{"a"',
  '{"a":',
  '{"a":1',
  '{"a":1,',
  '{"a":{}',
  '{"a":[]',
  '{"a":[1,',
  "[",
  "[1",
  "[1,",
  '["a"',
  "[{}",
  "[[]",
  "{1",
  "{true",
  "{[",
  "{{",
  "{[]",
  "{[}",
  "[{]",
  '{"a":1,{}',
  '{"a":x',
  "[1 2",
  "}",
  "]",
  ":",
  ",",
  '"a"',
  "true",
];

/** Every byte value in every state of the lexer and the grammar, bare and inside a request, with what may follow it. */
export function* everyByte(): Generator<string> {
  for (const c of BYTES) {
    for (const quote of ['"', "'"]) {
      for (const state of quote === '"' ? IN_STRING : ["", "a", "\\", "\\u12"]) {
        const start = quote + state + c;
        yield start;
        yield withId(start + quote);
        yield withId(start + "0000" + quote);
        yield `{"a${start}\n${PING}`;
        yield `{${start}${quote}:1,${PING}`;
      }
    }
    for (const state of [...IN_WORD, ...IN_NUMBER]) {
      yield state + c;
      yield state + c + "1 ";
      yield withId(state + c);
      yield withId(`[${state}${c}1]`);
    }
    for (const state of [...IN_RECOVERY, ...IN_GRAMMAR]) {
      yield state + c;
      yield state + c + PING;
      yield withId(state + c);
      yield `${state}${c}}]"x"}`;
    }
  }
}

const TOKENS: readonly string[] = ["{", "}", "[", "]", ":", ",", '"a"', "1 ", "x ", "'b'"];

/** Every run of tokens up to this length: each alone, and as the id of a request. */
export function* everyTokenRun(length: number): Generator<string> {
  for (const run of runs(TOKENS, length)) {
    yield run;
    yield withId(run);
  }
}

/** Everything of up to `length` characters that could look like a number. */
export function* everyNumber(length: number): Generator<string> {
  for (const run of runs(["-", "0", "1", "9", ".", "e", "E", "+"], length)) {
    yield withId(run);
    yield `${run} `;
  }
}

export function* runs(alphabet: readonly string[], length: number): Generator<string> {
  if (length === 0) return;
  for (const first of alphabet) {
    yield first;
    for (const rest of runs(alphabet, length - 1)) yield first + rest;
  }
}

/** Every sequence of two bytes from 0x7F up, and every last byte behind the beginnings: as a string, and in what an error echoes. */
export function* everyUtf8(): Generator<string> {
  for (const second of BYTES) {
    for (let first = 0x7f; first < 0xfe; first++) {
      yield withId(`"${byte(first)}${second}"`);
      yield `"${byte(first)}${second}z\x01`;
    }
    for (const beginning of UTF8_BEGINNINGS) {
      for (const end of ["", "\x80", "\xbf", "\xbe\x80", "\x80\x80\x80", "\xc3", "a"]) {
        yield withId(`"${beginning}${second}${end}"`);
        yield `"${beginning}${second}${end}\n`;
        yield `{"execute":"${beginning}${second}${end}"}`;
      }
    }
  }
}

/** The 66 noncharacters and their neighbours, raw and as escapes. */
export function* noncharacters(): Generator<string> {
  const points: number[] = [];
  for (let point = 0xfdc8; point < 0xfdf8; point++) points.push(point);
  for (let plane = 0; plane <= 0x11; plane++) {
    for (let low = 0xfffc; low <= 0x10001; low++) points.push(plane * 0x10000 + low);
  }
  for (const point of [
    ...points,
    0,
    0x7f,
    0x80,
    0x7ff,
    0x800,
    0xd7ff,
    0xd800,
    0xdbff,
    0xdc00,
    0xdfff,
    0xe000,
    0xfeff,
  ]) {
    yield withId(`"${encode(point)}"`);
    yield `"${encode(point)}\n`;
    yield withId(`"${escape(point)}"`);
    yield withId(`"${escape(point).toUpperCase().replaceAll("\\U", "\\u")}x"`);
  }
}

/** A code point in as many bytes as it needs, whether it may stand there or not. */
function encode(point: number): string {
  if (point < 0x80) return byte(point);
  if (point < 0x800) return bytes(0xc0 | (point >> 6), 0x80 | (point & 63));
  if (point < 0x10000) return bytes(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
  return bytes(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
}

function escape(point: number): string {
  const unit = (value: number): string => `\\u${value.toString(16).padStart(4, "0")}`;
  if (point < 0x10000) return unit(point);
  const rest = point - 0x10000;
  return unit((0xd800 + (rest >> 10)) & 0xffff) + unit(0xdc00 + (rest & 0x3ff));
}

const INTEGERS: readonly bigint[] = [
  0n,
  9n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n,
  10n ** 18n,
  10n ** 19n,
  10n ** 20n,
  10n ** 308n,
];

/** Integers on both sides of every border, of both signs, as argument and as id; and floats likewise. */
export function* borderNumbers(): Generator<string> {
  const texts: string[] = [
    "-0",
    "-0.0",
    "0.0",
    "1e308",
    "1e309",
    "-1e309",
    "1e400",
    "4.9e-324",
    "1e-400",
    "1.0",
    "1e2",
  ];
  for (const border of INTEGERS) {
    for (let offset = -2n; offset <= 2n; offset++) {
      for (const sign of [1n, -1n]) texts.push(String(sign * (border + offset)));
    }
  }
  for (const digits of [1, 18, 19, 20, 21, 308, 309, 310, 400]) {
    texts.push("9".repeat(digits), `-${"9".repeat(digits)}`, `1${"0".repeat(digits)}`, `1${"0".repeat(digits)}.5`);
    texts.push(`0.${"0".repeat(digits)}1`, `1.${"3".repeat(digits)}e5`, `1.5e${"0".repeat(digits)}3`, `1e-${digits}`);
  }
  texts.push("17976931348623157e292", "17976931348623158e292", "17976931348623159e292", "1.7976931348623157e308");
  texts.push(
    "1.7976931348623158e308",
    "1.7976931348623159e308",
    "0.00017976931348623159e312",
    "1797693134862315800000e287",
  );
  // The least number that is none any more: ours looks at its first 32 digits (core/number.ts).
  for (const digits of ["17976931348623158079372897140529", "17976931348623158079372897140531"]) {
    for (const more of ["0", "9"]) texts.push(digits + more.repeat(277), `${digits}e277`, `-0.${digits}${more}e309`);
  }
  for (const text of texts) {
    yield withId(text);
    yield withId(`{"a":[${text}]}`);
    yield `{"execute":"guest-sync","arguments":{"id":${text}}}`;
    yield `{"execute":"guest-sync-delimited","arguments":{"id":${text}},"id":${text}}`;
    yield `{"execute":${text}}`;
  }
}

const NAMES = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMN";

/** Objects of 2 to 40 keys, two of them the same: every pair of places, in every spelling; then with a mistake behind it. */
export function* duplicateKeys(): Generator<string> {
  for (const count of [2, 3, 7, 8, 9, 10, 17, 40]) {
    for (let second = 1; second < count; second++) {
      for (const first of [0, second >> 1, second - 1]) {
        const keys = [...NAMES].slice(0, count);
        const same = keys[first] as string;
        const code = same.charCodeAt(0).toString(16).padStart(2, "0");
        for (const spelling of [same, `\\u00${code}`]) {
          keys[second] = spelling;
          const members = keys.map((key, index) => `"${key}":${index}`).join(",");
          yield withId(`{${members}}`);
          yield withId(`[{"x":{${members}}}]`);
          yield `{${members}`;
          yield `{"execute":"guest-ping","arguments":{${members}}}`;
          if (count > 10) continue;
          for (const mistake of [
            ",",
            ":",
            " 1",
            ",1:2",
            ",{}:1",
            ',"q"',
            ',"q" 1',
            ',"q":x',
            ',"q":"\\q"',
            ',"q":[',
            "]",
            ',"q":{"b":1,"b":1',
            ',"q":[1 2',
          ]) {
            yield withId(`{${members}${mistake}}`);
            yield withId(`[${"{"}"x":{${members}${mistake}}}]]`);
          }
        }
      }
    }
  }
  for (const key of ["", "\\u0000", "\xc0\x80", "\xc3\xa9", "\\u00e9", "a\\/b", "a/b", "'", "\\'", "\\\\"]) {
    for (const other of ["", "\\u0000", "\xc0\x80", "\xc3\xa9", "\\u00E9", "a\\/b", "a/b", "'", "\\'", "\\\\"]) {
      yield withId(`{"${key}":1,"${other}":2}`);
      yield withId(`{"${key}":1,"0":1,"1":1,"2":1,"3":1,"4":1,"5":1,"6":1,"7":1,"8":1,"9":1,"${other}":2}`);
    }
  }
}

const MEMBERS: readonly string[] = [
  '"execute":"guest-ping"',
  '"execute":1',
  '"arguments":{}',
  '"arguments":[]',
  '"arguments":null',
  '"id":7',
  '"id":null',
  '"exec-oob":"guest-ping"',
  '"control":{"run-oob":true}',
  '"foo":1',
  '"Execute":1',
  '"":1',
  '"\\u0000":1',
  '"caf\xc3\xa9\\"":1',
];

/** Envelopes of up to three members in every order: which mistake is named. */
export function* envelopes(): Generator<string> {
  yield "{}";
  for (const one of MEMBERS) {
    yield `{${one}}`;
    for (const two of MEMBERS) {
      yield `{${one},${two}}`;
      for (const three of MEMBERS) yield `{${one},${two},${three}}`;
    }
  }
}

/** Nesting around the limit of 1024, closed and left open, in arrays, objects and both. */
export function* nesting(): Generator<string> {
  for (const depth of [1, 2, 1022, 1023, 1024, 1025, 1026, 1027, 2048, 2050]) {
    yield "[".repeat(depth);
    yield "[".repeat(depth) + "]".repeat(depth);
    yield withId("[".repeat(depth - 1) + "]".repeat(depth - 1));
    yield withId('{"a":'.repeat(depth - 1) + "1" + "}".repeat(depth - 1));
    yield withId('[{"a":'.repeat(depth >> 1) + "1" + "}]".repeat(depth >> 1));
    yield '{"a":['.repeat(depth >> 1) + PING;
    yield "{".repeat(depth) + "}".repeat(depth);
  }
}

/** Echoes around the lengths at which one of the two agents cuts. */
export function* longEchoes(): Generator<string> {
  for (const length of [
    1, 200, 250, 251, 252, 253, 254, 255, 256, 257, 258, 259, 300, 1000, 1010, 1020, 1023, 1024, 1025, 1100, 5000,
  ]) {
    for (const filler of ["a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xe2\x82", "\x80", "\xf8\x80"]) {
      const text = filler.repeat(Math.ceil(length / filler.length));
      yield `"${text}\n`;
      yield `"${text}a\n`;
      yield `{"execute":"${text}"}`;
      yield `{"execute":"guest-ping","${text}":1}`;
      yield `{"execute":"guest-ping","arguments":{"${text}":1}}`;
      yield withId(`"${text}"`);
    }
    yield withId("x".repeat(length));
    yield `${"x".repeat(length)}@`;
    yield `1${"0".repeat(length)}.@`;
    yield withId(`1${"0".repeat(length)}`);
    yield "@".repeat(length);
  }
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz-0123456789_ABC";
const RARE_LETTERS = ["\xc3\xa9", "\\u0000", "\xf0\x9f\x98\x80", "\\u00e9", "/"];

/** Objects of one to seven members with names at random, as arguments and as an envelope: which member is named. */
export function* strangeArguments(seed: number, count: number): Generator<string> {
  let state = seed | 1;
  const below = (bound: number): number => {
    // Numerical Recipes' generator: its upper bits are good enough for names.
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return ((state >>> 8) % bound) | 0;
  };
  const letter = (): string =>
    below(30) === 0 ? (RARE_LETTERS[below(RARE_LETTERS.length)] ?? "") : (LETTERS[below(LETTERS.length)] ?? "");
  for (let n = 0; n < count; n++) {
    const names = new Set<string>();
    for (let left = 1 + below(7); left > 0; left--) {
      names.add(below(12) === 0 ? "id" : Array.from({ length: below(10) }, letter).join(""));
    }
    const members = [...names].map((name) => `"${name}":1`).join(",");
    yield `{"execute":"guest-ping","arguments":{${members}}}`;
    yield `{"execute":"guest-sync","arguments":{${members}}}`;
    yield `{${members},"execute":"guest-ping"}`;
    yield `{${members}}`;
  }
}
