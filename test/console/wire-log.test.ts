// The record of a channel, and what is looked at of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { WireFilter } from "../../hosts/webserial/console/model/wire-filter.ts";
import { WireLog } from "../../hosts/webserial/console/model/wire-log.ts";
import { exportOf } from "../../hosts/webserial/console/model/wire-export.ts";
import { dumpOf, hexOf, runsOf, textOf } from "../../hosts/webserial/console/model/wire-text.ts";

const encoder = new TextEncoder();
const ALL = Uint8Array.from({ length: 256 }, (_, i) => i);

function texts(filter: WireFilter): string[] {
  return filter
    .slice(0, filter.count)
    .map((entry) => (entry.direction === "mark" ? `-- ${entry.text}` : `${entry.direction} ${textOf(entry.bytes)}`));
}

function filled(...chunks: readonly string[]): { log: WireLog; filter: WireFilter } {
  const log = new WireLog();
  for (const [i, chunk] of chunks.entries()) log.chunk(i % 2 === 0 ? "out" : "in", encoder.encode(chunk));
  return { log, filter: new WireFilter(log) };
}

test("a chunk is kept as it was, whatever becomes of its buffer", () => {
  const log = new WireLog({ now: () => 1234 });
  const bytes = Uint8Array.of(1, 255, 3);
  log.chunk("in", bytes);
  bytes.fill(0x5a);
  const entry = log.at(0);
  assert.deepEqual(entry, {
    number: 0,
    time: 1234,
    direction: "in",
    bytes: Uint8Array.of(1, 255, 3),
    hasSentinel: true,
  });
  assert.equal(log.bytesIn, 3);
});

test("the oldest entries go when there are too many, or too many bytes", () => {
  const log = new WireLog({ entries: 4, bytes: 10 });
  for (let i = 0; i < 9; i++) log.chunk("out", Uint8Array.of(i));
  assert.deepEqual([log.first, log.end], [5, 9]);
  assert.equal(log.at(4), undefined);
  log.chunk("out", new Uint8Array(9));
  assert.deepEqual([log.first, log.end], [8, 10]);
  log.chunk("out", new Uint8Array(100));
  assert.deepEqual([log.first, log.end], [10, 11], "the newest is kept");
  assert.equal(log.bytesOut, 118);
});

test("a filter by direction and by text, without regard to case; marks stay", () => {
  const { log, filter } = filled('{"execute":"guest-PING"}', '{"return": {}}', "guest-ping", "ü");
  log.mark("Resynchronising");
  filter.set("out", "");
  assert.deepEqual(texts(filter), ['out {"execute":"guest-PING"}', "out guest-ping", "-- Resynchronising"]);
  filter.set("all", "ping");
  assert.deepEqual(texts(filter), ['out {"execute":"guest-PING"}', "out guest-ping"]);
  filter.set("all", "ü");
  assert.deepEqual(texts(filter), ["in ··"]);
  filter.set("all", "resync");
  assert.deepEqual(texts(filter), ["-- Resynchronising"]);
});

test("a filter by hex", () => {
  const { log, filter } = filled("abc");
  log.chunk("in", Uint8Array.of(0xff, 0x7b));
  for (const query of ["ff", "0xFF", "ff 7b", "ff7b"]) {
    filter.set("all", query);
    assert.equal(filter.count, 1, query);
  }
  filter.set("all", "7b ff");
  assert.equal(filter.count, 0);
});

test("entries that come are matched as they come, and those that the log drops go", () => {
  const log = new WireLog({ entries: 3 });
  const filter = new WireFilter(log);
  filter.set("in", "");
  for (let i = 0; i < 10; i++) {
    log.chunk(i % 2 === 0 ? "in" : "out", encoder.encode(`${i}`));
    assert.ok(filter.count <= 3);
  }
  assert.deepEqual(texts(filter), ["in 8"]);
});

test("what is looked at while it is paused stays, even when the log has dropped it", () => {
  const log = new WireLog({ entries: 2 });
  const filter = new WireFilter(log);
  log.chunk("in", encoder.encode("a"));
  log.chunk("in", encoder.encode("b"));
  filter.pause();
  for (const text of "cdef") log.chunk("in", encoder.encode(text));
  assert.deepEqual(texts(filter), ["in a", "in b"]);
  filter.set("all", "b");
  assert.deepEqual(texts(filter), ["in b"]);
  filter.set("all", "");
  filter.resume();
  assert.deepEqual(texts(filter), ["in e", "in f"]);
});

test("a filter that is set while it is paused, after the log has dropped some", () => {
  const log = new WireLog({ entries: 2 });
  const filter = new WireFilter(log);
  for (const text of "abcd") {
    log.chunk("in", encoder.encode(text));
    assert.ok(filter.count > 0);
  }
  filter.pause();
  filter.set("in", "");
  assert.deepEqual(texts(filter), ["in c", "in d"]);
});

test("to widen a filter while it is paused brings back what it had left out", () => {
  const { log, filter } = filled("a", "b");
  filter.pause();
  log.chunk("in", encoder.encode("c"));
  filter.set("in", "");
  assert.deepEqual(texts(filter), ["in b"]);
  filter.set("all", "");
  assert.deepEqual(texts(filter), ["out a", "in b"]);
});

test("cleared, paused or not, nothing is left", () => {
  for (const isPaused of [false, true]) {
    const { log, filter } = filled("a", "b");
    assert.equal(filter.count, 2);
    if (isPaused) filter.pause();
    log.clear();
    assert.equal(filter.count, 0);
    if (isPaused) filter.resume();
    log.chunk("in", encoder.encode("c"));
    assert.deepEqual(texts(filter), ["in c"]);
  }
});

test("many entries: each is looked at once", () => {
  const log = new WireLog({ entries: 20_000 });
  const filter = new WireFilter(log);
  filter.set("all", "7");
  for (let i = 0; i < 50_000; i++) log.chunk("in", encoder.encode(`${i}`));
  const expected = Array.from({ length: 20_000 }, (_, i) => `${30_000 + i}`).filter((text) => text.includes("7"));
  assert.equal(filter.count, expected.length);
  assert.deepEqual(
    texts(filter),
    expected.map((text) => `in ${text}`),
  );
});

test("all byte values show", () => {
  assert.equal(hexOf(ALL).length, 256 * 3 - 1);
  assert.equal(textOf(ALL).length, 256);
  assert.equal(textOf(encoder.encode("a\tb\r\n\0")), "a⇥b↤↵·");
  assert.equal(dumpOf(ALL).split("\n").length, 16);
  assert.match(dumpOf(ALL), /^000010 {2}10 11 12 13 .* 1f {2}·{16}$/m);
});

test("each 0xFF is a run of its own", () => {
  const runs = runsOf(Uint8Array.of(255, 1, 2, 255, 255, 3), 5).map(({ isSentinel, bytes }) => [isSentinel, ...bytes]);
  assert.deepEqual(runs, [
    [true, 255],
    [false, 1, 2],
    [true, 255],
    [true, 255],
  ]);
});

function linesOf(filter: WireFilter, format: "jsonl" | "txt"): string[] {
  return [...exportOf(filter.slice(0, filter.count), format)].join("").trimEnd().split("\n");
}

test("the export holds every byte", () => {
  const log = new WireLog({ now: () => 0 });
  log.chunk("in", ALL);
  log.mark("In step");
  const filter = new WireFilter(log);
  const [chunk, mark] = linesOf(filter, "jsonl").map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    { ...chunk, hex: undefined },
    { time: "1970-01-01T00:00:00.000Z", direction: "in", bytes: 256, hex: undefined },
  );
  assert.deepEqual(new Uint8Array(Buffer.from(String(chunk?.["hex"]), "hex")), ALL);
  assert.deepEqual(mark, { time: "1970-01-01T00:00:00.000Z", mark: "In step" });
  const lines = linesOf(filter, "txt");
  assert.match(lines[0] ?? "", /^1970-01-01T00:00:00.000Z in {2}256 {2}00 01 .* ff {2} ?\S.*$/);
  assert.equal(lines[1], "1970-01-01T00:00:00.000Z --- In step");
});

test("the export of a chunk is in small pieces, which make the line that one would", () => {
  const log = new WireLog({ now: () => 0 });
  const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i * 7);
  log.chunk("out", bytes);
  const filter = new WireFilter(log);
  for (const format of ["jsonl", "txt"] as const) {
    for (const piece of exportOf(filter.slice(0, 1), format)) assert.ok(piece.length < 200_000);
  }
  const [json] = linesOf(filter, "jsonl");
  assert.equal((JSON.parse(json ?? "") as { hex: string }).hex, Buffer.from(bytes).toString("hex"));
  assert.deepEqual(linesOf(filter, "txt"), [`1970-01-01T00:00:00.000Z out 200000  ${hexOf(bytes)}  ${textOf(bytes)}`]);
  assert.deepEqual([hexOf(Uint8Array.of()), hexOf(Uint8Array.of(), "")], ["", ""]);
});
