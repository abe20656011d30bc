// Calls wait in line, one is on its way at a time, and after whatever went wrong the next one begins with a
// synchronisation (PROTOCOL 8.4).

import { type Clock, systemClock } from "../clock.ts";
import type { ErrorCode } from "../errors.ts";
import { formatJson } from "../json.ts";
import { AgentLogger, silent } from "../logger.ts";
import { Observers } from "../observers.ts";
import type { Transport } from "../transport.ts";
import { Call, type Patience, type Request } from "./call.ts";
import { AgentError, CallError } from "./errors.ts";
import type { ClientEvent, ClientState, Observer } from "./events.ts";
import { randomPrefix } from "./ids.ts";
import { Link } from "./link.ts";
import {
  CALL_MS,
  type CallOptions,
  checkMs,
  checkReplyBytes,
  type ClientOptions,
  CONNECT_MS,
  REPLY_BYTES,
  SILENCE_MS,
} from "./options.ts";
import { type Failure, type Reply, mayHold, readReply } from "./reply.ts";
import { Signals } from "./signals.ts";
import { Synchroniser } from "./sync.ts";

export interface ClientStats {
  /** Requests that went out. */
  readonly calls: number;
  /** Synchronisations after the first. */
  readonly resyncs: number;
  /** Bytes received that were part of no answer. */
  readonly bytesDiscarded: number;
  /** Replies to calls that had been given up. */
  readonly lateReplies: number;
}

/** How long `close` reads on for what may still come, in milliseconds. */
const DRAIN_MS = 1000;
/** How long after connecting took too long, where anything came. */
const LATE_DRAIN_MS = 200;

/**
 * How an agent says that it could not read a request. A torn one draws several such lines: without ids the second would be
 * taken for the next call's answer (PROTOCOL 2.3, B).
 */
const UNREAD = /^(?:JSON parse error|Invalid JSON syntax)/;

/** QEMU's commands without a success reply (PROTOCOL 4.5). */
const SILENT = ["guest-shutdown", "guest-suspend-disk", "guest-suspend-ram", "guest-suspend-hybrid"];

export class Client {
  state: ClientState = "lost";
  private readonly clock: Clock;
  private readonly logger: AgentLogger;
  private readonly callTimeoutMs: number;
  private readonly replyBytes: number;
  private readonly link: Link;
  private readonly synchroniser: Synchroniser;
  private readonly observers = new Observers<ClientEvent>();
  private readonly signals = new Signals();
  private readonly silent = new Set(SILENT);
  /** In the order of the calls. Only the first can be on its way. */
  private readonly queue: Call[] = [];
  private readonly prefix = `${randomPrefix()}-`;
  /** Whether the agent echoes ids: before QEMU 4.0 it refuses them. Unknown until its first answer after a synchronisation. */
  private ids: "unknown" | "echoed" | "refused" = "unknown";
  /** An answer to something that we sent may still come. */
  private isUnread = false;
  private used = 0;
  private syncs = 0;
  private calls = 0;
  private lateReplies = 0;
  private closing: Promise<void> | undefined;

  constructor(transport: Transport, options: ClientOptions) {
    this.clock = options.clock ?? systemClock;
    this.logger = new AgentLogger(options.logger ?? silent);
    this.callTimeoutMs = checkMs("callTimeoutMs", options.callTimeoutMs ?? CALL_MS);
    this.replyBytes = checkReplyBytes(options.replyBytes ?? REPLY_BYTES);
    const link = new Link(transport, this.replyBytes, {
      line: (bytes, delimited) => this.line(bytes, delimited),
      sentinel: (dropped) => this.sentinel(dropped),
      overlong: () => this.overlong(),
      settled: () => this.settled(),
      drained: () => this.drained(),
      lost: (error) => this.linkLost(error),
      reopened: () => this.linkReopened(),
      closed: (error) => this.linkClosed(error),
    });
    this.link = link;
    this.synchroniser = new Synchroniser({
      clock: this.clock,
      flush: (request) => {
        this.isUnread = true;
        link.flush(request);
      },
      isBlocked: () => link.isBlocked,
    });
  }

  get stats(): ClientStats {
    return {
      calls: this.calls,
      resyncs: Math.max(0, this.syncs - 1),
      bytesDiscarded: this.link.received - this.used - this.link.pending,
      lateReplies: this.lateReplies,
    };
  }

  /** Starts the transport and synchronises. Where that fails it closes. */
  async open({ timeoutMs = CONNECT_MS, signal }: ClientOptions): Promise<void> {
    const options = { timeoutMs, signal };
    try {
      // Where they are wrong nothing is started.
      this.patience(options);
      this.link.start();
      await this.sync(options);
    } catch (error) {
      await this.close(this.drainMs(error));
      throw error;
    }
  }

  /** How long to read on after connecting failed so: an agent that had all the time is not given much more. */
  private drainMs(error: unknown): number {
    if (!(error instanceof CallError) || error.code !== "GW_ERR_TIMEOUT") return DRAIN_MS;
    return this.link.received > 0 ? LATE_DRAIN_MS : 0;
  }

  /** Synchronises, needed or not. */
  async sync(options: CallOptions): Promise<void> {
    await this.enqueue(null, this.patience(options));
  }

  async execute(command: string, args: object | undefined, options: CallOptions): Promise<unknown> {
    // First of all: it runs toJSON of the caller's, which may abort or close.
    const json = argumentsAsJson(command, args);
    const patience = this.patience(options);
    const silenceMs = checkMs("silenceMs", options.silenceMs ?? (this.silent.has(command) ? SILENCE_MS : 0));
    const value = await this.enqueue({ command, arguments: json, silenceMs }, patience);
    if (command === "guest-info") this.learn(value);
    return value;
  }

  observe(observer: Observer): () => void {
    return this.observers.add(observer);
  }

  close(drainMs = DRAIN_MS): Promise<void> {
    this.closing ??= this.shutDown(drainMs);
    return this.closing;
  }

  private async shutDown(drainMs: number): Promise<void> {
    this.rejectAll("GW_ERR_CLOSED", "the client is closed");
    // An agent can take it ill when its replies are not read (PROTOCOL 8.3).
    if (this.isUnread && this.link.isUp && drainMs > 0) {
      await this.enqueue(null, { timeoutMs: drainMs, isDefault: false }).catch(() => {});
    }
    await this.link.close();
  }

  private patience({ timeoutMs, signal }: CallOptions): Patience {
    signal?.throwIfAborted();
    if (this.closing !== undefined) throw new CallError("GW_ERR_CLOSED", "the client is closed; connect again", false);
    if (this.state === "closed") {
      throw new CallError("GW_ERR_LINK", this.linkText("the link is closed"), false, this.link.failure);
    }
    return {
      timeoutMs: checkMs("timeoutMs", timeoutMs ?? this.callTimeoutMs),
      isDefault: timeoutMs === undefined,
      signal,
    };
  }

  // The line of calls

  private enqueue(request: Request | null, patience: Patience): Promise<unknown> {
    const call = new Call(this.clock, this.signals, request, patience, (ms) => this.giveUp(call, ms));
    this.queue.push(call);
    this.proceed();
    return call.answer;
  }

  /** Does what the first in line waits for. */
  private proceed(): void {
    const call = this.queue[0];
    if (this.link.isReading) return;
    if (call === undefined) {
      if (this.state === "syncing") this.lose();
    } else if (this.link.isUp && !call.begun) {
      if (call.request === null || this.state !== "ready") this.synchronise(call);
      else this.begin(call, call.request);
    }
  }

  private synchronise(call: Call): void {
    call.begun = call.request === null;
    if (this.state === "syncing") return;
    this.become("syncing");
    this.synchroniser.start();
  }

  private begin(call: Call, request: Request): void {
    const args = request.arguments === undefined ? "" : `,"arguments":${request.arguments}`;
    this.calls++;
    call.begun = true;
    call.id = this.ids === "refused" ? undefined : `${this.prefix}${this.calls}`;
    const id = call.id === undefined ? "" : `,"id":"${call.id}"`;
    this.isUnread = true;
    this.link.send(`{"execute":${JSON.stringify(request.command)}${args}${id}}\n`);
    this.listen();
  }

  /** Silence says something of a request that the channel has taken. */
  private listen(): void {
    const call = this.current();
    const silenceMs = call?.request?.silenceMs ?? 0;
    if (call === undefined || silenceMs === 0 || this.link.isBlocked) return;
    call.expectSilence(silenceMs, () => this.silence(call));
  }

  /** The call that waits for a line, where there is one. */
  private current(): Call | undefined {
    const call = this.queue[0];
    return this.state === "ready" && call !== undefined && call.begun ? call : undefined;
  }

  private leave(call: Call): void {
    const at = this.queue.indexOf(call);
    if (at >= 0) this.queue.splice(at, 1);
  }

  private resolve(call: Call, value: unknown): void {
    this.leave(call);
    call.resolve(value);
  }

  private reject(call: Call, error: unknown): void {
    this.leave(call);
    call.reject(error);
  }

  private rejectAll(code: ErrorCode, why: string): void {
    if (this.current() !== undefined) this.lose();
    for (let call = this.queue[0]; call !== undefined; call = this.queue[0]) {
      this.reject(call, this.error(call, code, why));
    }
  }

  /** Its caller waits no more: so many milliseconds have passed, or it aborted. */
  private giveUp(call: Call, ms: number | null): void {
    // A signal of somebody's own may abort more than once.
    if (!this.queue.includes(call)) return;
    const wasOnItsWay = this.current() === call;
    const error = ms === null ? undefined : this.timeOut(call, ms);
    this.leave(call);
    if (error === undefined) call.abort();
    else call.reject(error);
    if (wasOnItsWay) this.lose(error);
    this.proceed();
  }

  /** Nothing was heard of a command that answers failure only: it is done, as far as one can know. */
  private silence(call: Call): void {
    // It was sent again, and has not left.
    if (this.link.isBlocked) return;
    this.isUnread = false;
    this.resolve(call, undefined);
    this.lose();
    this.proceed();
  }

  // Lines

  private line(bytes: Uint8Array, delimited: boolean): void {
    const size = bytes.length + (delimited ? 2 : 1);
    const call = this.current();
    if (this.state === "syncing") {
      this.searched(bytes, delimited, size);
    } else if (call !== undefined) {
      this.answered(call, readReply(bytes), size);
    } else {
      if (mayHold(bytes, [this.prefix])) this.countLate(readReply(bytes));
      this.unasked();
    }
  }

  /** A line of those among which the answer to a synchronisation is looked for. There may be a lot of them. */
  private searched(bytes: Uint8Array, delimited: boolean, size: number): void {
    if (!mayHold(bytes, ["return", "error"])) return;
    const reply = readReply(bytes);
    const outcome = this.synchroniser.line(reply, delimited);
    if (outcome === "synced") this.synced(size);
    else if (outcome === "refused") this.refused();
    else this.countLate(reply);
  }

  private settled(): void {
    // What begins before it was asked for must not be taken for the beginning of the next answer.
    if (this.link.pending > 0 && this.current() === undefined) this.unasked();
    this.proceed();
  }

  private synced(size: number): void {
    const call = this.queue[0];
    this.used += size;
    this.syncs++;
    this.ids = "unknown";
    this.isUnread = false;
    this.become("ready");
    if (call?.request === null && call.begun) this.resolve(call, undefined);
  }

  private refused(): void {
    const call = this.queue[0];
    const why = "the agent has neither guest-sync-delimited nor guest-sync enabled";
    this.isUnread = false;
    if (call !== undefined) this.reject(call, this.error(call, "GW_ERR_SYNC", why));
    this.lose();
  }

  private answered(call: Call, reply: Reply, size: number): void {
    if (reply.kind === "noise") {
      this.distrust(call, `what came is no reply: ${reply.why}`);
    } else if (reply.id !== call.id) {
      if (reply.id !== undefined) this.countLate(reply);
      else if (reply.kind === "error") this.misunderstood(call, reply, size);
      else this.distrust(call, "what came lacks the call's id");
    } else if (reply.kind === "error" && reply.id === undefined && UNREAD.test(reply.desc)) {
      this.distrust(call, `the agent did not understand it: ${reply.desc}`);
    } else {
      if (call.id !== undefined) this.ids = "echoed";
      this.used += size;
      this.isUnread = false;
      if (reply.kind === "return") this.resolve(call, reply.value);
      else this.reject(call, new AgentError(call.command, reply.errorClass, reply.desc));
    }
  }

  /** An error without the call's id: the request did not arrive whole, or the agent does not know ids. */
  private misunderstood(call: Call, { desc }: Failure, size: number): void {
    if (this.ids === "unknown" && desc.includes("'id' is unexpected")) {
      // It was refused before it ran, so it can be sent again.
      this.ids = "refused";
      this.used += size;
      call.begun = false;
    } else {
      this.distrust(call, `the agent did not understand it: ${desc}`);
    }
  }

  private sentinel(dropped: number): void {
    const call = this.current();
    if (call === undefined) {
      this.unasked();
      return;
    }
    // Without ids nothing else tells the answer to a sync from this call's.
    const isForeign = call.id === undefined && call.command !== "guest-sync-delimited";
    if (dropped > 0) this.distrust(call, "the reply was cut off");
    else if (isForeign) this.distrust(call, "0xFF came in its place");
  }

  private overlong(): void {
    const call = this.current();
    if (call === undefined) this.unasked();
    else this.distrust(call, `the reply has more than ${this.replyBytes} bytes; raise replyBytes`);
  }

  /** What comes to no call is out of step. */
  private unasked(): void {
    if (this.state === "ready") this.lose(new Error("the agent sent what nobody asked for"));
  }

  /** What comes cannot be trusted any more. */
  private distrust(call: Call, why: string): void {
    const error = this.error(call, "GW_ERR_REPLY", why);
    this.reject(call, error);
    this.lose(error);
  }

  private countLate(reply: Reply): void {
    if (reply.kind === "noise" || typeof reply.id !== "string" || !reply.id.startsWith(this.prefix)) return;
    this.lateReplies++;
    this.observers.tell({ type: "late", id: reply.id });
  }

  /** Which commands draw no reply on success. */
  private learn(info: unknown): void {
    const listed = (info as { supported_commands?: unknown } | null)?.supported_commands;
    if (!Array.isArray(listed)) return;
    for (const command of listed as ({ name?: unknown; "success-response"?: unknown } | null)[]) {
      if (typeof command?.name === "string" && command["success-response"] === false) this.silent.add(command.name);
    }
  }

  // The link

  private drained(): void {
    this.synchroniser.drained();
    this.listen();
  }

  private linkLost(error?: Error): void {
    this.isUnread = false;
    this.endWaiting();
    this.lose(error);
    // There is nothing left to read for.
    if (this.closing !== undefined) this.rejectAll("GW_ERR_LINK", this.linkText("the link died"));
  }

  private linkReopened(): void {
    this.lose();
    this.proceed();
  }

  private linkClosed(error?: Error): void {
    this.endWaiting();
    this.synchroniser.stop();
    this.become("closed", error);
    this.rejectAll("GW_ERR_LINK", this.linkText("the link is closed"));
  }

  /** The link died under the call that is on its way. */
  private endWaiting(): void {
    const call = this.current();
    if (call === undefined) return;
    const isSilent = call.request !== null && call.request.silenceMs > 0;
    if (isSilent && !this.link.isBlocked) this.resolve(call, undefined);
    else this.reject(call, this.error(call, "GW_ERR_LINK", this.linkText("the link died")));
  }

  // States

  private lose(error?: Error): void {
    if (this.state !== "ready" && this.state !== "syncing") return;
    this.synchroniser.stop();
    const call = this.queue[0];
    // It waits for another round.
    if (call?.request === null) call.begun = false;
    this.become("lost", error);
  }

  private become(state: ClientState, error?: Error): void {
    this.state = state;
    const reason = error === undefined ? "" : `: ${error.message}`;
    this.logger.log(state === "lost" ? "warning" : "info", "general", `client ${state}${reason}`);
    this.observers.tell(error === undefined ? { type: "state", state } : { type: "state", state, error });
  }

  // What is said about it

  private error(call: Call, code: ErrorCode, why: string): CallError {
    const sent = call.begun && call.request !== null;
    return new CallError(code, `${call.command}: ${why}`, sent, this.link.failure);
  }

  private timeOut(call: Call, ms: number): CallError {
    const within = `within ${ms} ms`;
    let why = `its turn did not come ${within}`;
    if (this.current() === call) why = `no answer ${within}; it may still run`;
    else if (!this.link.isUp) why = this.linkText(`no link ${within}`);
    else if (this.link.isBlocked) why = `the channel takes no bytes; waited ${ms} ms`;
    else if (this.state === "syncing") why = `the agent answered none of ${this.synchroniser.attempts} syncs ${within}`;
    return this.error(call, "GW_ERR_TIMEOUT", why);
  }

  private linkText(what: string): string {
    const { failure } = this.link;
    return failure === undefined ? what : `${what}: ${failure.message}`;
  }
}

/** Whether it holds what JSON would leave out, or write as an array. */
function isNoObject(args: object): boolean {
  return Array.isArray(args) || typeof args === "function" || args instanceof Map || args instanceof Set;
}

/** Throws GW_ERR_ARGUMENTS where it is no JSON object. */
function argumentsAsJson(command: string, args: object | undefined): string | undefined {
  if (args === undefined) return undefined;
  let json: string | undefined;
  let cause: unknown;
  try {
    if (!isNoObject(args)) json = formatJson(args);
  } catch (error) {
    cause = error;
  }
  if (json?.startsWith("{")) return json;
  throw new CallError("GW_ERR_ARGUMENTS", `${command}: arguments must be an object that JSON can hold`, false, cause);
}
