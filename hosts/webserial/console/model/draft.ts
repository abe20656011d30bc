// The call that is being put together: a command and its arguments, in a form or as JSON.

import type { Members } from "../../../../plugins/schema.ts";
import { mistakeInObject } from "../../../common/arguments.ts";
import { parseJson, parseSpelling } from "../../../common/json.ts";
import { type Field, type FieldMistake, type Typed, fieldsOf, textOfFields, typedFor } from "./fields.ts";
import { Notifier } from "./notifier.ts";

/** Arguments that can go out. */
export interface Checked {
  /** Undefined: none. */
  readonly args: object | undefined;
  /** As JSON, as it was typed. */
  readonly text: string;
}

/** Why they cannot; `field` is empty where it is about the whole. */
export type Mistake = FieldMistake;

type Json = Record<string, unknown>;

export class Draft extends Notifier {
  /** Empty: none is chosen. */
  command = "";
  mode: "form" | "json" = "json";
  /** The arguments as JSON. */
  json = "";
  typed: Typed = {};
  /** What the agent says that its commands take. */
  schema: ReadonlyMap<string, Members> = new Map();

  /** What the agent says that its commands take. */
  learn(schema: ReadonlyMap<string, Members>): void {
    const before = this.members;
    // By the fields that it has: they may be gone then.
    if (!schema.has(this.command)) this.toJson();
    this.schema = schema;
    if (before === undefined && this.members !== undefined) this.toForm();
    this.changed();
  }

  /** Of the command; undefined where the agent does not say. */
  get members(): Members | undefined {
    return this.schema.get(this.command);
  }

  get fields(): Field[] {
    return fieldsOf(this.members ?? {});
  }

  /** Begins a call, with arguments as JSON where there are some. */
  begin(command: string, text = ""): void {
    this.command = command;
    this.json = text;
    this.typed = {};
    this.mode = "json";
    if (this.members !== undefined) this.toForm();
    this.changed();
  }

  type(field: string, text: string): void {
    this.typed = { ...this.typed, [field]: text };
    this.changed();
  }

  write(json: string): void {
    this.json = json;
    this.changed();
  }

  /** From the form to JSON and back, with what was typed. Back is not possible where the form cannot say it. */
  switchTo(mode: "form" | "json"): void {
    if (mode === "json") this.toJson();
    else this.toForm();
    this.changed();
  }

  private toJson(): void {
    const text = this.mode === "form" ? textOfFields(this.fields, this.typed) : this.json;
    if (typeof text === "string") this.json = text;
    this.mode = "json";
  }

  private toForm(): void {
    if (this.json.trim() !== "") {
      const args = readObject(this.json);
      const typed = typeof args === "string" ? undefined : typedFor(this.fields, args);
      if (typed === undefined) return;
      this.typed = typed;
    }
    this.mode = "form";
  }

  /** The arguments, or what is wrong with them. */
  check(): Checked | Mistake {
    const text = this.mode === "form" ? textOfFields(this.fields, this.typed) : this.json.trim();
    if (typeof text !== "string") return text;
    const args = text === "" ? {} : readObject(text);
    if (typeof args === "string") return { field: "", text: args };
    const spelled = text === "" ? {} : (parseSpelling(text, args) as Json);
    const mistake = this.members === undefined ? undefined : mistakeInObject(this.members, args, spelled);
    if (mistake !== undefined) return { field: /'([^'.[]+)/.exec(mistake)?.[1] ?? "", text: mistake };
    return { args: text === "" ? undefined : args, text };
  }
}

/** The object that a text is, or what is wrong with it. */
function readObject(text: string): Json | string {
  try {
    const value = parseJson(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
    return 'Arguments are a JSON object, such as { "path": "/etc/hostname" }.';
  } catch (error) {
    return `This is no JSON: ${(error as Error).message}`;
  }
}
