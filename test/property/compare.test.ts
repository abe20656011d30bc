// The comparison with the real agent lets through what is different on purpose, and nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { generic } from "../peer.ts";
import { agree } from "./compare.ts";

const REFUSED = generic("QMP input member 'id' has a number out of range");
const stray = (text: string): string => generic(`JSON parse error, stray '${text}'`);
const pinged = (id: string): string => `{"return": {}, "id": ${id}}\n`;

test("what is different on purpose", () => {
  const pairs: readonly (readonly [ours: string, real: string])[] = [
    [pinged("0.1"), pinged("0.10000000000000001")],
    [pinged("-0.0"), pinged("-0")],
    [pinged("18446744073709551616.0"), pinged("1.8446744073709552e+19")],
    [pinged('{"b": [1, {"d": 1, "c": 2}], "a": 1.50}'), pinged('{"a": 1.5, "b": [1, {"c": 2, "d": 1}]}')],
    [REFUSED, pinged("inf")],
    [REFUSED, pinged('[{"a": -inf}]')],
    [stray("x".repeat(256)), stray("x".repeat(10_000))],
    [
      generic(`JSON parse error, invalid keyword '${"x".repeat(256)}'`),
      generic(`JSON parse error, invalid keyword '${"x".repeat(900)}`),
    ],
    [`\xff${pinged("1.0")}${stray("x")}`, `\xff${pinged("1")}${stray("x")}`],
  ];
  for (const [ours, real] of pairs) assert.ok(agree(ours, real), ours);
});

test("what is a difference", () => {
  const pairs: readonly (readonly [ours: string, real: string])[] = [
    [pinged("0.1"), pinged("0.2")],
    [pinged("0"), pinged("-0")],
    [pinged("9007199254740993"), pinged("9007199254740992")],
    [pinged("1"), pinged('"1"')],
    [pinged('"n1.0"'), pinged("1")],
    [pinged('"n1.0"'), pinged('"n1"')],
    [pinged('{"a": 1, "b": 2}'), pinged('{"a": 1}')],
    [pinged("[1, 2]"), pinged("[2, 1]")],
    [REFUSED, pinged("1")],
    [REFUSED, pinged('" inf "')],
    [pinged("1"), `{"id": 1, "return": {}}\n`],
    [pinged("1.0"), `\xff${pinged("1")}`],
    [pinged("1"), pinged("1") + stray("x")],
    [pinged("1").trimEnd(), pinged("1")],
    [stray("x".repeat(20)), stray("x".repeat(10_000))],
    [stray(`${"x".repeat(255)}y`), stray("x".repeat(10_000))],
    [stray("x".repeat(256)), generic(`JSON parse error, invalid keyword '${"x".repeat(900)}'`)],
    [stray("x".repeat(300)), stray("x".repeat(256))],
    [generic("JSON parse error, expecting value"), generic("JSON parse error, duplicate key")],
  ];
  for (const [ours, real] of pairs) assert.ok(!agree(ours, real), `${ours} ${real}`);
});
