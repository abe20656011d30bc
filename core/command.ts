// What a command is, and what it sees of a request. A portable command extends Command and keeps to the language that asc
// and tsc share (CONTRIBUTING.md describes it); the host's own commands are RemoteCommands.

import {
  ABSENT,
  ARRAY,
  FALSE,
  FLAG_ENABLED,
  FLAG_WHILE_FROZEN,
  OBJECT,
  STRING,
  TRUE,
  TYPE_ANY,
  TYPE_ARRAY,
  TYPE_BOOLEAN,
  TYPE_INTEGER,
  TYPE_NUMBER,
  TYPE_OBJECT,
  TYPE_STRING,
} from "./codes.ts";
import { Document } from "./document.ts";
import { writeNumber } from "./echo.ts";
import { Logger } from "./logger.ts";
import { Bytes, newBytes } from "./memory.ts";
import { bytesOf } from "./texts.ts";
import { Writer } from "./writer.ts";

/** A parameter that a command declares: checked before it runs, in the order of declaration. */
export class Parameter {
  next: Parameter | null = null;
  /** The name as the wire has it. */
  name: Bytes;
  nameLength: i32;
  type: i32;
  required: bool;
  /** While the command runs: the argument's entry in the document, or ABSENT. */
  value: i32 = ABSENT;

  constructor(name: string, type: i32, required: bool) {
    this.name = bytesOf(name);
    this.nameLength = name.length;
    this.type = type;
    this.required = required;
  }

  /** Whether a value is of the type, as QAPI's visitors see it. */
  accepts(document: Document, value: i32): bool {
    const kind = document.kind(value);
    switch (this.type) {
      case TYPE_ANY:
        return true;
      case TYPE_INTEGER:
        return document.isInt64(value);
      case TYPE_NUMBER:
        return document.isNumber(value);
      case TYPE_STRING:
        return kind === STRING;
      case TYPE_BOOLEAN:
        return kind === TRUE || kind === FALSE;
      case TYPE_ARRAY:
        return kind === ARRAY;
      case TYPE_OBJECT:
        return kind === OBJECT;
      default:
        return false;
    }
  }
}

export abstract class Command {
  /** The command that was registered before it. */
  next: Command | null = null;
  /** By this number the host knows it; 0 for a portable one. */
  number: i32 = 0;
  /** FLAG_… of codes.ts. */
  flags: i32;
  /** The name as the wire has it. */
  name: Bytes;
  nameLength: i32;
  /** Why it is disabled: `: REASON` in UTF-8, or nothing. */
  reason: Bytes = newBytes(0);
  reasonLength: i32 = 0;
  parameters: Parameter | null = null;
  /** The core checks the arguments against `parameters`; else the command does it. */
  checked: bool = true;

  /** `name` is ASCII; `flags` are FLAG_NO_RESPONSE, FLAG_WHILE_FROZEN and FLAG_MUST_LOG. */
  constructor(name: string, flags: i32) {
    this.flags = flags | FLAG_ENABLED;
    this.name = bytesOf(name);
    this.nameLength = name.length;
  }

  /** Declares the next parameter. */
  takes(parameter: Parameter): void {
    const first = this.parameters;
    if (first === null) {
      this.parameters = parameter;
      return;
    }
    let last = first;
    for (let next: Parameter | null = last.next; next !== null; next = last.next) last = next;
    last.next = parameter;
  }

  has(flag: i32): bool {
    return (this.flags & flag) !== 0;
  }

  /** Whether this is its name. */
  isNamed(bytes: Bytes, from: i32, length: i32): bool {
    if (length !== this.nameLength) return false;
    const name = this.name;
    // Names differ in their ends rather than in their starts.
    for (let i = length - 1; i >= 0; i--) {
      if (name[i] !== bytes[from + i]) return false;
    }
    return true;
  }

  /** Runs it: write one value, or none for `{}`; or fail; or pend. */
  abstract run(call: Call): void;
}

/** A command that the host runs: the request waits until the host completes or fails it. */
export class RemoteCommand extends Command {
  /** The name's bytes are kept. */
  constructor(number: i32, name: Bytes, nameLength: i32, flags: i32) {
    super("", flags);
    this.number = number;
    this.checked = false;
    this.name = name;
    this.nameLength = nameLength;
  }

  run(call: Call): void {
    call.pend();
  }
}

/** One request as its command sees it, and the reply that it writes. */
export class Call {
  /** Turned off while the agent is frozen: what is logged then is lost. */
  logger: Logger;
  document: Document;
  /** The entry of the arguments object, or ABSENT. */
  arguments: i32 = ABSENT;
  /** The newest of the agent's commands; the others follow by `next`. */
  commands: Command | null = null;
  /** What guest-info calls the version. */
  version: Bytes = newBytes(0);
  versionLength: i32 = 0;
  /** The agent is frozen. */
  frozen: bool = false;
  delimited: bool = false;
  pending: bool = false;
  failed: bool = false;
  /** The text of `fail`. */
  failure: string = "";
  private writer: Writer;

  constructor(document: Document, writer: Writer, logger: Logger) {
    this.document = document;
    this.writer = writer;
    this.logger = logger;
  }

  /** Puts 0xFF before the reply, should the command succeed (PROTOCOL 5.2). */
  delimit(): void {
    this.delimited = true;
  }

  /** Writes a log record: level and domain as in codes.ts, an ASCII text. Nothing while logging is off. */
  log(level: i32, domain: i32, text: string): void {
    if (this.logger.enabled) this.logger.log(level, domain, text);
  }

  /** Answers GenericError with this ASCII text. What was written is dropped. */
  fail(text: string): void {
    this.failed = true;
    this.failure = text;
  }

  /** Whether a command can be called as things stand. */
  isEnabled(command: Command): bool {
    return command.has(FLAG_ENABLED) && (!this.frozen || command.has(FLAG_WHILE_FROZEN));
  }

  /** The reply comes later, from the host: for RemoteCommand only. */
  pend(): void {
    this.pending = true;
  }

  openObject(): void {
    this.writer.separate();
    this.writer.byte(0x7b);
  }

  closeObject(): void {
    this.writer.byte(0x7d);
  }

  openArray(): void {
    this.writer.separate();
    this.writer.byte(0x5b);
  }

  closeArray(): void {
    this.writer.byte(0x5d);
  }

  /** A member's name, in ASCII without anything to escape; its value must follow. */
  key(name: string): void {
    this.writer.separate();
    this.writer.quoted(name);
    this.writer.byte(0x3a);
    this.writer.byte(0x20);
  }

  boolean(value: bool): void {
    this.writer.separate();
    this.writer.ascii(value ? "true" : "false");
  }

  /** A string in UTF-8. */
  string(bytes: Bytes, from: i32, length: i32): void {
    this.writer.separate();
    this.writer.byte(0x22);
    this.writer.escaped(bytes, from, length);
    this.writer.byte(0x22);
  }

  /** A number of the request, exactly. */
  number(entry: i32): void {
    this.writer.separate();
    writeNumber(this.document, entry, this.writer);
  }
}
