// The bridge's token: out of the address, into the tab's storage, and out of that when it is of no use any more.

import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetToken, storedToken, takeToken } from "../../hosts/webserial/page/token.ts";

function page(hash: string) {
  const urls: string[] = [];
  const stored = new Map<string, string>();
  const storage = () => ({
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
    removeItem: (key: string) => void stored.delete(key),
  });
  const location = { hash, pathname: "/console", search: "?a" };
  const history = { replaceState: (_data: unknown, _unused: string, url: string) => void urls.push(url) };
  return { urls, storage, take: () => takeToken(location, history, storage) };
}

test("it goes from the address into storage, where a reload finds it, until it is forgotten", () => {
  const { take, urls, storage } = page("#token=aB0-_.~");
  assert.equal(storedToken(storage), "");
  assert.equal(take(), "aB0-_.~");
  assert.deepEqual(urls, ["/console?a"]);
  assert.equal(storedToken(storage), "aB0-_.~");
  forgetToken(storage);
  assert.equal(storedToken(storage), "");
});

test("without one, or with one that is none, there is none", () => {
  for (const hash of ["", "#", "#token=", "#token=a,b", "#token=a b", "#other=1"]) {
    const { take, urls, storage } = page(hash);
    assert.equal(take(), "");
    assert.deepEqual(urls, []);
    assert.equal(storedToken(storage), "");
  }
});

test("storage that is forbidden is done without", () => {
  const forbidden = () => {
    throw new Error("forbidden");
  };
  const history = { replaceState: () => {} };
  assert.equal(takeToken({ hash: "#token=x", pathname: "/", search: "" }, history, forbidden), "x");
  assert.equal(storedToken(forbidden), "");
  forgetToken(forbidden);
});
