// The call that is being put together: a command and its arguments, in a form or as JSON.

import type { Members } from "../../../../plugins/schema.ts";
import { mistakeInObject } from "../../../common/arguments.ts";
import { parseJson, parseSpelling } from "../../../common/json.ts";
import { type Field, type Mistake, type Typed, canHold, fieldsOf, textOfFields, typedFor } from "./fields.ts";
import { Notifier } from "./notifier.ts";

/** Arguments that can go out. */
export interface Checked {
  /** Undefined: none. */
  readonly args: object | undefined;
  /** As JSON, as it was typed. */
  readonly text: string;
}

type Json = Record<string, unknown>;

export class Draft extends Notifier {
  /** Counts the calls that were begun. */
  number = 0;
  /** Empty: none is chosen. */
  command = "";
  mode: "form" | "json" = "json";
  /** The arguments as JSON. Where the form is shown: as they were before. */
  json = "";
  /** What was typed into the form. */
  typed: Typed = new Map();
  /** What the command takes; undefined where the agent does not say. */
  members: Members | undefined;
  /** What the agent says that its commands take. */
  schema: ReadonlyMap<string, Members> = new Map();
  private prefersJson = false;

  /** Another schema. A form with what it cannot say, neither by its new fields nor as JSON, stays as it is. */
  learn(schema: ReadonlyMap<string, Members>): void {
    const hadMembers = this.members !== undefined;
    const members = schema.get(this.command);
    this.schema = schema;
    if (this.mode === "json") {
      this.members = members;
      if (!hadMembers && !this.prefersJson) this.toForm();
    } else if ((members !== undefined && canHold(fieldsOf(members), this.typed)) || this.toJson()) {
      this.members = members;
    }
    this.changed();
  }

  get fields(): Field[] {
    return fieldsOf(this.members ?? {});
  }

  /** Begins a call, with arguments as JSON where there are some. */
  begin(command: string, text = ""): void {
    this.number++;
    this.command = command;
    this.members = this.schema.get(command);
    this.json = text;
    this.mode = "json";
    this.prefersJson = false;
    this.toForm();
    this.changed();
  }

  type(field: string, text: string): void {
    this.typed = new Map([...this.typed, [field, text]]);
    this.changed();
  }

  write(json: string): void {
    this.json = json;
    this.changed();
  }

  /** From the form to JSON and back, with what was typed. Returns whether it is so; not where the other cannot say it. */
  switchTo(mode: "form" | "json"): boolean {
    if (mode !== this.mode && (mode === "json" ? this.toJson() : this.toForm())) {
      this.prefersJson = mode === "json";
      this.changed();
    }
    return mode === this.mode;
  }

  private toJson(): boolean {
    const text = textOfFields(this.fields, this.typed);
    if (typeof text !== "string") return false;
    this.json = text;
    this.mode = "json";
    return true;
  }

  private toForm(): boolean {
    if (this.members === undefined) return false;
    const text = this.json.trim() === "" ? "{}" : this.json;
    const typed = typeof readObject(text) === "string" ? undefined : typedFor(this.fields, text);
    if (typed === undefined) return false;
    this.typed = typed;
    this.mode = "form";
    return true;
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
