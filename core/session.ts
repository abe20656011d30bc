// One peer: bytes in, replies out, one request at a time.

import {
  ABSENT,
  ERR_ARGUMENTS_SIZE,
  ERR_REPLY_JSON,
  ERR_REPLY_SIZE,
  ERR_STRAY,
  FLAG_NO_RESPONSE,
  LIMIT_ERRORS_IN_ROW,
  LIMIT_MESSAGE_BYTES,
  LIMIT_QUEUE_BYTES,
  LIMIT_REPLY_BYTES,
  NO_ERROR,
} from "./codes.ts";
import { Dispatcher, NOTHING } from "./dispatcher.ts";
import { Echo } from "./echo.ts";
import { COMPLETE } from "./framer.ts";
import { Bytes } from "./memory.ts";
import { Output } from "./output.ts";
import { Parser } from "./parser.ts";
import { Reply } from "./reply.ts";
import { Shared } from "./shared.ts";

const FLUSH: i32 = 0xff;

export class Session extends Dispatcher {
  /** The next session of the pool. */
  next: Session | null = null;
  isOpen: bool = false;
  /** The number of the call that waits for the host, or 0. */
  pending: i32 = 0;
  /** Times that 0xFF reset the parser. */
  resyncs: i32 = 0;
  /** Errors that were not answered, because there were too many in a row. */
  suppressed: i32 = 0;
  private errors: i32 = 0;
  private output: Output | null = null;

  constructor(
    shared: Shared,
    private parser: Parser,
  ) {
    super(parser, new Reply(parser), shared);
  }

  /** A peer is there. */
  open(output: Output | null): void {
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
    this.output = null;
    this.reply.reset();
    this.parser.reset();
  }

  /** Gives large blocks back where nothing is under way; the host calls it when the peer has been quiet. */
  trim(): void {
    if (this.isBusy() || this.waiting() > 0) return;
    this.reply.trim();
    this.parser.trim();
  }

  /** Bytes that wait for the peer. */
  waiting(): i32 {
    return this.reply.waiting();
  }

  /** Whether it takes no bytes now: a command is pending, or replies wait for a peer that does not read. */
  isBusy(): bool {
    return this.pending !== 0 || this.reply.busy || this.waiting() >= this.shared.limits[LIMIT_QUEUE_BYTES];
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

  /** The output takes bytes again, or the host took `count` of them by itself. */
  drained(count: i32): void {
    const waiting = this.waiting();
    this.reply.taken(count < waiting ? count : waiting);
    this.flush();
  }

  /** Offers what is written, and writes on while it is taken. */
  private flush(): void {
    const reply = this.reply;
    const output = this.output;
    while (true) {
      const waiting = this.waiting();
      if (waiting > 0 && output !== null) reply.taken(output.write(reply.bytes, reply.head, waiting));
      if (!reply.busy || this.waiting() >= this.shared.limits[LIMIT_QUEUE_BYTES]) return;
      this.settle();
    }
  }

  private answer(): void {
    const parser = this.parser;
    const error = parser.error;
    const most = this.shared.limits[LIMIT_ERRORS_IN_ROW];
    const heard = most === 0 || this.errors < most;
    let wrong = error !== NO_ERROR;
    if (wrong) {
      let end = parser.errorEnd;
      if (error === ERR_STRAY) {
        if ((parser.bytes[end - 1] as i32) === FLUSH) this.resyncs++;
        // The original prints a stray token as a C string.
        end = parser.errorFrom;
        while (end < parser.errorEnd && parser.bytes[end] !== 0) end++;
      }
      if (heard) this.refuse(error, parser.errorFrom, end);
    } else {
      wrong = !this.check(heard);
    }
    if (!wrong) {
      this.errors = 0;
      this.dispatch();
      if (this.waits) {
        this.pending = this.shared.nextCall();
        return;
      }
    } else if (heard) {
      this.errors++;
    } else {
      this.suppressed++;
    }
    this.settle();
  }

  /** Writes the reply on; when it is complete the message is done. */
  private settle(): void {
    if (this.reply.resume(this.shared.limits[LIMIT_QUEUE_BYTES])) this.parser.forgetMessage();
  }

  /** The number under which the command that is pending was added. */
  pendingCommand(): i32 {
    const command = this.command;
    return command === null ? 0 : command.number;
  }

  /**
   * Writes the pending call's arguments as JSON; `{}` where there are none, or no call. False where they are larger than a message
   * may be, since escapes make them grow: then the call is answered with an error.
   */
  writeArguments(writer: Echo): bool {
    const object = this.arguments;
    if (object === ABSENT || this.pending === 0) {
      writer.ascii(NOTHING);
      return true;
    }
    writer.echo(this.document, object);
    const whole = writer.resumeEcho(this.shared.limits[LIMIT_MESSAGE_BYTES]);
    if (!whole) {
      writer.trim();
      this.failAbout(ERR_ARGUMENTS_SIZE, this.execute);
      this.settled();
    }
    return whole;
  }

  /**
   * Answers call `number` with a value in JSON, and 0xFF before the reply where `delimited`; false where that call is not
   * pending. The session may take bytes then.
   */
  completeCall(number: i32, bytes: Bytes, from: i32, length: i32, delimited: bool): bool {
    const command = this.command;
    if (command === null || number === 0 || number !== this.pending) return false;
    const results = this.shared.results;
    this.delimited = delimited;
    if (!command.has(FLAG_NO_RESPONSE)) {
      const most = this.shared.limits[LIMIT_REPLY_BYTES];
      if (length > most) {
        this.failAbout(ERR_REPLY_SIZE, this.execute);
      } else if (!results.parse(bytes, from, from + length)) {
        this.failAbout(ERR_REPLY_JSON, this.execute);
      } else {
        this.reply.begin();
        this.reply.echo(results, 0);
        this.reply.resumeEcho(this.waiting() + most + 1);
        this.succeed(command);
      }
      results.reset();
    }
    this.settled();
    return true;
  }

  /** Answers call `number` with an error: its class of codes.ts, and a description in UTF-8; false where it is not pending. */
  failCall(number: i32, errorClass: i32, bytes: Bytes, from: i32, length: i32): bool {
    if (number === 0 || number !== this.pending) return false;
    const most = this.shared.limits[LIMIT_REPLY_BYTES];
    this.reply.composeClass(errorClass);
    this.reply.error.escaped(bytes, from, length < most ? length : most);
    this.finishError();
    this.settled();
    return true;
  }

  /** The pending call has its answer. */
  private settled(): void {
    this.pending = 0;
    this.settle();
    this.flush();
  }
}
