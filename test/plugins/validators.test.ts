// Arguments against validators of other libraries: zod, valibot and arktype as their authors publish them, and careless
// ones of our own (standardschema.dev).

// Careless promises, and listeners of every kind, are what is tested here.
/* oxlint-disable unicorn/no-thenable, unicorn/prefer-add-event-listener */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type } from "arktype";
import type { StandardResult, StandardSchema } from "guestwire/plugin";
import * as v from "valibot";
import { z } from "zod";
import { fakeClock } from "guestwire/testing";
import { generic } from "../peer.ts";
import { onEachBuild, ticks, withCommands } from "../wire/served.ts";
import { offer } from "./offer.ts";

/** Each takes `count`, an integer, `tags`, strings of which their lengths arrive, and where there is one a `unit`. */
const LIBRARIES: readonly (readonly [name: string, schema: StandardSchema])[] = [
  [
    "zod",
    z.strictObject({
      count: z.number().int(),
      tags: z.array(z.string().transform((tag) => tag.length)),
      unit: z.enum(["s", "ns"]).default("s"),
    }),
  ],
  [
    "valibot",
    v.strictObject({
      count: v.pipe(v.number(), v.integer()),
      tags: v.array(
        v.pipe(
          v.string(),
          v.transform((tag) => tag.length),
        ),
      ),
      unit: v.optional(v.picklist(["s", "ns"]), "s"),
    }),
  ],
  [
    "arktype",
    type({
      "+": "reject",
      count: "number.integer",
      tags: type("string")
        .pipe((tag) => tag.length)
        .array(),
      unit: "'s' | 'ns' = 's'",
    }),
  ],
];

for (const [name, schema] of LIBRARIES) {
  test(`${name}: what it makes of the arguments arrives, and its words are the error's`, async () => {
    assert.deepEqual(await offer(schema, '{"count":1,"tags":["a","bcd"]}'), {
      args: { count: 1, tags: [1, 3], unit: "s" },
    });
    assert.deepEqual(await offer(schema, '{"count":-2,"tags":[],"unit":"ns"}'), {
      args: { count: -2, tags: [], unit: "ns" },
    });
    const wrong = [
      ['{"count":"1","tags":[]}', "count"],
      ['{"count":1.5,"tags":[]}', "count"],
      ['{"tags":[]}', "count"],
      ['{"count":1,"tags":["a",2]}', "tags[1]"],
      ['{"count":1,"tags":{}}', "tags"],
      ['{"count":1,"tags":[],"unit":"h"}', "unit"],
    ] as const;
    for (const [json, path] of wrong) {
      const outcome = await offer(schema, json);
      assert.ok("desc" in outcome, json);
      assert.ok(outcome.desc.startsWith(`Parameter '${path}': `), `${json}: ${outcome.desc}`);
      assert.ok(outcome.desc.length > path.length + 20, outcome.desc);
    }
    const stranger = await offer(schema, '{"count":1,"tags":[],"zz":1}');
    assert.ok("desc" in stranger && /zz/.test(stranger.desc));
  });
}

const ASYNC: typeof LIBRARIES = [
  ["zod", z.object({ id: z.string().refine(async (id) => (await id) === "a", "no such id") })],
  [
    "valibot",
    v.objectAsync({
      id: v.pipeAsync(
        v.string(),
        v.checkAsync(async (id) => (await id) === "a", "no such id"),
      ),
    }),
  ],
];

for (const [name, schema] of ASYNC) {
  test(`${name}: a validator may take its time`, async () => {
    assert.deepEqual(await offer(schema, '{"id":"a"}'), { args: { id: "a" } });
    assert.deepEqual(await offer(schema, '{"id":"b"}'), { desc: "Parameter 'id': no such id" });
    const outcome = await offer(schema, "{}");
    assert.ok("desc" in outcome && outcome.desc.startsWith("Parameter 'id': "));
  });
}

/** A validator that is as careless as this. */
function careless(validate: (value: unknown) => unknown): StandardSchema {
  return {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: validate as (value: unknown) => StandardResult<unknown> | Promise<StandardResult<unknown>>,
    },
  };
}

test("where an issue is, and what it says where it says nothing", async () => {
  const symbol = Symbol("s");
  const texts: readonly (readonly [issue: unknown, desc: string])[] = [
    [{ message: "wrong" }, "wrong"],
    [{ message: "wrong", path: [] }, "wrong"],
    [{ message: "wrong", path: ["a", 0, { key: "b" }, { key: 1 }] }, "Parameter 'a[0].b[1]': wrong"],
    [{ message: "wrong", path: [symbol] }, "Parameter 'Symbol(s)': wrong"],
    [{ message: "wrong", path: [null] }, "Parameter 'null': wrong"],
    [{ message: "" }, "Command test-take failed"],
  ];
  for (const [issue, desc] of texts) {
    assert.deepEqual(
      await offer(
        careless(() => ({ issues: [issue] })),
        "{}",
      ),
      { desc },
    );
  }
  assert.deepEqual(
    await offer(
      careless(() => ({ issues: [] })),
      "{}",
    ),
    { desc: "The arguments are not valid" },
  );
  const other = careless(() => ({ issues: [{ message: "first" }, { message: "second" }] }));
  assert.deepEqual(await offer(other, "{}"), { desc: "first" });
  assert.deepEqual(
    await offer(
      careless(() => ({ value: 7 })),
      "{}",
    ),
    { args: 7 },
    "whatever it makes",
  );
  const careful = { then: () => assert.fail("a value is no promise") };
  for (const result of [{ value: careful }, Promise.resolve({ value: careful })]) {
    assert.deepEqual(
      await offer(
        careless(() => result),
        "{}",
      ),
      { args: careful },
    );
  }
});

const ASTRAY = /^The validator of this command does not follow Standard Schema$/;

test("a validator that fails costs one error", async () => {
  const fail = (): never => {
    throw new Error("broken");
  };
  const broken: readonly (readonly [validate: () => unknown, desc: RegExp])[] = [
    [fail, /^broken$/],
    [() => Promise.reject(new Error("broken")), /^broken$/],
    [() => undefined, ASTRAY],
    [() => Promise.resolve(null), ASTRAY],
    [() => 5, ASTRAY],
    [() => ({}), ASTRAY],
    [() => ({ issues: null }), ASTRAY],
    [() => ({ issues: "str" }), ASTRAY],
    [() => ({ issues: [null] }), ASTRAY],
    [() => ({ issues: [{}] }), ASTRAY],
    [() => ({ issues: [{ message: 5 }] }), ASTRAY],
    [() => ({ issues: [{ message: "wrong", path: null }] }), ASTRAY],
    // No promise of ours, but one all the same.
    [() => ({ then: (done: (result: unknown) => void) => done({ issues: [{ message: "late" }] }) }), /^late$/],
    [() => ({ then: fail }), /^broken$/],
  ];
  for (const [validate, desc] of broken) {
    const outcome = await offer(careless(validate), "{}");
    assert.ok("desc" in outcome);
    assert.match(outcome.desc, desc);
  }
});

{
  const clock = fakeClock();
  let answer: (result: StandardResult<unknown>) => void = () => {};
  let ran = 0;
  const schema = careless(() => new Promise((resolve) => (answer = resolve)));
  onEachBuild(
    "a command whose validator is late does not run",
    {
      ...withCommands({ name: "test-late", arguments: schema, timeoutMs: 10, run: () => ran++ }),
      clock,
    },
    async ({ connect }) => {
      const peer = connect();
      peer.send('{"execute":"test-late"}');
      clock.pass(10);
      assert.equal(peer.take(), generic("Command test-late did not finish within 10 ms"));
      answer({ value: {} });
      await ticks();
      assert.equal(ran, 0);
      assert.equal(peer.take(), "");
      peer.hangUp();
    },
  );
}
