// Arguments: a form from what guestwire-schema says, or JSON, and the way between them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Draft } from "../../hosts/webserial/console/model/draft.ts";
import { fieldsOf } from "../../hosts/webserial/console/model/fields.ts";
import { readSchema } from "../../hosts/webserial/console/model/schema.ts";
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
  assert.deepEqual(form.typed, { path: "c", size: "18446744073709551615", tags: '["x"]' });
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
  assert.deepEqual([form.mode, form.typed], ["form", { path: "/x", count: "5" }]);
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
  assert.deepEqual([form.mode, form.typed], ["form", { path: "/x" }]);
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
