// Arguments: a form from what guestwire-schema says, or JSON, and the way between them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createAgent } from "guestwire";
import introspect from "guestwire/introspect";
import { transportPair } from "guestwire/testing";
import type { Transport } from "../../hosts/common/transport.ts";
import { Bench } from "../../hosts/webserial/console/model/bench.ts";
import { Draft } from "../../hosts/webserial/console/model/draft.ts";
import { fieldsOf } from "../../hosts/webserial/console/model/fields.ts";
import { readSchema } from "../../hosts/webserial/console/model/schema.ts";
import type { Plugin } from "../../plugins/api.ts";
import type { Members } from "../../plugins/schema.ts";

const MEMBERS: Members = {
  path: "str",
  "mode?": "str",
  "count?": "uint32",
  "size?": "uint64",
  "follow?": "bool",
  "unit?": { enum: ["s", "ns", "1"] },
  "at?": { object: { zone: "str" } },
  "tags?": ["str"],
};

function draft(members: Members | null = MEMBERS): Draft {
  const made = new Draft();
  made.learn(new Map(members === null ? [] : [["file-open", members]]));
  made.begin("file-open");
  return made;
}

const echo: Plugin = {
  name: "echo",
  api: 1,
  commands: [{ name: "echo", arguments: { text: "str", "times?": "int" }, run: (args) => args }],
};

const typed = (from: Draft): Record<string, string> => Object.fromEntries(from.typed);

/** The arguments, or the field that is wrong and why. */
function checked(from: Draft): unknown {
  const result = from.check();
  return "args" in result ? result.args : `${result.field}: ${result.text}`;
}

test("the fields of a form", () => {
  assert.deepEqual(
    fieldsOf(MEMBERS).map(({ name, kind, isRequired, choices, type }) =>
      [name, kind, isRequired ? "required" : "", choices.join(), type].join(" "),
    ),
    [
      "path text required  str",
      "mode text   str",
      "count number   uint32",
      "size number   uint64",
      "follow choice  true,false bool",
      "unit choice  s,ns,1 enum",
      "at json   object",
      "tags json   list of str",
    ],
  );
});

test("what is typed becomes arguments; what is empty is not given", () => {
  const form = draft();
  assert.equal(form.mode, "form");
  for (const [field, text] of Object.entries({
    path: "/etc/host name",
    count: " 7 ",
    size: "18446744073709551615",
    follow: "false",
    unit: "1",
    at: '{ "zone": "UTC" }',
    mode: "",
  })) {
    form.type(field, text);
  }
  assert.deepEqual(checked(form), {
    path: "/etc/host name",
    count: 7,
    size: 18_446_744_073_709_551_615n,
    follow: false,
    unit: "1",
    at: { zone: "UTC" },
  });
});

test("a text that is required may be empty", () => {
  assert.deepEqual(checked(draft()), { path: "" });
});

const WRONG: readonly (readonly [field: string, text: string, says: RegExp])[] = [
  ["count", "seven", /^count: count is no number$/],
  ["count", "1.0", /^count: Invalid parameter type for 'count', expected: integer$/],
  ["count", "-1", /^count: Parameter 'count' expects uint32_t$/],
  ["tags", "[1]", /^tags: Invalid parameter type for 'tags\[0\]', expected: string$/],
  ["tags", "[", /^tags: tags is no JSON$/],
  ["at", "{}", /^at: Parameter 'at\.zone' is missing$/],
];
for (const [field, text, says] of WRONG) {
  test(`a mistake is at its field: ${field} ${text}`, () => {
    const form = draft();
    form.type(field, text);
    assert.match(String(checked(form)), says);
  });
}

test("a choice that is required has to be made", () => {
  assert.equal(checked(draft({ really: "bool" })), "really: really is missing");
});

test("JSON is checked as it is typed", () => {
  const json = draft(null);
  assert.equal(json.mode, "json");
  assert.equal(checked(json), undefined);
  json.write('{ "id": 12345678901234567890 }');
  assert.deepEqual(checked(json), { id: 12_345_678_901_234_567_890n });
  json.write("{");
  assert.match(String(checked(json)), /^: This is no JSON: /);
  for (const text of ["[]", "1", "null", '"a"']) {
    json.write(text);
    assert.match(String(checked(json)), /^: Arguments are a JSON object, such as /);
  }
});

test("from the form to JSON and back, nothing is lost", () => {
  const form = draft();
  form.type("path", 'a "b"');
  form.type("size", "18446744073709551615");
  form.switchTo("json");
  assert.equal(form.json, '{ "path": "a \\"b\\"", "size": 18446744073709551615 }');
  form.write('{ "path": "c", "size": 18446744073709551615, "tags": ["x"] }');
  form.switchTo("form");
  assert.deepEqual(typed(form), { path: "c", size: "18446744073709551615", tags: '["x"]' });
  assert.equal(form.mode, "form");
});

test("what the form cannot say stays JSON", () => {
  for (const text of ['{ "stranger": 1 }', '{ "path": 1 }', "{", '{ "path": "", "mode": "" }']) {
    const form = draft();
    form.switchTo("json");
    form.write(text);
    form.switchTo("form");
    assert.deepEqual([form.mode, form.json], ["json", text]);
  }
});

test("a call from the history is in the form where the form can say it", () => {
  const form = draft();
  form.begin("file-open", '{"path": "/x", "count": 5}');
  assert.deepEqual([form.mode, typed(form)], ["form", { path: "/x", count: "5" }]);
  form.begin("file-open", '{"stranger": 5}');
  assert.equal(form.mode, "json");
  assert.equal(checked(form), "path: Parameter 'path' is missing");
});

test("when the agent goes, and with it what it said, the draft stays", () => {
  const form = draft();
  form.type("path", "/x");
  form.learn(new Map());
  assert.deepEqual([form.mode, form.json], ["json", '{ "path": "/x" }']);
  form.learn(new Map([["file-open", MEMBERS]]));
  assert.deepEqual([form.mode, typed(form)], ["form", { path: "/x" }]);
});

test("as long as the fields make no JSON the form stays, and nothing else is sent", () => {
  const form = draft();
  form.begin("file-open", '{ "path": "/old", "count": 1 }');
  form.type("path", "/new");
  form.type("count", "2x");
  assert.equal(form.switchTo("json"), false);
  assert.deepEqual([form.mode, typed(form)], ["form", { path: "/new", count: "2x" }]);
  assert.equal(checked(form), "count: count is no number");
  form.type("count", "2");
  assert.equal(form.switchTo("json"), true);
  assert.equal(form.json, '{ "path": "/new", "count": 2 }');
});

test("the button of what is shown already changes nothing", () => {
  const form = draft();
  form.begin("file-open", '{ "path": "/old" }');
  form.type("path", "/new");
  form.switchTo("form");
  assert.deepEqual(typed(form), { path: "/new" });
});

test("JSON that was cleared is a form in which nothing is typed", () => {
  const form = draft();
  form.type("path", "/x");
  form.switchTo("json");
  form.write("");
  form.switchTo("form");
  assert.deepEqual([form.mode, typed(form)], ["form", {}]);
});

test("numbers stay as they were typed, and values of any depth", () => {
  const form = draft({ "a?": "number", "b?": "number", "c?": "any" });
  const deep = `${"[".repeat(20_000)}1.0${"]".repeat(20_000)}`;
  form.switchTo("json");
  form.write(`{ "a": 1.0, "b": 1e400, "c": ${deep} }`);
  form.switchTo("form");
  assert.deepEqual(typed(form), { a: "1.0", b: "1e400", c: deep });
});

test("what a field would not show as it is stays JSON", () => {
  for (const text of [
    '{ "path": "two\\nlines" }',
    '{ "path": "", "unit": "h" }',
    '{ "path": "", "follow": 1 }',
    '{ "path": "a", "path": "b" }',
  ]) {
    const form = draft();
    form.begin("file-open", text);
    assert.deepEqual([form.mode, form.json], ["json", text]);
  }
});

test("a schema that goes and comes back leaves what was typed, as it was typed", () => {
  const schema = new Map([["file-open", MEMBERS]]);
  const form = draft();
  form.begin("file-open", '{ "path": "/old", "count": 1 }');
  form.type("path", "/new");
  form.type("count", " 12x");
  form.learn(new Map());
  assert.equal(checked(form), "count: count is no number");
  form.learn(schema);
  assert.deepEqual([form.mode, typed(form)], ["form", { path: "/new", count: " 12x" }]);
  form.type("count", "12");
  form.switchTo("json");
  form.learn(new Map());
  form.learn(schema);
  assert.equal(form.mode, "json", "as the person has chosen");
});

test("another agent's fields take what was typed where they can show it", () => {
  const form = draft();
  form.type("path", "/x");
  form.type("mode", "w");
  form.learn(new Map([["file-open", { path: "str", mode: { enum: ["w", "r"] } }]]));
  assert.deepEqual([form.mode, checked(form)], ["form", { path: "/x", mode: "w" }]);
  form.learn(new Map([["file-open", { path: "str" }]]));
  assert.deepEqual([form.mode, form.json], ["json", '{ "path": "/x", "mode": "w" }']);
  assert.equal(checked(form), "mode: Parameter 'mode' is unexpected");
});

test("the form stays while its channel is closed, and when it is opened again", async () => {
  const bench = new Bench("test", () => {
    throw new Error("no storage here");
  });
  const open = async (): Promise<Transport> => {
    const pair = transportPair();
    createAgent({ plugins: [introspect, echo] }).serve(pair.agent);
    return pair.client;
  };
  await bench.start(bench.client, open);
  bench.draft.begin("echo");
  bench.draft.type("text", "typed");
  bench.draft.type("times", "2x");
  await bench.stop();
  assert.deepEqual([bench.draft.mode, typed(bench.draft)], ["form", { text: "typed", times: "2x" }]);
  await bench.start(bench.client, open);
  assert.deepEqual([bench.draft.mode, typed(bench.draft)], ["form", { text: "typed", times: "2x" }]);
  await bench.stop();
});

test("arguments may have any name that an object has of itself", () => {
  const names = Object.getOwnPropertyNames(Object.prototype);
  const declared = JSON.parse(`{ ${names.map((name) => `"${name}?": "str"`).join()} }`) as unknown;
  const form = new Draft();
  form.learn(readSchema([{ name: "x", arguments: declared }]));
  form.begin("x");
  assert.deepEqual(checked(form), undefined);
  assert.equal(form.fields.length, names.length);
  for (const name of names) form.type(name, `its ${name}`);
  assert.deepEqual(
    Object.entries(checked(form) as object),
    names.map((name) => [name, `its ${name}`]),
  );
  form.switchTo("json");
  form.switchTo("form");
  assert.deepEqual(
    [...form.typed],
    names.map((name) => [name, `its ${name}`]),
  );
});

test("what an agent says of its commands is not believed blindly", () => {
  const schema = readSchema([
    { name: "good", arguments: { "a?": "int" } },
    { name: "none" },
    { name: "unknown", arguments: { a: "strange" } },
    { name: "list", arguments: ["a"] },
    { name: 7, arguments: {} },
    null,
    "text",
  ]);
  assert.deepEqual([...schema], [["good", { "a?": "int" }]]);
  for (const value of [null, undefined, {}, "x", 1]) assert.equal(readSchema(value).size, 0);
});
