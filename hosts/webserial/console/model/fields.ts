// A form for a command's arguments: the fields that it has, and the JSON text that their texts make.

import type { Members, Type } from "../../../../plugins/schema.ts";
import { formatJson, parseJson } from "../../../common/json.ts";

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
export type Typed = Readonly<Record<string, string>>;

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

/** Why the fields make no JSON, and which one it is. */
export interface FieldMistake {
  readonly field: string;
  readonly text: string;
}

/** What was typed as the text of a JSON object. Whether it is of the right types is not looked at. */
export function textOfFields(fields: readonly Field[], typed: Typed): string | FieldMistake {
  const members: string[] = [];
  for (const { name, kind, type, isRequired } of fields) {
    const text = typed[name] ?? "";
    const isText = kind === "text" || type === "enum";
    if (text.trim() === "" && !(kind === "text" && (isRequired || text !== ""))) {
      if (isRequired) return { field: name, text: `${name} is missing` };
      continue;
    }
    if (!isText && !isJson(text)) {
      return { field: name, text: kind === "number" ? `${name} is no number` : `${name} is no JSON` };
    }
    members.push(`${JSON.stringify(name)}: ${isText ? JSON.stringify(text) : text.trim()}`);
  }
  return members.length === 0 ? "" : `{ ${members.join(", ")} }`;
}

/** What would have to be typed for these arguments; undefined where the fields cannot say it. */
export function typedFor(fields: readonly Field[], args: object): Typed | undefined {
  const typed: Record<string, string> = {};
  for (const [name, value] of Object.entries(args)) {
    const field = fields.find((one) => one.name === name);
    if (field === undefined) return undefined;
    const isText = field.kind === "text" || field.type === "enum";
    if (isText && (typeof value !== "string" || (value === "" && !field.isRequired))) return undefined;
    typed[name] = isText ? (value as string) : (formatJson(value) ?? "");
  }
  return typed;
}

function isJson(text: string): boolean {
  try {
    parseJson(text);
    return true;
  } catch {
    return false;
  }
}
