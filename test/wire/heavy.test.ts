// Input that is cheap to send and could be dear to read: what is answered to it, and that it is answered at all within the
// time that a test has. linear.test.ts counts the work.

import assert from "node:assert/strict";
import { FLUSHED, generic, sync, synced } from "../peer.ts";
import { PING, PONG, onEachBuild } from "./served.ts";

const CAP = 64;
const TOO_DEEP = generic("JSON nesting depth limit exceeded");
const NOT_OBJECT = generic("QMP input must be a JSON object");
const EXPECTING = generic("JSON parse error, expecting value");

onEachBuild("nesting of 10,000", {}, ({ ask }) => {
  const depth = 10_000;
  // Each 1025th opener is one too many, and the count starts anew.
  const tooDeep = Math.floor(depth / 1025);
  const nested = TOO_DEEP.repeat(tooDeep) + NOT_OBJECT;
  const rest = EXPECTING.repeat(CAP - tooDeep - 1);
  assert.equal(ask("[".repeat(depth) + "]".repeat(depth) + sync(1)), nested + rest + synced(1));
  assert.equal(ask("[".repeat(depth) + sync(1)), TOO_DEEP.repeat(tooDeep) + FLUSHED + synced(1));
  assert.equal(
    ask('{"a":'.repeat(depth) + sync(1)),
    (TOO_DEEP + NOT_OBJECT + EXPECTING).repeat(tooDeep) + FLUSHED + synced(1),
    "behind each brace too many the key and the colon are messages of their own",
  );
});

onEachBuild("a number of a million digits", {}, ({ ask }) => {
  for (const digits of ["1".repeat(1_000_000), `-${"9".repeat(1_000_000)}`, `1.${"0".repeat(1_000_000)}e1000000`]) {
    assert.equal(
      ask(`{"execute":"guest-ping","id":${digits}}${PING}`),
      generic("QMP input member 'id' has a number out of range") + PONG,
    );
    assert.equal(
      ask(`{"execute":"guest-sync","arguments":{"id":${digits}}}${PING}`),
      generic("Invalid parameter type for 'id', expected: integer") + PONG,
    );
  }
  const fraction = `0.${"3".repeat(1_000_000)}`;
  assert.equal(ask(`{"execute":"guest-ping","id":${fraction}}`), `{"return": {}, "id": ${fraction}}\n`);
  assert.equal(ask(`0${"1".repeat(1_000_000)}\n${PING}`), generic("JSON parse error, stray '01'") + PONG);
});

onEachBuild("a key, a string and a keyword of a million bytes", {}, ({ ask }) => {
  const long = "k".repeat(1_000_000);
  const shown = "k".repeat(256);
  assert.equal(ask(`{"execute":"guest-ping","id":{"${long}":1}}`), `{"return": {}, "id": {"${long}": 1}}\n`);
  assert.equal(
    ask(`{"execute":"guest-ping","id":{"${long}":1,"${long}":2}}${PING}`),
    generic("JSON parse error, duplicate key") + PONG,
  );
  assert.equal(
    ask(`{"execute":"guest-ping","arguments":{"${long}":1}}`),
    generic(`Parameter '${shown}' is unexpected`),
  );
  assert.equal(ask(`{"${long}":1}`), generic(`QMP input member '${shown}' is unexpected`));
  const escaped = "\\u00e9".repeat(200_000);
  assert.equal(
    ask(`{"execute":"guest-ping","id":"${escaped}"}`),
    `{"return": {}, "id": "${escaped.toUpperCase().replaceAll("U", "u")}"}\n`,
  );
  assert.equal(ask(`[${long}]${PING}`), generic(`JSON parse error, invalid keyword '${shown}'`) + PONG);
  assert.equal(ask(`"${long}\x01\n${PING}`), generic(`JSON parse error, stray '\\"${"k".repeat(255)}'`) + PONG);
});

/** Members with names of several kinds: numbered, of one long beginning, each the beginning of the next. */
const KINDS: readonly (readonly [count: number, name: (index: number) => string])[] = [
  [16_000, (index) => `k${index}`],
  [200_000, (index) => `k${index}`],
  [16_000, (index) => `${"a".repeat(50)}${index}`],
  [2_000, (index) => "a".repeat(index)],
  [2_000, (index) => "a".repeat(2_000 - index)],
];

for (const [count, name] of KINDS) {
  onEachBuild(
    `${count} keys such as ${name(2).slice(0, 20)} in one object`,
    { limits: { errorsInRow: 0 } },
    ({ ask }) => {
      const keys = Array.from({ length: count }, (_, index) => name(index));
      const members = keys.map((key) => `"${key}":0`).join(",");
      const echoed = keys.map((key) => `"${key}": 0`).join(", ");
      assert.ok(ask(`{"execute":"guest-ping","id":{${members}}}`) === `{"return": {}, "id": {${echoed}}}\n`);
      for (const again of [keys[0], keys[count >> 1], keys[count - 1]]) {
        assert.equal(
          ask(`{"execute":"guest-ping","id":{${members},"${again}":1}}`),
          generic("JSON parse error, duplicate key"),
        );
      }
      assert.match(
        ask(`{"execute":"guest-ping","arguments":{${members}}}`),
        /^.*"Parameter '.*' is unexpected"\}\}\n$/,
      );
      assert.match(ask(`{${members}}`), /^.*"QMP input member '.*' is unexpected"\}\}\n$/);
      assert.equal(ask(`{${members}`), "");
      assert.equal(ask(`{${members} 1}`), generic("JSON parse error, expected separator in dict"));
    },
  );
}

onEachBuild("a million times 0xFF", {}, ({ ask, agent }) => {
  const count = 1_000_000;
  assert.equal(ask("\xff".repeat(count) + sync(1)), FLUSHED.repeat(CAP) + synced(1));
  assert.equal(agent.stats.resyncs, count + 1);
  assert.equal(agent.stats.suppressedErrors, count + 1 - CAP);
});

onEachBuild("a hundred thousand requests in one chunk", {}, ({ ask }) => {
  assert.ok(ask(PING.repeat(100_000)) === PONG.repeat(100_000));
});

onEachBuild("a reply of 60 MB", {}, ({ ask }) => {
  const id = "z".repeat(60_000_000);
  assert.ok(ask(`{"execute":"guest-ping","id":"${id}"}${PING}`) === `{"return": {}, "id": "${id}"}\n${PONG}`);
});
