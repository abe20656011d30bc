// Ways to have a request answered in this process, each with a copy in and a copy out.

import { type AgentOptions, type Core, type Receiver, type Transport, createAgent } from "guestwire";

/** Answers requests. What comes out lies in `out` until the next call. */
export interface Answerer {
  readonly subject: string;
  readonly out: Uint8Array;
  /** Takes a chunk; returns how many bytes of replies it drew. */
  answer(chunk: Uint8Array): number;
}

/** More than the replies to any chunk of the benchmark. */
const OUT_BYTES = 131_072;

type CoreAgent = ReturnType<Core["start"]>;
type CoreSession = ReturnType<CoreAgent["open"]>;

/** Passes a core on and keeps what it starts: so one gets at an engine under an agent that has set it up. */
export class Tap {
  readonly core: Core;
  readonly started: CoreAgent[] = [];

  constructor(core: Core) {
    this.core = {
      name: core.name,
      start: (log) => {
        const agent = core.start(log);
        this.started.push(agent);
        return agent;
      },
    };
  }
}

/** An engine with the four commands, without the layers above it. */
export class EngineAnswerer implements Answerer {
  readonly subject: string;
  readonly out = new Uint8Array(OUT_BYTES);
  private readonly session: CoreSession;
  private length = 0;

  constructor(subject: string, core: Core) {
    this.subject = subject;
    const tap = new Tap(core);
    createAgent({ core: tap.core });
    const [agent] = tap.started;
    if (agent === undefined) throw new Error(`${subject} did not start`);
    this.session = agent.open((bytes) => {
      this.out.set(bytes, this.length);
      this.length += bytes.length;
      return true;
    });
  }

  answer(chunk: Uint8Array): number {
    this.length = 0;
    this.session.receive(chunk);
    return this.length;
  }
}

/** A whole agent on a transport in memory. */
export class AgentAnswerer implements Answerer, Transport {
  readonly subject: string;
  readonly out = new Uint8Array(OUT_BYTES);
  private receiver: Receiver | undefined;
  private length = 0;

  constructor(subject: string, core: Core, options: Omit<AgentOptions, "core"> = {}) {
    this.subject = subject;
    createAgent({ core, ...options }).serve(this);
  }

  start(receiver: Receiver): void {
    this.receiver = receiver;
  }

  write(bytes: Uint8Array): boolean {
    this.out.set(bytes, this.length);
    this.length += bytes.length;
    return true;
  }

  pause(): void {}

  resume(): void {}

  async close(): Promise<void> {
    this.receiver?.closed();
  }

  answer(chunk: Uint8Array): number {
    this.length = 0;
    this.receiver?.data(chunk);
    return this.length;
  }
}
