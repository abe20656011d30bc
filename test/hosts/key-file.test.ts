// Key files: what is read and what is refused, by vectors; that it is what GLib makes of them, as `qemu-ga -D` shows it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { configure } from "../../hosts/node/cli/configuration.ts";
import { dump } from "../../hosts/node/cli/dump.ts";
import { KeyFile, KeyFileError } from "../../hosts/node/cli/key-file.ts";
import { Mistake } from "../../hosts/node/cli/mistake.ts";
import { CI } from "../ci.ts";
import { findRealAgent } from "../property/real-agent.ts";
import { SEED } from "../property/settings.ts";
import { temporaryFolder } from "./rig.ts";

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");
const valueOf = (text: string, key = "k"): string | undefined => new KeyFile(latin1(text)).string("g", key);
const flagOf = (text: string): boolean | undefined => new KeyFile(latin1(text)).boolean("g", "k");

test("values are taken whole, without white space before them", () => {
  for (const [text, value] of [
    ["[g]\nk=v", "v"],
    ["[g]\nk=v\n", "v"],
    ["[g]\r\nk=v\r\n", "v"],
    ["[g]\nk=v\r", "v\r"],
    ["[g]\n \t k \t= \t\f v ; x # y  \n", "v ; x # y  "],
    ["[g]\nk=a;b,c=d[e]", "a;b,c=d[e]"],
    ["[g]\nk=", ""],
    ["[g]\nk=\vv", "\vv"],
    ["[g]\nk=v\0w", "v"],
    ["[g]\nk=\xc3\xa9", "é"],
    ["[g]\nk=\xef\xbb\xbfv", "\ufeffv"],
    [String.raw`[g]` + "\n" + String.raw`k=\sa\n\t\r\\\\s\s`, " a\n\t\r\\\\s "],
    ["[g]\nK=v", undefined],
    ["[g]\nk[de]=v", undefined],
    ["[g]\n#k=v", undefined],
    ["[h]\nk=v", undefined],
    ["", undefined],
  ] as const) {
    assert.equal(valueOf(text), value, JSON.stringify(text));
  }
});

test("of equal keys the last counts, and groups of one name are one", () => {
  assert.equal(valueOf("[g]\nk=1\nk=2"), "2");
  const file = "[g]\nk=1\nl=2\n[h]\nk=3\n[g]\n  # a comment\n\nk=4\n";
  assert.equal(valueOf(file), "4");
  assert.equal(valueOf(file, "l"), "2");
});

test("booleans are true, false, 1 and 0, and white space may follow", () => {
  for (const [word, value] of Object.entries({ true: true, 1: true, false: false, 0: false })) {
    assert.equal(flagOf(`[g]\nk=${word}`), value);
    assert.equal(flagOf(`[g]\nk = ${word} \t\f\n`), value);
  }
  assert.equal(flagOf("[g]\n"), undefined);
  for (const word of ["yes", "no", "TRUE", "", "10", "\\s1", "constructor", "1\v"]) {
    assert.throws(() => flagOf(`[g]\nk=${word}`), /^Error: line 2: k takes true or false, not '/, word);
  }
});

test("what GLib refuses is refused, with the line", () => {
  for (const [text, reason] of [
    ["; a comment", "line 1: '; a comment' is no group, key=value or comment"],
    ["[g]\n\nword", "line 3: 'word' is no group, key=value or comment"],
    ["[g]\n=v", "line 2: '=v' is no group, key=value or comment"],
    ["[g]\nk\0=v", "line 2: 'k' is no group, key=value or comment"],
    ["[g", "line 1: '[g' is no group, key=value or comment"],
    ["[g]x", "line 1: '[g]x' is no group, key=value or comment"],
    ["\xef\xbb\xbf[g]", "line 1: '\ufeff[g]' is no group, key=value or comment"],
    ["[]", "line 1: '' is no name of a group"],
    ["[a[b]", "line 1: 'a[b' is no name of a group"],
    ["[a\tb]", "line 1: 'a\tb' is no name of a group"],
    ["# x\nk=v\n[g]", "line 2: there is a key before the first group"],
    ["[g]\n[k=v", "line 2: '[k' is no name of a key"],
    ["[g]\nk[=v", "line 2: 'k[' is no name of a key"],
    ["[g]\nk[d!]=v", "line 2: 'k[d!]' is no name of a key"],
    ["[g]\nk [de]=v", "line 2: 'k [de]' is no name of a key"],
    ["[g]\nEncoding=latin1", "line 2: the encoding is to be UTF-8, not 'latin1'"],
    ["[g]\nk=\\x", "line 2: '\\x' in the value of k means nothing"],
    ["[g]\nk=a\\", "line 2: '\\' in the value of k means nothing"],
    ["[g]\nk=\xff", "line 2: the value of k is not UTF-8"],
    ["[g]\nk=\xed\xa0\x80", "line 2: the value of k is not UTF-8"],
    [`[g]\n${"x".repeat(1_000_000)}`, `line 2: '${"x".repeat(40)}…' is no group, key=value or comment`],
  ] as const) {
    assert.throws(() => valueOf(text), { message: reason }, JSON.stringify(text.slice(0, 80)));
  }
});

test("what nobody reads may be anything", () => {
  assert.equal(valueOf("[g]\nl=\xff\\x\n\xff=1\n[\xff]\n[h]\nEncoding=x\n[g]\nk=v"), "v");
});

test("random bytes are read, or refused by an error with the line", () => {
  const piece = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("[g]", "\n", "=", "[", "]", "k", "\\", "\0"));
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(piece).map((pieces) => Buffer.from(pieces.join(""))),
  );
  fc.assert(
    fc.property(bytes, (file) => {
      try {
        const read = new KeyFile(file);
        read.string("g", "k");
        read.boolean("g", "k");
      } catch (error) {
        assert.ok(error instanceof KeyFileError);
        assert.match(error.message, /^line \d+: /);
      }
    }),
    { seed: SEED, numRuns: 5000 },
  );
});

/** Lines that are nearly, or quite, those of a key file of qemu-ga's. */
const space = fc.stringMatching(/^[ \t\f\v\r]{0,2}$/);
const text = fc
  .array(fc.constantFrom(..."ab ,;#=[]\t\r\v\f\0é\u{1f600}", "\\s", "\\n", "\\t", "\\r", "\\\\", "\\", "\xa0"), {
    maxLength: 8,
  })
  .map((chars) => chars.join(""));
const group = fc.constantFrom("[general]", "[general]", "[general] ", "[x]", "[]", "[a[b]", "[general", "[general]x");
const key = fc.constantFrom("path", "method", "logfile", "pidfile", "statedir", "fsfreeze-hook", "block-rpcs");
const odd = fc.constantFrom("path[de]", "path[d!]", "path [de]", "a b", "Encoding", "unknown", "", "[path", "pa]th");
const flag = fc.constantFrom("daemon", "verbose", "retry-path");
const word = fc.constantFrom("true", "false", "1", "0", "true ", "yes", "TRUE", "UTF-8", "utf-8");
const pair = fc
  .tuple(space, fc.oneof(key, key, flag, odd), space, fc.oneof(text, text, word), space)
  .map(([before, name, behind, value, end]) => `${before}${name}${behind}=${value}${end}`);
const good = fc
  .oneof(fc.tuple(key, text), fc.tuple(flag, word))
  .map(([name, value]) => `${name}=${value.replaceAll(/\\(?![sntr\\])|\0/g, "x")}`);
const comment = fc.constantFrom("", "#", " # x=y", "; x", ";x=y", "\0", "\r");
const line = fc.oneof({ weight: 2, arbitrary: group }, { weight: 3, arbitrary: pair }, comment);
const ending = fc.constantFrom("\n", "\n", "\r\n");
/** Most draws are refused at their first oddity; half have few. */
const file = fc
  .tuple(
    fc.oneof(
      fc.array(fc.oneof(good, comment), { maxLength: 6 }),
      fc.array(fc.oneof({ weight: 4, arbitrary: good }, line), { maxLength: 6 }),
    ),
    ending,
    fc.boolean(),
  )
  .map(([lines, end, ended]) => `[general]${end}${lines.join(end)}${ended ? end : ""}`);
/** Some have a byte that is no UTF-8. */
const bytes = fc.tuple(file, fc.option(fc.nat(100), { freq: 10 })).map(([all, at]) => {
  const encoded = Buffer.from(all);
  if (at !== null && at < encoded.length) encoded[at] = 0xff;
  return encoded;
});

const realAgent = findRealAgent();
const skip = realAgent === undefined && !CI && "install the Debian package qemu-guest-agent";

test("qemu-ga -D reads the same from a configuration file, and refuses the same", { skip }, (t) => {
  assert.ok(realAgent, "CI needs the Debian package qemu-guest-agent");
  const path = join(temporaryFolder(t), "conf");
  let taken = 0;
  fc.assert(
    fc.property(bytes, (contents) => {
      writeFileSync(path, contents);
      const { status, stdout } = spawnSync(realAgent, ["-D"], { env: { QGA_CONF: path } });
      let ours: string | undefined;
      try {
        const configuration = configure({}, { QGA_CONF: path }, "/");
        if (configuration.path !== undefined) ours = dump(configuration);
      } catch (error) {
        assert.ok(error instanceof Mistake, String(error));
      }
      // 7.2 has no allow list yet.
      assert.equal(ours?.replace(/allow-rpcs=\n$/, ""), status === 0 ? stdout.toString("utf8") : undefined);
      if (status === 0) taken++;
    }),
    { seed: SEED, numRuns: 300 },
  );
  assert.ok(taken > 60, `only ${taken} files were taken`);
});
