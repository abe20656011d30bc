// JSON for people to read: of any depth, with all its digits, and cut where only some is shown.

import assert from "node:assert/strict";
import { test } from "node:test";
import { prettyJson } from "../../hosts/webserial/console/model/pretty-json.ts";

test("JSON for people", () => {
  for (const value of [
    1,
    "a\n",
    null,
    [],
    {},
    [[], {}, [1, { a: [true], b: "\u2028" }]],
    { "": 0, "1": -0, b: { c: {} } },
  ]) {
    assert.equal(prettyJson(value), JSON.stringify(value, null, 2));
  }
  assert.equal(prettyJson(undefined), "");
  assert.equal(prettyJson({ big: [2n ** 64n] }), '{\n  "big": [\n    18446744073709551616\n  ]\n}');
});

test("JSON for people of any depth, and no longer than is wanted", () => {
  for (const [open, close] of [
    ["[", "]"],
    ['{"a":', "}"],
  ] as const) {
    const deep = `${open.repeat(100_000)}1${close.repeat(100_000)}`;
    const text = prettyJson(JSON.parse(deep));
    assert.ok(text.length < 1_000_000);
    assert.equal(text.replaceAll(/\s/g, ""), deep);
  }
  assert.ok(prettyJson(Array.from({ length: 100_000 }, String), 1000).length < 1020);
});
