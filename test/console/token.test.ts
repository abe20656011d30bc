// The bridge's token: out of the address, into the tab's storage.

import assert from "node:assert/strict";
import { test } from "node:test";
import { takeToken } from "../../hosts/webserial/page/token.ts";

function page(hash: string, stored: Record<string, string> = {}) {
  const urls: string[] = [];
  return {
    urls,
    stored,
    take: () =>
      takeToken(
        { hash, pathname: "/console", search: "?a" },
        { replaceState: (_data, _unused, url) => void urls.push(url) },
        () => ({ getItem: (key) => stored[key] ?? null, setItem: (key, value) => void (stored[key] = value) }),
      ),
  };
}

test("it goes from the address into storage, where a reload finds it", () => {
  const first = page("#token=aB0-_.~");
  assert.equal(first.take(), "aB0-_.~");
  assert.deepEqual(first.urls, ["/console?a"]);
  const reloaded = page("", first.stored);
  assert.equal(reloaded.take(), "aB0-_.~");
  assert.deepEqual(reloaded.urls, []);
});

test("without one, or with one that is none, there is none", () => {
  for (const hash of ["", "#", "#token=", "#token=a,b", "#token=a b", "#other=1"]) {
    const opened = page(hash);
    assert.equal(opened.take(), "");
    assert.deepEqual(opened.urls, []);
  }
});

test("storage that is forbidden is done without", () => {
  const forbidden = () => {
    throw new Error("forbidden");
  };
  const history = { replaceState: () => {} };
  assert.equal(takeToken({ hash: "#token=x", pathname: "/", search: "" }, history, forbidden), "x");
  assert.equal(takeToken({ hash: "", pathname: "/", search: "" }, history, forbidden), "");
});
