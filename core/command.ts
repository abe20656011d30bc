// What a command is, and what it sees of a request. A portable command extends Command and keeps to the language that asc
// and tsc share (CONTRIBUTING.md describes it); the host's own commands are RemoteCommands.

import { ascii, lengthOf, sameBytes } from "./bytes.ts";
import { ABSENT, CLASS_GENERIC_ERROR, FLAG_ENABLED, FLAG_WHILE_FROZEN, TYPE_INTEGER } from "./codes.ts";
import { Document } from "./document.ts";
import { Logger } from "./logger.ts";
import { Bytes, newBytes } from "./memory.ts";
import { Reply } from "./reply.ts";
import { Request } from "./request.ts";
import { TEXT_TRUE } from "./texts.ts";

/** Which kinds of values a parameter takes. Rows: the types by their numbers in codes.ts. Columns: the kinds. */
const ACCEPTED: Bytes = ascii(`.y.y.yyyyyy
......y....
......yy...
.....y.....
........yy.
...y.......
.y.........
`);
const KINDS: i32 = 12;
const YES: i32 = 0x79;

/** A parameter that a command declares: checked before it runs, in the order of declaration. */
export class Parameter {
  next: Parameter | null = null;
  nameLength: i32;
  /** While the command runs: the argument's entry in the document, or ABSENT. */
  value: i32 = ABSENT;

  /** The name as the wire has it, with a 0 behind it; the type is a TYPE_ of codes.ts. */
  constructor(
    public name: Bytes,
    public type: i32,
    public required: bool,
  ) {
    this.nameLength = lengthOf(name);
  }

  /** Whether a value is of the type, as QAPI's visitors see it. */
  accepts(document: Document, value: i32): bool {
    if (this.type === TYPE_INTEGER) return document.isInt64(value);
    return (ACCEPTED[this.type * KINDS + document.kind(value)] as i32) === YES;
  }
}

export abstract class Command {
  /** The command that was registered before it. */
  next: Command | null = null;
  /** By this number the host knows it; 0 for a portable one. */
  number: i32 = 0;
  /** FLAG_… of codes.ts. */
  flags: i32;
  nameLength: i32;
  /** Why it is disabled, in UTF-8, or nothing. */
  reason: Bytes = newBytes(0);
  reasonLength: i32 = 0;
  /** The first of its parameters. */
  parameters: Parameter | null = null;
  private last: Parameter | null = null;
  /** The core checks the arguments against `parameters`; else the command does it. */
  checked: bool = true;

  /**
   * The name as the wire has it, in UTF-8 with a 0 behind it; `flags` are FLAG_NO_RESPONSE, FLAG_WHILE_FROZEN and
   * FLAG_MUST_LOG.
   */
  constructor(
    public name: Bytes,
    flags: i32,
  ) {
    this.flags = flags | FLAG_ENABLED;
    this.nameLength = lengthOf(name);
  }

  /** Declares the next parameter. */
  takes(parameter: Parameter): void {
    const last = this.last;
    if (last === null) this.parameters = parameter;
    else last.next = parameter;
    this.last = parameter;
  }

  /** Whether it has a parameter of this key's name. */
  declares(document: Document, key: i32): bool {
    let parameter = this.parameters;
    while (parameter !== null) {
      if (document.is(key, parameter.name, 0, parameter.nameLength)) return true;
      parameter = parameter.next;
    }
    return false;
  }

  has(flag: i32): bool {
    return (this.flags & flag) !== 0;
  }

  /** Whether this is its name. */
  isNamed(bytes: Bytes, from: i32, length: i32): bool {
    return length === this.nameLength && sameBytes(bytes, from, this.name, 0, length);
  }

  /** Runs it: write one value, or none for `{}`; or fail; or pend. */
  abstract run(call: Call): void;
}

/** A command that the host runs: the request waits until the host completes or fails it. */
export class RemoteCommand extends Command {
  constructor(number: i32, name: Bytes, flags: i32) {
    super(name, flags);
    this.number = number;
    this.checked = false;
  }

  run(call: Call): void {
    call.pend();
  }
}

/** What a command may know of its agent. */
export class AgentState {
  /** The newest of the commands; the others follow by `next`. It is the order of guest-info (PROTOCOL 6.3). */
  first: Command | null = null;
  /** Only commands marked FLAG_WHILE_FROZEN can be called. */
  frozen: bool = false;
  /** What guest-info calls the version: UTF-8. */
  version: Bytes = newBytes(0);
  versionLength: i32 = 0;

  /** The logger is turned off while the agent is frozen: what is logged then is lost. */
  constructor(public logger: Logger) {}

  /** Whether a command can be called as things stand. */
  isEnabled(command: Command): bool {
    return command.has(FLAG_ENABLED) && !this.isFrozen(command);
  }

  /** Whether a command cannot be called because the agent is frozen. */
  isFrozen(command: Command): bool {
    return this.frozen && !command.has(FLAG_WHILE_FROZEN);
  }
}

/** One request as its command sees it, and the reply that it writes. */
export class Call extends Request {
  protected delimited: bool = false;
  protected waits: bool = false;
  protected failed: bool = false;

  /** The value is written into the reply; the methods below do it. */
  constructor(
    document: Document,
    public reply: Reply,
    public agent: AgentState,
  ) {
    super(document);
  }

  /** Puts 0xFF before the reply, should the command succeed (PROTOCOL 5.2). */
  delimit(): void {
    this.delimited = true;
  }

  /** Writes a log record: level and domain as in codes.ts, an ASCII text of one line. Nothing while logging is off. */
  log(level: i32, domain: i32, text: Bytes): void {
    if (this.agent.logger.enabled) this.agent.logger.log(level, domain, text);
  }

  /** Answers GenericError with this ASCII text. What was written is dropped. */
  fail(text: Bytes): void {
    this.failed = true;
    this.reply.composeClass(CLASS_GENERIC_ERROR);
    this.reply.error.ascii(text);
  }

  /** The reply comes later, from the host: for RemoteCommand only. */
  pend(): void {
    this.waits = true;
  }

  openObject(): void {
    this.reply.separate();
    this.reply.byte(0x7b);
  }

  closeObject(): void {
    this.reply.byte(0x7d);
  }

  openArray(): void {
    this.reply.separate();
    this.reply.byte(0x5b);
  }

  closeArray(): void {
    this.reply.byte(0x5d);
  }

  /** A member's name, in ASCII without anything to escape; its value must follow. */
  key(name: Bytes): void {
    this.text(name);
    this.reply.colon();
  }

  boolean(value: bool): void {
    this.reply.separate();
    this.reply.text(value ? TEXT_TRUE : TEXT_TRUE + 1);
  }

  /** A string in UTF-8. */
  string(bytes: Bytes, from: i32, length: i32): void {
    this.reply.separate();
    this.reply.quote();
    this.reply.escaped(bytes, from, length);
    this.reply.quote();
  }

  /** A string of ASCII, with nothing in it to escape. */
  text(text: Bytes): void {
    this.reply.separate();
    this.reply.quote();
    this.reply.ascii(text);
    this.reply.quote();
  }

  integer(value: i32): void {
    this.reply.separate();
    this.reply.integer(value);
  }

  /** A number of the request, exactly. */
  number(entry: i32): void {
    this.reply.separate();
    this.reply.number(this.document, entry);
  }
}
