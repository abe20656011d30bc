// Memory has an end: after a warm-up, messages, sessions and host calls take nothing for good. A module's memory never
// shrinks, so one number says it of the WebAssembly builds; of the js engine the heap says it, when it was swept.
// GW_SOAK=1 makes it ten times as much of each.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createAgent } from "guestwire";
import { js } from "guestwire/core";
import {
  FLAG_ENABLED as ENABLED,
  STATUS_BUSY as BUSY,
  STATUS_LOG as LOG,
  STATUS_OUTPUT as OUTPUT,
  STATUS_PENDING as PENDING,
  WINDOW_BYTES,
} from "../../core/codes.ts";
import { MODULES } from "../engines.ts";
import type { Exports } from "../exports.ts";
import { Peer } from "../peer.ts";

const TIMES = process.env["GW_SOAK"] === "1" ? 10 : 1;
const MESSAGES = 1_000_000 * TIMES;
const SESSIONS = 1_000_000 * TIMES;
const CALLS = 100_000 * TIMES;
const JS_MESSAGES = 300_000 * TIMES;

/** Of a message at the limit of 67,108,863 bytes; the other tokens and the quotes of the id have 32. */
const LONGEST_ID = 67_108_863 - 32;

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

/** A module called as an embedder without this package calls it. */
class Raw {
  /** Lines that were drained. */
  lines = 0;
  readonly exports: Exports;
  private readonly window: number;

  constructor(module: WebAssembly.Module) {
    this.exports = new WebAssembly.Instance(module).exports as unknown as Exports;
    this.exports.gw_add_builtin(0);
    this.window = this.exports.gw_room(0);
  }

  get size(): number {
    return this.exports.memory.buffer.byteLength;
  }

  put(bytes: Uint8Array): number {
    new Uint8Array(this.exports.memory.buffer, this.window).set(bytes);
    return bytes.length;
  }

  /** The text of so many bytes at an address. */
  text(at: number, length: number): string {
    return Buffer.from(this.exports.memory.buffer, at, length).toString("latin1");
  }

  /** Hands bytes in and takes out what they draw. */
  feed(session: number, bytes: Uint8Array): number {
    return this.drain(session, this.exports.gw_feed(session, 0, this.put(bytes)));
  }

  drain(session: number, status: number): number {
    while ((status & OUTPUT) !== 0) {
      const count = this.exports.gw_output(session);
      const at = this.exports.gw_data();
      const out = new Uint8Array(this.exports.memory.buffer, at, count);
      for (let end = out.indexOf(10); end >= 0; end = out.indexOf(10, end + 1)) this.lines++;
      status = this.exports.gw_drained(session, count);
    }
    if ((status & LOG) !== 0) this.exports.gw_log();
    return status & ~LOG;
  }
}

/** Requests of several kinds, and what is none; each draws one line. */
const KINDS: readonly ((n: number) => string)[] = [
  () => '{"execute":"guest-ping"}',
  (n) => `{"execute":"guest-sync","arguments":{"id":${n}}}`,
  (n) => `{"execute":"guest-ping","id":{"a":[${n},"\\u00e9\\n"],"b":0.5}}`,
  () => '{"execute":"nope"}',
  (n) => `{"execute":"guest-sync","arguments":{"id":${n},"x":1}}`,
  () => "[1 2]",
  () => "\xff",
];

interface Chunk {
  readonly bytes: Uint8Array;
  readonly messages: number;
}

/** A chunk of a window's size at most, with a longer id in front; it ends where a message ends. */
function chunk(idLength: number): Chunk {
  const parts = [`{"execute":"guest-ping","id":"${"x".repeat(idLength)}"}`];
  for (let n = 0, size = idLength + 100; size < WINDOW_BYTES - 200; n++) {
    const part = KINDS[n % KINDS.length]!(n);
    parts.push(part);
    size += part.length;
  }
  return { bytes: bytesOf(parts.join("")), messages: parts.length };
}

const CHUNKS: readonly Chunk[] = [0, 40_000, 10, 7_000, 1_000, 20_000, 100, 3_000].map(chunk);

/** Sends so many messages at least. */
function sendMessages(raw: Raw, session: number, messages: number): void {
  for (let done = 0, n = 0; done < messages; n++) {
    const { bytes, messages: count } = CHUNKS[n % CHUNKS.length]!;
    const before = raw.lines;
    assert.equal(raw.feed(session, bytes), 0);
    assert.equal(raw.lines - before, count);
    done += count;
  }
}

/** What a session was told when its peer went. */
const LAST_WORDS = [
  "",
  '{"execute":"guest-ping"}',
  '{"execute":"guest-pi',
  `{"execute":"guest-ping","id":["${"x".repeat(20_000)}`,
  '{"execute":"guest-ping","id":[[[{"a":1,"b":',
  "\xff@",
  `{${Array.from({ length: 300 }, (_, n) => `"k${n}":0`).join(",")}`,
  '{"execute":"guest-ping"}{"execute":"held"}{"execute":"guest-ping"}',
].map(bytesOf);

/** Opens and closes so many sessions, a few at a time; most are left in the middle of something. */
function openAndClose(raw: Raw, sessions: number): void {
  const open: number[] = [];
  for (let n = 0; n < sessions; n++) {
    const session = raw.exports.gw_open();
    open.push(session);
    // The long ones are rarer: each is a copy of its bytes.
    raw.feed(session, LAST_WORDS[n % 16 < 8 ? n % 8 : [0, 1, 2, 4, 5, 7][n % 6]!]!);
    if (open.length > n % 7) raw.exports.gw_close(open.shift()!);
    if (open.length > 7) raw.exports.gw_close(open.shift()!);
  }
  for (const session of open) raw.exports.gw_close(session);
}

const ARGUMENTS: readonly (readonly [source: string, text: string])[] = [
  ['{"a":1,"b":["x"]}', '{"a": 1, "b": ["x"]}'],
  [`{"path":"${"p".repeat(3000)}"}`, `{"path": "${"p".repeat(3000)}"}`],
  ["{}", "{}"],
  [
    `{"list":[${Array.from({ length: 200 }, (_, n) => n).join(",")}]}`,
    `{"list": [${Array.from({ length: 200 }, (_, n) => n).join(", ")}]}`,
  ],
];
const REQUESTS = ARGUMENTS.map(([source]) => bytesOf(`{"execute":"held","arguments":${source},"id":7}`));
const RESULTS = ['{"b":[1,2,{"c":null}],"a":0.5}', `"${"r".repeat(5000)}"`, "[]", '{"this is":no JSON'].map(bytesOf);
const FAILURE = bytesOf("it did not work");
const TAKEN = bytesOf("held");

/** Calls the host command so many times; it returns values, fails, and returns what is no value. */
function callHost(raw: Raw, session: number, calls: number): void {
  const { exports } = raw;
  for (let n = 0; n < calls; n++) {
    const kind = n % REQUESTS.length;
    // A name that is taken costs nothing either.
    assert.equal(exports.gw_add_command(2, ENABLED, raw.put(TAKEN)), 0);
    const before = raw.lines;
    assert.equal(raw.feed(session, REQUESTS[kind]!), BUSY | PENDING);
    const length = exports.gw_arguments(session);
    // Reading each would be most of the work.
    if (n % 97 < REQUESTS.length) assert.equal(raw.text(exports.gw_data(), length), ARGUMENTS[kind]![1]);
    const call = exports.gw_pending(session);
    const status =
      n % 5 === 4
        ? exports.gw_fail(session, call, 0, raw.put(FAILURE))
        : exports.gw_complete(session, call, raw.put(RESULTS[n % RESULTS.length]!), 0);
    assert.equal(raw.drain(session, status), 0);
    assert.equal(raw.lines, before + 1);
  }
}

for (const [build, module] of MODULES) {
  // The debug build is several times slower; memory grows by a megabyte, which a leak of 35 bytes a call still makes.
  const share = build === "debug wasm" ? 0.3 : 1;

  test(`a message of 64 MB stays within 160 MB, and the next one takes the same memory (${build})`, () => {
    const raw = new Raw(module);
    const session = raw.exports.gw_open();
    const piece = new Uint8Array(WINDOW_BYTES).fill(0x78);
    const sizes = [1, 2].map(() => {
      raw.feed(session, bytesOf('{"execute":"guest-pong","id":"'));
      for (let left = LONGEST_ID; left > 0; left -= piece.length) raw.feed(session, piece.subarray(0, left));
      assert.equal(raw.lines, 0);
      assert.equal(raw.feed(session, bytesOf('"}')), 0);
      assert.equal(raw.lines, 1);
      raw.lines = 0;
      return raw.size;
    });
    assert.ok(sizes[0]! > LONGEST_ID && sizes[0]! <= 160_000_000, `${sizes[0]} bytes`);
    assert.equal(sizes[1], sizes[0]);
  });

  test(`messages take no memory for good (${build})`, () => {
    const raw = new Raw(module);
    const session = raw.exports.gw_open();
    sendMessages(raw, session, MESSAGES * share * 0.02);
    const size = raw.size;
    sendMessages(raw, session, MESSAGES * share);
    assert.equal(raw.size, size);
  });

  test(`sessions take no memory for good, closed in the middle of a message too (${build})`, () => {
    const raw = new Raw(module);
    raw.exports.gw_add_command(1, ENABLED, raw.put(bytesOf("held")));
    openAndClose(raw, SESSIONS * share * 0.02);
    const size = raw.size;
    openAndClose(raw, SESSIONS * share);
    assert.equal(raw.size, size);
  });

  test(`host calls with arguments take no memory for good (${build})`, () => {
    const raw = new Raw(module);
    assert.equal(raw.exports.gw_add_command(1, ENABLED, raw.put(bytesOf("held"))), 1);
    const session = raw.exports.gw_open();
    callHost(raw, session, CALLS * share * 0.02);
    const size = raw.size;
    callHost(raw, session, CALLS * share);
    assert.equal(raw.size, size);
  });
}

test("only the debug build says when an index or a copy leaves its block", () => {
  for (const [build, module] of MODULES) {
    const wrong: readonly ((raw: Raw) => void)[] = [
      ({ exports }) => exports.gw_feed(exports.gw_open(), 0, WINDOW_BYTES + 4000),
      ({ exports }) => exports.gw_version(WINDOW_BYTES + 4000),
    ];
    for (const call of wrong) {
      if (build === "debug wasm") assert.throws(() => call(new Raw(module)), WebAssembly.RuntimeError);
      else call(new Raw(module));
    }
  }
});

test("messages take no memory for good (js)", () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const heap = (): number => {
    gc();
    gc();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const agent = createAgent({ core: js });
  const peer = new Peer();
  agent.serve(peer);
  const send = (messages: number): void => {
    for (let done = 0, n = 0; done < messages; n++) {
      const { bytes, messages: count } = CHUNKS[n % CHUNKS.length]!;
      peer.sendBytes(bytes.slice());
      assert.equal(peer.take().split("\n").length - 1, count);
      done += count;
    }
  };
  send(JS_MESSAGES * 0.1);
  const before = heap();
  send(JS_MESSAGES);
  const grown = heap() - before;
  assert.deepEqual(peer.misuse, []);
  peer.hangUp();
  assert.ok(grown < 4_000_000, `the heap has grown by ${grown} bytes`);
});
