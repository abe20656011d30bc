// One request: look the command up, check, run, reply (PROTOCOL 4.1).

import {
  ABSENT,
  ERR_DISABLED,
  ERR_LOGGING_DISABLED,
  ERR_MEMBER,
  ERR_NOT_FOUND,
  ERR_PARAMETER_MISSING,
  ERR_PARAMETER_TYPE,
  ERR_PARAMETER_UNEXPECTED,
  ERR_REPLY_SIZE,
  ERR_STRAY,
  FLAG_ENABLED,
  FLAG_MUST_LOG,
  FLAG_NO_RESPONSE,
  FLAG_WHILE_FROZEN,
  NO_ERROR,
} from "./codes.ts";
import { Call, Command, Parameter } from "./command.ts";
import { Document } from "./document.ts";
import { Limits } from "./limits.ts";
import { Bytes, newBytes } from "./memory.ts";
import { unexpected } from "./order.ts";
import { Registry } from "./registry.ts";
import { Reply } from "./reply.ts";
import { Request } from "./request.ts";
import { TEXT_FROZEN, TEXT_TYPE, Texts } from "./texts.ts";

export class Dispatcher {
  /** The command that runs; meaningful while `call.pending`. */
  command: Command | null = null;
  call: Call;
  request: Request = new Request();
  private document: Document;
  private registry: Registry;
  private limits: Limits;
  private texts: Texts;
  private reply: Reply;
  private none: Bytes = newBytes(0);

  constructor(document: Document, registry: Registry, limits: Limits, texts: Texts, reply: Reply, call: Call) {
    this.document = document;
    this.registry = registry;
    this.limits = limits;
    this.texts = texts;
    this.reply = reply;
    this.call = call;
  }

  /** Answers a mistake in the message, echoing these of the document's bytes. */
  refuse(error: i32, from: i32, end: i32): void {
    if (error === ERR_STRAY) end = endOfText(this.document.bytes, from, end);
    this.reply.fail(error, ABSENT, this.document.bytes, from, end - from, this.none, 0, 0);
  }

  /**
   * Reads the envelope. Returns false where it is wrong and `answer` says that it is to be answered; the answer is then
   * begun.
   */
  read(answer: bool): bool {
    const request = this.request;
    const error = request.read(this.document);
    if (error === NO_ERROR) return true;
    if (answer) this.fail(error, error === ERR_MEMBER ? request.member : ABSENT);
    return false;
  }

  /** Runs the request that was read. The reply is begun then, unless the call is pending or wants none. */
  run(): void {
    const document = this.document;
    const request = this.request;
    const name = request.execute;
    const command = this.registry.find(document.bytes, document.from(name), document.size(name));
    if (command === null) {
      this.fail(ERR_NOT_FOUND, name);
      return;
    }
    const call = this.call;
    call.arguments = request.arguments;
    call.commands = this.registry.first;
    call.frozen = this.registry.frozen;
    call.delimited = false;
    call.pending = false;
    call.failed = false;
    if (!command.has(FLAG_ENABLED)) {
      this.failWith(ERR_DISABLED, name, command.reason, 0, command.reasonLength);
    } else if (call.frozen && !command.has(FLAG_WHILE_FROZEN)) {
      const from = this.texts.start[TEXT_FROZEN];
      this.failWith(ERR_DISABLED, name, this.texts.bytes, from, this.texts.start[TEXT_FROZEN + 1] - 1 - from);
    } else if (!command.checked || this.argumentsFit(command)) {
      if (command.has(FLAG_MUST_LOG) && !call.logger.enabled) this.fail(ERR_LOGGING_DISABLED, ABSENT);
      else this.execute(command);
    }
  }

  private execute(command: Command): void {
    const call = this.call;
    const reply = this.reply;
    this.command = command;
    reply.begin(this.limits.replyBytes);
    command.run(call);
    if (call.pending) {
      reply.withdraw();
    } else if (call.failed) {
      reply.withdraw();
      reply.failText(this.request.id, call.failure);
    } else {
      this.succeed(command);
    }
  }

  /** The value was written since `reply.begin`. */
  succeed(command: Command): void {
    const reply = this.reply;
    const call = this.call;
    if (reply.isEmpty()) {
      call.openObject();
      call.closeObject();
    }
    if (command.has(FLAG_NO_RESPONSE)) {
      reply.withdraw();
    } else if (reply.isOver()) {
      reply.withdraw();
      this.fail(ERR_REPLY_SIZE, this.request.execute);
    } else {
      reply.succeed(call.delimited, this.request.id);
    }
  }

  /** Answers for a command whose value cannot go out. */
  failResult(error: i32): void {
    this.fail(error, this.request.execute);
  }

  /** Answers for a command in its own words. */
  failCommand(errorClass: i32, desc: Bytes, from: i32, length: i32): void {
    this.reply.failWith(errorClass, this.request.id, desc, from, length);
  }

  /** Declared parameters in their order, each missing or of the wrong type; then what is left over. */
  private argumentsFit(command: Command): bool {
    const document = this.document;
    const object = this.request.arguments;
    let left = object === ABSENT ? 0 : document.members(object);
    let parameter = command.parameters;
    while (parameter !== null) {
      const value = object === ABSENT ? ABSENT : document.member(object, parameter.name, parameter.nameLength);
      if (value === ABSENT ? parameter.required : !parameter.accepts(document, value)) {
        this.failParameter(value === ABSENT ? ERR_PARAMETER_MISSING : ERR_PARAMETER_TYPE, parameter);
        return false;
      }
      if (value !== ABSENT) left--;
      parameter.value = value;
      parameter = parameter.next;
    }
    if (left === 0) return true;
    this.fail(ERR_PARAMETER_UNEXPECTED, unexpected(document, object, command));
    return false;
  }

  private failParameter(error: i32, parameter: Parameter): void {
    const text = TEXT_TYPE + parameter.type;
    const from = this.texts.start[text];
    const length = this.texts.start[text + 1] - 1 - from;
    this.reply.fail(error, this.request.id, parameter.name, 0, parameter.nameLength, this.texts.bytes, from, length);
  }

  private fail(error: i32, about: i32): void {
    this.failWith(error, about, this.none, 0, 0);
  }

  private failWith(error: i32, about: i32, more: Bytes, from: i32, length: i32): void {
    const document = this.document;
    if (about === ABSENT) {
      this.reply.fail(error, this.request.id, this.none, 0, 0, more, from, length);
    } else {
      this.reply.fail(
        error,
        this.request.id,
        document.bytes,
        document.from(about),
        document.size(about),
        more,
        from,
        length,
      );
    }
  }
}

/** Where a C string ends: the original prints a stray token as one. */
function endOfText(bytes: Bytes, from: i32, end: i32): i32 {
  let at = from;
  while (at < end && bytes[at] !== 0) at++;
  return at;
}
