// A form for a command's arguments: the fields that it has, and the JSON text that their texts make.

import type { Members, Type } from "../../../../plugins/schema.ts";
import { parseJson } from "../../../common/json.ts";
import { memberTexts } from "./member-texts.ts";

export interface Field {
  readonly name: string;
  readonly isRequired: boolean;
  /** `text` takes what is typed as it is, `number` and `json` as JSON; `choice` one of `choices`. */
  readonly kind: "text" | "number" | "json" | "choice";
  readonly choices: readonly string[];
  /** The type in words. */
  readonly type: string;
}

/** What was typed, by the field's name. Empty: not given, but for a text that is required. */
export type Typed = ReadonlyMap<string, string>;

/** The fields of members, in their order. */
export function fieldsOf(members: Members): Field[] {
  return Object.entries(members).map(([key, type]) => {
    const isRequired = !key.endsWith("?");
    const name = isRequired ? key : key.slice(0, -1);
    return { name, isRequired, kind: kindOf(type), choices: choicesOf(type), type: wordsOf(type) };
  });
}

function kindOf(type: Type): Field["kind"] {
  if (typeof type === "object") return "enum" in type ? "choice" : "json";
  if (type === "str") return "text";
  if (type === "bool" || type === "null") return "choice";
  return type === "any" ? "json" : "number";
}

function choicesOf(type: Type): readonly string[] {
  if (type === "bool") return ["true", "false"];
  if (type === "null") return ["null"];
  return typeof type === "object" && "enum" in type ? type.enum : [];
}

function wordsOf(type: Type): string {
  if (typeof type === "string") return type;
  if (Array.isArray(type)) return `list of ${wordsOf((type as readonly [Type])[0])}`;
  return "enum" in type ? "enum" : "object";
}

/** Why arguments cannot go out; `field` is empty where it is about the whole. */
export interface Mistake {
  readonly field: string;
  readonly text: string;
}

/** What was typed as the text of a JSON object. Whether it is of the right types is not looked at. */
export function textOfFields(fields: readonly Field[], typed: Typed): string | Mistake {
  const members: string[] = [];
  for (const field of fields) {
    const { name, kind, isRequired } = field;
    const text = typed.get(name) ?? "";
    const isEmpty = isText(field) ? text === "" : text.trim() === "";
    if (isEmpty && !(kind === "text" && isRequired)) {
      if (isRequired) return { field: name, text: `${name} is missing` };
      continue;
    }
    if (!isText(field) && !isJson(text)) {
      return { field: name, text: kind === "number" ? `${name} is no number` : `${name} is no JSON` };
    }
    members.push(`${JSON.stringify(name)}: ${isText(field) ? JSON.stringify(text) : text.trim()}`);
  }
  return members.length === 0 ? "" : `{ ${members.join(", ")} }`;
}

/** What would have to be typed for the arguments of a JSON object's text; undefined where the fields cannot say them. */
export function typedFor(fields: readonly Field[], json: string): Typed | undefined {
  const members = memberTexts(json);
  if (members === undefined) return undefined;
  const typed = new Map<string, string>();
  for (const [name, spelled] of members) {
    const field = fields.find((one) => one.name === name);
    if (field === undefined) return undefined;
    const text = isText(field) ? (JSON.parse(spelled) as unknown) : spelled;
    if (typeof text !== "string" || !holds(field, text) || (text === "" && !field.isRequired)) return undefined;
    typed.set(name, text);
  }
  return typed;
}

/** Whether the fields show all that was typed, and as it was. */
export function canHold(fields: readonly Field[], typed: Typed): boolean {
  return [...typed].every(
    ([name, text]) => text === "" || fields.some((field) => field.name === name && holds(field, text)),
  );
}

/** A list has its choices only, and a field of one line loses the ends of others. */
function holds({ kind, choices }: Field, text: string): boolean {
  if (kind === "choice") return choices.includes(text);
  return kind === "json" || !/[\r\n]/.test(text);
}

/** What is typed is the text itself, not its JSON. */
function isText({ kind, type }: Field): boolean {
  return kind === "text" || type === "enum";
}

function isJson(text: string): boolean {
  try {
    parseJson(text);
    return true;
  } catch {
    return false;
  }
}
