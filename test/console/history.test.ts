// The history of calls, and storage that is not there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { History, type StorageLike } from "../../hosts/webserial/console/model/history.ts";

function storage(): StorageLike & { readonly items: Map<string, string> } {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

const names = (history: History): string[] => history.entries.map(({ command, text }) => `${command}${text}`);

test("the newest is first, a repeated one moves, and a reload finds them", () => {
  const kept = storage();
  const history = new History("k", () => kept);
  for (const [time, command] of ["a", "b", "a"].entries()) history.add({ time, command, text: "" });
  history.add({ time: 3, command: "a", text: "{}" });
  assert.deepEqual(names(history), ["a{}", "a", "b"]);
  assert.deepEqual(names(new History("k", () => kept)), ["a{}", "a", "b"]);
  assert.deepEqual(names(new History("other", () => kept)), []);
  history.clear();
  assert.deepEqual(names(new History("k", () => kept)), []);
});

test("two tabs do not take each other's calls away", () => {
  const kept = storage();
  const one = new History("k", () => kept);
  const two = new History("k", () => kept);
  one.add({ time: 1, command: "a", text: "" });
  two.add({ time: 2, command: "b", text: "" });
  assert.deepEqual(names(new History("k", () => kept)), ["b", "a"]);
});

test("there are 200 at most, and very long ones are not kept", () => {
  const kept = storage();
  const history = new History("k", () => kept);
  for (let i = 0; i < 250; i++) history.add({ time: i, command: `c${i}`, text: "" });
  assert.equal(history.entries.length, 200);
  assert.equal(history.entries[0]?.command, "c249");
  history.add({ time: 0, command: "long", text: "x".repeat(10_001) });
  assert.equal(history.entries[0]?.command, "c249");
});

test("without storage it lasts as long as the page", () => {
  const forbidden = (): StorageLike => {
    throw new Error("forbidden");
  };
  const full = (): StorageLike => ({
    getItem: () => null,
    setItem: () => {
      throw new Error("full");
    },
    removeItem() {},
  });
  for (const broken of [forbidden, full]) {
    const history = new History("k", broken);
    history.add({ time: 1, command: "a", text: "" });
    history.add({ time: 2, command: "b", text: "" });
    assert.deepEqual(names(history), ["b", "a"]);
  }
});

test("storage that is full, with older calls in it: new ones stay as long as the page, and what was cleared is gone", () => {
  const kept = storage();
  new History("k", () => kept).add({ time: 1, command: "old", text: "" });
  const full: StorageLike = {
    ...kept,
    setItem: () => {
      throw new Error("full");
    },
  };
  const history = new History("k", () => full);
  for (const command of ["a", "b"]) history.add({ time: 2, command, text: "" });
  assert.deepEqual(names(history), ["b", "a", "old"]);
  history.clear();
  history.add({ time: 3, command: "c", text: "" });
  assert.deepEqual(names(history), ["c"]);
  assert.deepEqual(names(new History("k", () => kept)), []);
});

test("cleared in one tab, it does not come back from another one", () => {
  const kept = storage();
  const [one, two] = [new History("k", () => kept), new History("k", () => kept)];
  one.add({ time: 1, command: "a", text: "" });
  two.add({ time: 2, command: "b", text: "" });
  two.clear();
  one.add({ time: 3, command: "c", text: "" });
  assert.deepEqual(names(one), ["c"]);
});

test("what somebody else has put there does no harm", () => {
  for (const text of ["", "{", "null", "{}", '[1, null, {"command": 1}]']) {
    const kept = storage();
    kept.items.set("k", text);
    assert.deepEqual(names(new History("k", () => kept)), [], text);
  }
});
