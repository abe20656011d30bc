// A channel that does to bytes what channels do, and worse, at the places that a plan names. It stays when a client or an
// agent goes: whoever comes next finds what was left on it, as on a virtio port.

import type { Clock, Receiver, Transport } from "guestwire";
import { Ear } from "./ear.ts";

/** What happens to the channel. Bytes are in latin-1. */
export type Fault =
  /** The link breaks and is there again later, to another agent; the client is told. */
  | { readonly what: "lost"; readonly ms: number }
  /** The agent is killed, and another one started later; nobody tells the client. Requests wait for it. */
  | { readonly what: "restart"; readonly ms: number }
  /** The link breaks for good. */
  | { readonly what: "close" }
  /** The agent's side ends. */
  | { readonly what: "end" }
  /** So many of the next bytes are lost. */
  | { readonly what: "swallow"; readonly bytes: number }
  /** So many of the last bytes come once more. */
  | { readonly what: "repeat"; readonly bytes: number }
  /** These bytes come that nobody sent. */
  | { readonly what: "inject"; readonly bytes: string }
  /** The line so many lines ago comes once more. */
  | { readonly what: "replay"; readonly back: number }
  /** Nothing moves for a while. */
  | { readonly what: "stall"; readonly ms: number }
  /** Writes of the client are refused for a while. */
  | { readonly what: "block"; readonly ms: number };

export type Side = "agent" | "client";

/** A fault when so many bytes have passed in this direction. */
export interface Planned {
  readonly to: Side;
  readonly at: number;
  /** Only when the next byte is there: what is injected then comes before a reply, not behind the last one. */
  readonly isLate: boolean;
  readonly fault: Fault;
}

/** Where agents come from. */
export interface Server {
  /** Has an agent serve this transport, now or a little later. */
  serve(transport: Transport): void;
  /** Kills the agent, where cutting its transport is not enough. */
  kill?(): void;
}

const LF = 0x0a;

/** How much a lane remembers, to say it again. */
const MEMORY = 4000;

/** One direction. */
class Lane {
  /** Bytes so far. */
  passed = 0;
  /** Bytes up to the end of each line. */
  readonly ends: number[] = [];
  /** What went through last. */
  memory = "";
  /** Nobody is at its end: what comes waits. */
  isShut = true;
  private isStalled = false;
  private readonly clock: Clock;
  private readonly deliver: (bytes: Uint8Array, isOwn: boolean) => void;
  private readonly strike: (fault: Fault) => void;
  private readonly chunkBytes: number;
  private plan: Planned[];
  private queue: Buffer[] = [];
  private swallowing = 0;
  private scheduled = false;

  constructor(
    clock: Clock,
    plan: readonly Planned[],
    chunkBytes: number,
    deliver: (bytes: Uint8Array, isOwn: boolean) => void,
    strike: (fault: Fault) => void,
  ) {
    this.clock = clock;
    this.plan = plan.toSorted((one, other) => one.at - other.at);
    this.chunkBytes = chunkBytes;
    this.deliver = deliver;
    this.strike = strike;
  }

  push(bytes: Uint8Array): void {
    this.queue.push(Buffer.from(Uint8Array.from(bytes)));
    this.pump();
  }

  pump(): void {
    if (this.scheduled || this.isShut || this.isStalled || this.queue.length === 0) return;
    this.scheduled = true;
    this.clock.after(0, () => {
      this.scheduled = false;
      this.run();
    });
  }

  private run(): void {
    while (!this.isShut && !this.isStalled) {
      const [next] = this.plan;
      const [chunk] = this.queue;
      if (next !== undefined && next.at <= this.passed && !(next.isLate && chunk === undefined)) {
        this.plan.shift();
        this.strike(next.fault);
      } else if (chunk === undefined) {
        return;
      } else {
        const room = Math.min(this.chunkBytes, next === undefined ? Infinity : next.at - this.passed);
        const part = chunk.subarray(0, room);
        if (part.length === chunk.length) this.queue.shift();
        else this.queue[0] = chunk.subarray(room);
        for (let end = part.indexOf(LF) + 1; end > 0; end = part.indexOf(LF, end) + 1)
          this.ends.push(this.passed + end);
        this.passed += part.length;
        this.pass(part);
      }
    }
  }

  private pass(part: Buffer): void {
    const lost = Math.min(this.swallowing, part.length);
    this.swallowing -= lost;
    if (part.length > lost) this.hand(part.subarray(lost).toString("latin1"), true);
  }

  /** Has these come now, which nobody sent. */
  inject(text: string): void {
    if (!this.isShut && text !== "") this.hand(text, false);
  }

  /** The bytes are garbled when it is done. */
  private hand(text: string, isOwn: boolean): void {
    this.memory = (this.memory + text).slice(-MEMORY);
    const bytes = Uint8Array.from(Buffer.from(text, "latin1"));
    this.deliver(bytes, isOwn);
    bytes.fill(0x5a);
  }

  swallow(bytes: number): void {
    this.swallowing += bytes;
  }

  /** What waits is lost. */
  clear(): void {
    this.queue = [];
    this.swallowing = 0;
  }

  stall(ms: number): void {
    this.isStalled = true;
    this.clock.after(ms, () => this.goOn());
  }

  private goOn(): void {
    this.isStalled = false;
    this.pump();
  }

  shut(isShut: boolean): void {
    this.isShut = isShut;
    this.pump();
  }

  /** Faults that last are over. */
  calm(): void {
    this.swallowing = 0;
    this.goOn();
  }

  /** No more faults. */
  heal(): void {
    this.plan = [];
    this.calm();
  }
}

/** The agent's end of the channel, as long as this agent lives. */
class AgentEnd implements Transport {
  private receiver: Receiver | undefined;
  private readonly channel: Channel;

  constructor(channel: Channel) {
    this.channel = channel;
  }

  start(receiver: Receiver): void {
    this.receiver = receiver;
    this.channel.agentCame(this);
  }

  data(bytes: Uint8Array): void {
    this.receiver?.data(bytes);
  }

  write(bytes: Uint8Array): boolean {
    this.channel.fromAgent(this, bytes);
    return true;
  }

  pause(): void {}

  resume(): void {}

  async close(): Promise<void> {
    this.die();
  }

  die(): void {
    const receiver = this.receiver;
    this.receiver = undefined;
    receiver?.closed();
  }
}

/** A client's end. */
class ClientEnd implements Transport {
  receiver: Receiver | undefined;
  private readonly channel: Channel;

  constructor(channel: Channel) {
    this.channel = channel;
  }

  start(receiver: Receiver): void {
    this.receiver = receiver;
    this.channel.clientCame();
  }

  write(bytes: Uint8Array): boolean {
    return this.channel.fromClient(this, bytes);
  }

  pause(): void {}

  resume(): void {}

  async close(): Promise<void> {
    this.hangUp();
  }

  hangUp(): void {
    const receiver = this.receiver;
    this.receiver = undefined;
    this.channel.clientWent(this);
    receiver?.closed();
  }
}

export class Channel {
  /** Lines that the client wrote, without those that begin with 0xFF. */
  requests = 0;
  /** Synchronisations that clients wrote. */
  syncs = 0;
  /** Bytes that the client was given. */
  received = 0;
  /** Faults so far. */
  strikes = 0;
  /** What the client said and heard. */
  ear = new Ear();
  /** Bytes were lost, or came that were not sent. */
  isDamaged = false;
  /** The agent may have been given something twice. */
  isRepeated = false;
  /** The agent may hold the half of a message. */
  isDirty = false;
  private readonly clock: Clock;
  private readonly server: Server;
  private readonly toAgent: Lane;
  private readonly toClient: Lane;
  private agent: AgentEnd | undefined;
  private client: ClientEnd | undefined;
  private isUp = true;
  private isOver = false;
  private isBlocked = false;

  constructor(clock: Clock, server: Server, plan: readonly Planned[], chunkBytes: number) {
    this.clock = clock;
    this.server = server;
    const lane = (to: Side, deliver: (bytes: Uint8Array, isOwn: boolean) => void): Lane =>
      new Lane(
        clock,
        plan.filter((planned) => planned.to === to),
        chunkBytes,
        deliver,
        (fault) => this.strike(to, fault),
      );
    this.toAgent = lane("agent", (bytes, isOwn) => {
      if (isOwn && bytes.includes(0xff)) this.isDirty = false;
      this.agent?.data(bytes);
    });
    this.toClient = lane("client", (bytes) => {
      this.received += bytes.length;
      this.ear.heard(Buffer.from(bytes).toString("latin1"));
      this.client?.receiver?.data(bytes);
    });
    this.startAgent();
  }

  /** Bytes so far in each direction. */
  get passed(): Readonly<Record<Side, number>> {
    return { agent: this.toAgent.passed, client: this.toClient.passed };
  }

  /** Bytes up to the end of each line that was told the client. */
  get ends(): readonly number[] {
    return this.toClient.ends;
  }

  /** A transport for the next client; the one before has gone. */
  open(): Transport {
    this.ear = new Ear();
    this.client = new ClientEnd(this);
    return this.client;
  }

  /** Ends the faults that struck and last; others may follow. */
  calm(): void {
    this.toAgent.calm();
    this.toClient.calm();
    this.unblock();
    this.comeBack();
    this.startAgent();
  }

  /** No more faults; what lasts is over when its time has come. */
  heal(): void {
    this.toAgent.heal();
    this.toClient.heal();
    this.unblock();
  }

  /** The agent goes, too. */
  end(): void {
    this.isOver = true;
    this.isUp = false;
    this.killAgent();
  }

  agentCame(agent: AgentEnd): void {
    if (agent === this.agent) this.toAgent.shut(false);
    else agent.die();
  }

  clientCame(): void {
    this.toClient.shut(false);
  }

  clientWent(client: ClientEnd): void {
    if (client === this.client) this.toClient.shut(true);
  }

  fromAgent(agent: AgentEnd, bytes: Uint8Array): void {
    if (agent === this.agent && this.isUp) this.toClient.push(bytes);
  }

  fromClient(client: ClientEnd, bytes: Uint8Array): boolean {
    if (bytes[0] === 0xff) this.syncs++;
    else this.requests++;
    if (client !== this.client) return true;
    this.ear.wrote(bytes);
    if (!this.isUp) return true;
    this.toAgent.push(bytes);
    return !this.isBlocked;
  }

  private strike(to: Side, fault: Fault): void {
    this.strikes++;
    const lane = to === "agent" ? this.toAgent : this.toClient;
    const damages = ["swallow", "repeat", "inject", "replay"].includes(fault.what);
    if (damages) this.isDamaged = true;
    if (damages && to === "agent") this.isDirty = true;
    if (["repeat", "replay"].includes(fault.what) && to === "agent") this.isRepeated = true;
    switch (fault.what) {
      case "lost":
        this.breakLink();
        this.clock.after(fault.ms, () => this.comeBack());
        this.client?.receiver?.lost(new Error("the cable was pulled"));
        return;
      case "restart":
        // What is on its way from it is lost where it was cut in the middle of writing that.
        if (to === "client") this.toClient.clear();
        this.killAgent();
        this.server.kill?.();
        // What is left of a request is the first that the next one reads.
        this.isDirty = /[^\n]$/.test(this.toAgent.memory);
        if (this.isDirty) this.isDamaged = true;
        this.clock.after(fault.ms, () => this.startAgent());
        return;
      case "close":
      case "end":
        this.breakLink();
        this.clock.after(0, () => this.comeBack());
        if (fault.what === "end") this.client?.receiver?.ended();
        else this.client?.hangUp();
        return;
      case "swallow":
        lane.swallow(fault.bytes);
        return;
      case "repeat":
        lane.inject(lane.memory.slice(-fault.bytes));
        return;
      case "inject":
        lane.inject(fault.bytes);
        return;
      case "replay": {
        const lines = lane.memory.split("\n").slice(0, -1);
        const line = lines[lines.length - 1 - (fault.back % Math.max(1, lines.length))];
        if (line !== undefined) lane.inject(`${line}\n`);
        return;
      }
      case "stall":
        lane.stall(fault.ms);
        return;
      case "block":
        this.isBlocked = true;
        this.clock.after(fault.ms, () => this.unblock());
    }
  }

  private unblock(): void {
    if (!this.isBlocked) return;
    this.isBlocked = false;
    this.client?.receiver?.drained();
  }

  private breakLink(): void {
    this.isUp = false;
    this.isBlocked = false;
    this.ear.forget();
    this.toAgent.clear();
    this.toClient.clear();
    this.killAgent();
    this.isDirty = false;
  }

  private comeBack(): void {
    if (this.isUp || this.isOver) return;
    this.isUp = true;
    if (this.agent === undefined) this.startAgent();
    this.client?.receiver?.reopened();
  }

  private killAgent(): void {
    const agent = this.agent;
    this.agent = undefined;
    this.toAgent.shut(true);
    agent?.die();
  }

  private startAgent(): void {
    if (this.agent !== undefined || !this.isUp) return;
    this.agent = new AgentEnd(this);
    this.server.serve(this.agent);
  }
}
