// One request: look the command up, check, run, reply (PROTOCOL 4.1).

import { ascii } from "./bytes.ts";
import {
  ABSENT,
  ERR_DISABLED,
  ERR_LOGGING_DISABLED,
  ERR_NOT_FOUND,
  ERR_PARAMETER_MISSING,
  ERR_PARAMETER_TYPE,
  ERR_PARAMETER_UNEXPECTED,
  ERR_REPLY_SIZE,
  FLAG_ENABLED,
  FLAG_MUST_LOG,
  FLAG_NO_RESPONSE,
  LIMIT_REPLY_BYTES,
  NO_ERROR,
} from "./codes.ts";
import { Call, Command, Parameter } from "./command.ts";
import { Document } from "./document.ts";
import { Bytes } from "./memory.ts";
import { Reply } from "./reply.ts";
import { Shared } from "./shared.ts";
import { TEXT_FROZEN, TEXT_TYPE } from "./texts.ts";
import { unexpected } from "./unexpected.ts";

/** What a command returns that writes nothing, and what it is given that is given nothing. */
export const NOTHING: Bytes = ascii("{}");

export class Dispatcher extends Call {
  /** The command that runs; meaningful while the call waits for the host. */
  protected command: Command | null = null;

  constructor(
    document: Document,
    reply: Reply,
    protected shared: Shared,
  ) {
    super(document, reply, shared);
  }

  /** Answers a mistake in the message, echoing these of the document's bytes. */
  protected refuse(error: i32, from: i32, end: i32): void {
    this.reply.compose(error, this.document.bytes, from, end - from);
    this.reply.fail(this.document, ABSENT);
  }

  /**
   * Reads the envelope. Returns false where it is wrong and `answer` says that it is to be answered; the answer is then
   * begun.
   */
  protected check(answer: bool): bool {
    const error = this.read();
    if (error === NO_ERROR) return true;
    if (answer) this.failAbout(error, this.member);
    return false;
  }

  /** Runs the request that was read. The reply is begun then, unless the call waits or wants none. */
  protected dispatch(): void {
    const document = this.document;
    const shared = this.shared;
    const reply = this.reply;
    const name = this.execute;
    this.delimited = false;
    this.waits = false;
    this.failed = false;
    const command = shared.find(document.bytes, document.from(name), document.size(name));
    this.command = command;
    if (command === null) {
      this.failAbout(ERR_NOT_FOUND, name);
      return;
    }
    const disabled = !command.has(FLAG_ENABLED);
    if (disabled || shared.isFrozen(command)) {
      this.composeAbout(ERR_DISABLED, name);
      if (!disabled) {
        reply.error.text(TEXT_FROZEN);
      } else if (command.reasonLength > 0) {
        reply.error.colon();
        reply.error.escaped(command.reason, 0, command.reasonLength);
      }
      this.finishError();
      return;
    }
    if (command.checked && !this.argumentsFit(command)) return;
    if (command.has(FLAG_MUST_LOG) && !this.agent.logger.enabled) {
      this.failAbout(ERR_LOGGING_DISABLED, ABSENT);
      return;
    }
    reply.begin();
    command.run(this);
    if (this.waits) {
      reply.withdraw();
    } else if (this.failed) {
      reply.withdraw();
      this.finishError();
    } else {
      this.succeed(command);
    }
  }

  /** The value was written since `reply.begin`. */
  protected succeed(command: Command): void {
    const reply = this.reply;
    if (reply.size() === 0) reply.ascii(NOTHING);
    if (command.has(FLAG_NO_RESPONSE)) {
      reply.withdraw();
    } else if (reply.size() > this.shared.limits[LIMIT_REPLY_BYTES]) {
      reply.withdraw();
      this.failAbout(ERR_REPLY_SIZE, this.execute);
    } else {
      reply.succeed(this.delimited, this.document, this.id);
    }
  }

  /** Declared parameters in their order, each missing or of the wrong type; then what is left over. */
  private argumentsFit(command: Command): bool {
    const document = this.document;
    const object = this.arguments;
    let parameter = command.parameters;
    while (parameter !== null) {
      const value = object === ABSENT ? ABSENT : document.member(object, parameter.name, parameter.nameLength);
      if (value === ABSENT ? parameter.required : !parameter.accepts(document, value)) {
        this.failParameter(parameter, value === ABSENT);
        return false;
      }
      parameter.value = value;
      parameter = parameter.next;
    }
    const left = object === ABSENT ? ABSENT : unexpected(document, object, command);
    if (left !== ABSENT) this.failAbout(ERR_PARAMETER_UNEXPECTED, left);
    return left === ABSENT;
  }

  private failParameter(parameter: Parameter, missing: bool): void {
    const reply = this.reply;
    const error = missing ? ERR_PARAMETER_MISSING : ERR_PARAMETER_TYPE;
    reply.compose(error, parameter.name, 0, parameter.nameLength);
    if (!missing) reply.error.text(TEXT_TYPE + parameter.type);
    this.finishError();
  }

  /** Answers with an error about a string of the message, or about none. */
  protected failAbout(error: i32, entry: i32): void {
    this.composeAbout(error, entry);
    this.finishError();
  }

  private composeAbout(error: i32, entry: i32): void {
    const document = this.document;
    const none = entry === ABSENT;
    this.reply.compose(error, document.bytes, none ? 0 : document.from(entry), none ? 0 : document.size(entry));
  }

  protected finishError(): void {
    this.reply.fail(this.document, this.id);
  }
}
