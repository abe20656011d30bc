// Ids have 64 bits: exact from the first to the last, refused just outside where an integer is wanted.

import assert from "node:assert/strict";
import { generic } from "../peer.ts";
import { onEachBuild } from "./served.ts";

const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;

/** Around every power of two and ten, and at both ends. */
function* ids(): Generator<bigint> {
  for (const base of [2n, 10n]) {
    for (let power = 1n; power <= MOST; power *= base) {
      for (let offset = -1n; offset <= 1n; offset++) {
        yield power + offset;
        yield -(power + offset);
      }
    }
  }
  for (let offset = 0n; offset < 3n; offset++) {
    yield LEAST + offset;
    yield MOST - offset;
  }
}

const REFUSED = generic("Invalid parameter type for 'id', expected: integer");

onEachBuild("a sync answers every 64-bit id exactly", {}, ({ ask }) => {
  for (const id of ids()) {
    const source = `"arguments":{"id":${id}}`;
    assert.equal(ask(`{"execute":"guest-sync",${source}}`), `{"return": ${id}}\n`);
    assert.equal(
      ask(`{"execute":"guest-sync-delimited",${source},"id":${id}}`),
      `\xff{"return": ${id}, "id": ${id}}\n`,
    );
  }
  assert.equal(ask('{"execute":"guest-sync","arguments":{"id":-0}}'), '{"return": 0}\n');
});

onEachBuild("a sync refuses what is no 64-bit integer", {}, ({ ask }) => {
  const wrong = [MOST + 1n, MOST + 2n, LEAST - 1n, 2n ** 64n - 1n, 2n ** 64n, 10n ** 19n, -(10n ** 19n), 10n ** 30n];
  for (const id of [...wrong.map(String), "1.0", "1e2", "1.5", '"5"', "true", "null", "[]", "{}", "1e400"]) {
    for (const name of ["guest-sync", "guest-sync-delimited"]) {
      assert.equal(ask(`{"execute":"${name}","arguments":{"id":${id}}}`), REFUSED, id);
    }
  }
});

onEachBuild("an id in the envelope is exact up to 2^64 - 1", {}, ({ ask }) => {
  for (const id of [LEAST, MOST, MOST + 1n, 2n ** 64n - 1n]) {
    assert.equal(ask(`{"execute":"guest-ping","id":${id}}`), `{"return": {}, "id": ${id}}\n`);
    assert.equal(ask(`{"execute":"guest-ping","id":[{"a":${id}}]}`), `{"return": {}, "id": [{"a": ${id}}]}\n`);
  }
});

onEachBuild("numbers and the order of members of an echoed id stay as they came", {}, ({ ask }) => {
  const echoed: readonly (readonly [id: string, echo: string])[] = [
    ...["0.1", "2.50", "1E2", "-0.0", "0.10000000000000001", "1e-5", "5e+05"].map((id) => [id, id] as const),
    // Beyond 64 bits an integer is a float.
    [`${2n ** 64n}`, "18446744073709551616.0"],
    [`${LEAST - 1n}`, "-9223372036854775809.0"],
    ['{"b":1,"a":[0.10,2.50],"":{"z":1E2,"y":-0.0}}', '{"b": 1, "a": [0.10, 2.50], "": {"z": 1E2, "y": -0.0}}'],
    [`{"b":${2n ** 64n},"a":0.1}`, '{"b": 18446744073709551616.0, "a": 0.1}'],
    ['{"a":1,"b":2}', '{"a": 1, "b": 2}'],
    ['{"b":2,"a":1}', '{"b": 2, "a": 1}'],
  ];
  for (const [id, echo] of echoed) {
    assert.equal(ask(`{"execute":"guest-ping","id":${id}}`), `{"return": {}, "id": ${echo}}\n`, id);
    assert.equal(
      ask(`{"execute":"nope","id":${id}}`),
      `{"id": ${echo}, "error": {"class": "CommandNotFound", "desc": "The command nope has not been found"}}\n`,
      id,
    );
  }
});

onEachBuild("a number beyond a double in an id is refused, not printed as inf", {}, ({ ask }) => {
  for (const id of ["1e400", "-1e309", '[1,{"a":1e999}]', `1${"0".repeat(309)}`, "0.1e310"]) {
    const refused = generic("QMP input member 'id' has a number out of range");
    assert.equal(ask(`{"execute":"guest-ping","id":${id}}`), refused, id);
    assert.equal(ask(`{"execute":"nope","id":${id}}`), refused, id);
  }
  for (const id of [
    "1.7976931348623157e308",
    "1e308",
    "1e-400",
    "0e-9".replace("0", "0.0"),
    `0.${"0".repeat(400)}1e400`,
  ]) {
    assert.match(ask(`{"execute":"guest-ping","id":${id}}`), /^\{"return": \{\}, "id": [-+.e0-9]+\}\n$/, id);
  }
});
