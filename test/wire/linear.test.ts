// Work is linear in the input, as far as calls tell. Time says little about it, so what is counted is every call of a method
// of the js engine's core while an input is read and answered, once at a size and once at twice that. It does not see what
// one call does: a loop inside a method, a copy of a block, the WebAssembly builds. The check on real processes, of either
// engine, is test/hosts/wedge.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createAgent } from "guestwire";
import { js } from "guestwire/core";
import { Peer, cut } from "../peer.ts";

let calls = 0;

/** Counts the calls of all methods of an object and of all that it is made of, but for the container. */
function countAllOf(root: object): void {
  const seen = new Set<object>([root]);
  for (const part of seen) {
    const prototype: unknown = Object.getPrototypeOf(part);
    if (isOurs(prototype) && !seen.has(prototype)) {
      seen.add(prototype);
      countMethods(prototype);
    }
    const inside = part instanceof Set || part instanceof Map ? [...part.values()] : [];
    for (const value of [...inside, ...fields(part)]) {
      if (typeof value === "object" && value !== null) seen.add(value);
    }
  }
}

function fields(part: object): unknown[] {
  if (ArrayBuffer.isView(part)) return [];
  return Object.entries(part).flatMap(([name, value]) => (name === "container" ? [] : [value]));
}

/** Whether it is the prototype of a class of this package. */
function isOurs(prototype: unknown): prototype is object {
  return (
    typeof prototype === "object" &&
    prototype !== null &&
    String(Reflect.get(prototype, "constructor")).startsWith("class ")
  );
}

function countMethods(prototype: object): void {
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const method: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
    if (name === "constructor" || typeof method !== "function") continue;
    Reflect.set(prototype, name, function counted(this: unknown, ...args: unknown[]): unknown {
      calls++;
      return method.apply(this, args);
    });
  }
}

const agent = createAgent({ core: js });
countAllOf(agent.serve(new Peer()));

/** Calls that it takes to read an input, in chunks of a socket's size, and to answer it. */
function work(input: string): number {
  const peer = new Peer();
  const chunks = [...cut(input, [65_536])];
  agent.serve(peer);
  calls = 0;
  for (const chunk of chunks) peer.send(chunk);
  const done = calls;
  assert.ok(peer.received !== "", "nothing was answered");
  peer.hangUp();
  return done;
}

const list = (count: number, item: (index: number) => string): string =>
  Array.from({ length: count }, (_, n) => item(n)).join(",");
const withId = (source: string): string => `{"execute":"guest-ping","id":${source}}`;

const SHAPES: Readonly<Record<string, (size: number) => string>> = {
  "keys with numbers": (size) => withId(`{${list(size, (n) => `"k${n}":0`)}}`),
  "keys of one beginning": (size) => withId(`{${list(size, (n) => `"${"a".repeat(60)}${n}":0`)}}`),
  "keys that a hash could confuse": (size) =>
    withId(
      `{${list(size, (n) => `"${n.toString(2).padStart(24, "0").replaceAll("0", "Aa").replaceAll("1", "BB")}":0`)}}`,
    ),
  "keys as arguments": (size) => `{"execute":"guest-ping","arguments":{${list(size, (n) => `"k${n}":0`)}}}`,
  "keys in the envelope": (size) => `{${list(size, (n) => `"k${n}":0`)}}`,
  "keys in nested objects": (size) => withId(`[${list(size, () => '{"a":{"b":{},"c":[]},"d":1}')}]`),
  "keys in open objects, then a mistake": (size) =>
    `${`{${list(Math.ceil(size / 1000), (n) => `"k${n}":0`)},"x":`.repeat(1000)}]${"}".repeat(1000)}`,
  numbers: (size) => withId(`[${list(size, String)}]`),
  digits: (size) => withId(`"x"`).replace('"x"', "7".repeat(size)),
  escapes: (size) => withId(`"${"\\u00e9\\n".repeat(size)}"`),
  characters: (size) => withId(`"${"\xe2\x82\xac".repeat(size)}"`),
  "one string": (size) => withId(`"${"x".repeat(size * 10)}"`),
  "white space": (size) => `${" ".repeat(size)}{}`,
  nesting: (size) => "[".repeat(size),
  "0xFF": (size) => "\xff".repeat(size),
  junk: (size) => "@ ,]\n".repeat(size),
  "an error that goes on": (size) => `[1 2${",3".repeat(size)}]`,
};

const SIZE = 20_000;

for (const [name, shape] of Object.entries(SHAPES)) {
  test(`twice as much of ${name} is at most twice the work`, (t) => {
    const [once, twice] = [work(shape(SIZE)), work(shape(2 * SIZE))];
    t.diagnostic(`${once} calls, then ${twice}`);
    // A tree over twice the keys is one level deeper, of fourteen; what is counted once is not doubled.
    assert.ok(twice <= 2.2 * once + 100, `${once} calls became ${twice}`);
  });
}
