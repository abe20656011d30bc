// One peer: bytes in, replies out, one request at a time.

import {
  ABSENT,
  ERR_ARGUMENTS_SIZE,
  ERR_REPLY_JSON,
  ERR_REPLY_SIZE,
  ERR_STRAY,
  FLAG_NO_RESPONSE,
  NO_ERROR,
} from "./codes.ts";
import { Call, Command } from "./command.ts";
import { Dispatcher } from "./dispatcher.ts";
import { COMPLETE } from "./framer.ts";
import { Bytes } from "./memory.ts";
import { Output } from "./output.ts";
import { Parser } from "./parser.ts";
import { Reply } from "./reply.ts";
import { Shared } from "./shared.ts";
import { UNBOUNDED, Writer } from "./writer.ts";

const FLUSH: i32 = 0xff;

export class Session {
  /** The next session of the pool. */
  next: Session | null = null;
  isOpen: bool = true;
  /** The number of the call that waits for the host, or 0. */
  pending: i32 = 0;
  /** Times that 0xFF reset the parser. */
  resyncs: i32 = 0;
  /** Errors that were not answered, because there were too many in a row. */
  suppressed: i32 = 0;
  private output: Output;
  private shared: Shared;
  /** The replies that wait. */
  writer: Writer;
  private parser: Parser;
  private reply: Reply;
  private dispatcher: Dispatcher;
  private call: Call;
  private errors: i32 = 0;

  constructor(shared: Shared, output: Output) {
    const writer = new Writer(shared.texts);
    const parser = new Parser(shared.limits, shared.budget, shared.keys);
    const document = parser.document;
    const reply = new Reply(document, writer, shared.texts);
    const call = new Call(document, writer, shared.logger);
    this.shared = shared;
    this.output = output;
    this.writer = writer;
    this.parser = parser;
    this.reply = reply;
    this.call = call;
    this.dispatcher = new Dispatcher(document, shared.registry, shared.limits, shared.texts, reply, call);
  }

  /** A pooled session starts anew. */
  open(output: Output): void {
    this.isOpen = true;
    this.output = output;
    this.resyncs = 0;
    this.suppressed = 0;
    this.errors = 0;
  }

  /** Drops all that the peer left behind: a half message, replies that were not taken, a call that is pending. */
  close(): void {
    this.isOpen = false;
    this.pending = 0;
    this.call.pending = false;
    this.output = this.shared.nowhere;
    this.reply.reset();
    this.writer.trim();
    this.parser.reset();
  }

  /** Gives large blocks back where nothing is under way; the host calls it when the peer has been quiet. */
  trim(): void {
    if (this.isBusy() || this.writer.waiting() > 0) return;
    this.writer.trim();
    this.parser.trim();
  }

  /** Whether it takes no bytes now: a command is pending, or replies wait for a peer that does not read. */
  isBusy(): bool {
    return this.pending !== 0 || this.reply.busy || this.writer.waiting() >= this.shared.limits.queueBytes;
  }

  /**
   * Takes bytes from `at` to `end` and answers what is complete in them. Returns where it stopped: before `end` it did
   * because it is busy, and wants the rest once it is not.
   */
  receive(bytes: Bytes, at: i32, end: i32): i32 {
    const parser = this.parser;
    parser.begin();
    while (at < end && !this.isBusy()) {
      const status = parser.feed(bytes, at, end);
      at = parser.at;
      if (status === COMPLETE) this.answer();
    }
    this.flush();
    return at;
  }

  /** The output takes bytes again, or took `count` of them from the writer by itself. */
  drained(count: i32): void {
    const waiting = this.writer.waiting();
    this.writer.taken(count < waiting ? count : waiting);
    this.flush();
  }

  /** Offers what is written, and writes on while it is taken. */
  private flush(): void {
    const writer = this.writer;
    while (true) {
      const waiting = writer.waiting();
      if (waiting > 0) {
        writer.taken(this.output.write(writer.bytes, writer.head, waiting));
        if (writer.waiting() > 0 && !this.reply.busy) return;
      }
      if (!this.reply.busy || writer.waiting() >= this.shared.limits.queueBytes) return;
      this.settle();
    }
  }

  private answer(): void {
    const parser = this.parser;
    const dispatcher = this.dispatcher;
    const limit = this.shared.limits.errorsInRow;
    const heard = limit === 0 || this.errors < limit;
    const error = parser.error();
    if (error !== NO_ERROR) {
      const from = parser.errorFrom();
      const end = parser.errorEnd();
      if (error === ERR_STRAY && (parser.document.bytes[end - 1] as i32) === FLUSH) this.resyncs++;
      this.count();
      if (heard) dispatcher.refuse(error, from, end);
    } else if (!dispatcher.read(heard)) {
      this.count();
    } else {
      this.errors = 0;
      this.call.version = this.shared.version;
      this.call.versionLength = this.shared.versionLength;
      dispatcher.run();
      if (this.call.pending) {
        this.pending = this.shared.nextCall();
        return;
      }
    }
    this.settle();
  }

  private count(): void {
    const limit = this.shared.limits.errorsInRow;
    if (limit !== 0 && this.errors >= limit) this.suppressed++;
    else this.errors++;
  }

  /** Writes the reply on; when it is complete the message is done. */
  private settle(): void {
    if (this.reply.resume(this.shared.limits.queueBytes)) this.parser.next();
  }

  /** The command that is pending, or null. */
  pendingCommand(): Command | null {
    return this.pending === 0 ? null : this.dispatcher.command;
  }

  /**
   * Writes the pending call's arguments as JSON; `{}` where there are none. False where they are larger than a message
   * may be, since escapes make them grow: then the call is answered with an error.
   */
  writeArguments(writer: Writer): bool {
    const object = this.call.arguments;
    if (object === ABSENT) {
      writer.byte(0x7b);
      writer.byte(0x7d);
      return true;
    }
    const echo = this.shared.echo;
    echo.start(this.parser.document, object);
    writer.limit(this.shared.limits.messageBytes);
    const whole = echo.run(writer, UNBOUNDED) && !writer.overflow;
    writer.limit(UNBOUNDED);
    if (whole) return true;
    writer.trim();
    this.call.pending = false;
    this.pending = 0;
    this.dispatcher.failResult(ERR_ARGUMENTS_SIZE);
    this.settle();
    this.flush();
    return false;
  }

  /**
   * Answers call `number` with a value in JSON, and 0xFF before the reply where `delimited`; false where that call is not
   * pending. The session may take bytes then.
   */
  complete(number: i32, bytes: Bytes, from: i32, length: i32, delimited: bool): bool {
    const command = this.pendingCommand();
    if (command === null || number !== this.pending) return false;
    this.call.pending = false;
    this.pending = 0;
    this.call.delimited = delimited;
    const results = this.shared.results;
    if (!command.has(FLAG_NO_RESPONSE)) {
      if (length > this.shared.limits.replyBytes) {
        this.dispatcher.failResult(ERR_REPLY_SIZE);
      } else if (!results.parse(bytes, from, from + length)) {
        this.dispatcher.failResult(ERR_REPLY_JSON);
      } else {
        this.reply.begin(this.shared.limits.replyBytes);
        const echo = this.shared.echo;
        echo.start(results.document, 0);
        echo.run(this.writer, UNBOUNDED);
        this.dispatcher.succeed(command);
      }
      results.reset();
    }
    this.settle();
    this.flush();
    return true;
  }

  /** Answers call `number` with an error: its class of codes.ts, and a description in UTF-8; false where it is not pending. */
  fail(number: i32, errorClass: i32, bytes: Bytes, from: i32, length: i32): bool {
    if (number === 0 || number !== this.pending) return false;
    this.call.pending = false;
    this.pending = 0;
    const most = this.shared.limits.replyBytes;
    this.dispatcher.failCommand(errorClass, bytes, from, length < most ? length : most);
    this.settle();
    this.flush();
    return true;
  }
}
