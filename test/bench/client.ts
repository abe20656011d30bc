// The client: calls per second over a unix socket against a bare loop that writes the same bytes and waits for LF, and what
// a call costs by itself against encoding, decoding and JSON.parse of the same bytes.

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Receiver, Transport } from "guestwire";
import { type GuestClient, connect } from "guestwire/client";
import { connectUnix } from "guestwire/node";
import { RunningAgent, ourAgent, realAgent } from "./agents.ts";
import { atEnd } from "./cleanup.ts";
import { type Group, type Samples, figuresOf } from "./figures.ts";
import type { Tell } from "./progress.ts";
import { type Contender, race } from "./race.ts";

const CLIENT = "client.ping()";
const BARE = "bare socket loop";
const CODEC = "encode, decode, JSON.parse";
const BURSTS_PER_ROUND = 30;
/** Of each turn of each subject over the socket. */
const TURN_MS = 200;
/** As long as the client's are. */
const ID = "abcdefghijk-12345";
const REQUEST = `{"execute":"guest-ping","id":"${ID}"}\n`;
const REPLY = `{"return": {}, "id": "${ID}"}\n`;

/** Answers every request at once, in a task of its own, without an agent. */
class Echo implements Transport {
  private receiver: Receiver | undefined;

  start(receiver: Receiver): void {
    this.receiver = receiver;
  }

  write(bytes: Uint8Array): boolean {
    const request = Buffer.from(bytes).toString("latin1");
    const [, sync] = /^\xff.*"id":(\d+)/.exec(request) ?? [];
    const id = request.slice(request.lastIndexOf(":") + 1, request.lastIndexOf("}"));
    const reply = Buffer.from(
      sync === undefined ? `{"return": {}, "id": ${id}}\n` : `\xff{"return": ${sync}}\n`,
      "latin1",
    );
    queueMicrotask(() => this.receiver?.data(reply));
    return true;
  }

  pause(): void {}

  resume(): void {}

  async close(): Promise<void> {
    this.receiver?.closed();
  }
}

/** The client on a transport in memory. */
export async function measureClient(rounds: number, tell: Tell): Promise<Group> {
  const title = "a call of the client, without an agent";
  const transport = new Echo();
  const client = await connect(transport);
  const bursts = rounds * BURSTS_PER_ROUND;
  const samples = await race([caller(client), codec(), answerer()], bursts, (done) => tell(title, done / bursts));
  await client.close();
  const inMicroseconds = samples.map(({ subject, values }) => ({ subject, values: values.map((ns) => ns / 1000) }));
  return {
    title: `in process: ${title}`,
    unit: "µs",
    figures: figuresOf(inMicroseconds, "less", { [CLIENT]: { subject: CODEC } }),
  };
}

function caller(client: GuestClient): Contender {
  return {
    subject: CLIENT,
    async run(times) {
      for (let i = 0; i < times; i++) await client.ping();
    },
  };
}

/** What no client can do without. */
function codec(): Contender {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const reply = encoder.encode(REPLY);
  return {
    subject: CODEC,
    async run(times) {
      let bytes = 0;
      for (let i = 0; i < times; i++) {
        bytes += encoder.encode(REQUEST).length;
        const value = await Promise.resolve(JSON.parse(decoder.decode(reply)) as { id: string });
        if (value.id !== ID) throw new Error(`a reply with the id ${value.id}`);
      }
      if (bytes !== times * REQUEST.length) throw new Error(`${bytes} bytes were encoded`);
    },
  };
}

/** What the transport in memory costs, which is in the client's figure. */
function answerer(): Contender {
  const transport = new Echo();
  let answered = (): void => {};
  const other = (): void => {};
  transport.start({
    data: () => answered(),
    drained: other,
    ended: other,
    lost: other,
    reopened: other,
    closed: other,
  });
  const request = new TextEncoder().encode(REQUEST);
  return {
    subject: "the transport in memory alone",
    async run(times) {
      for (let i = 0; i < times; i++) {
        await new Promise<void>((resolve) => {
          answered = resolve;
          transport.write(request);
        });
      }
    },
  };
}

/** The client against a bare loop, on our agent and on QEMU's where it is installed. */
export async function measureClientSockets(rounds: number, tell: Tell): Promise<Group[]> {
  const folder = mkdtempSync(join(tmpdir(), "guestwire-bench-"));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  const forget = atEnd(removeFolder);
  const groups: Group[] = [];
  try {
    for (const program of [ourAgent("js"), realAgent()]) {
      if (program === undefined) continue;
      const title = `a client on a unix socket, guest-ping, one at a time, ${program.subject}`;
      const agent = await RunningAgent.start(program, folder);
      try {
        const samples: (Samples & { readonly values: number[] })[] = [
          { subject: CLIENT, values: [] },
          { subject: BARE, values: [] },
        ];
        // The first round is for the compilers.
        for (let round = -1; round < rounds; round++) {
          tell(title, (round + 1) / (rounds + 1));
          const rates = [await clientRate(agent.socket), await bareRate(agent.socket)];
          if (round >= 0) for (const [n, rate] of rates.entries()) samples[n]?.values.push(rate);
        }
        groups.push({ title, unit: "/s", figures: figuresOf(samples, "more", { [CLIENT]: { subject: BARE } }) });
      } finally {
        await agent.stop();
      }
    }
    return groups;
  } finally {
    removeFolder();
    forget();
  }
}

async function clientRate(path: string): Promise<number> {
  const client = await connect(await connectUnix(path));
  try {
    return await rateOf(() => client.ping());
  } finally {
    await client.close();
  }
}

async function bareRate(path: string): Promise<number> {
  const socket = connectSocket(path);
  await once(socket, "connect");
  let answered = (): void => {};
  socket.on("data", (bytes) => {
    if (bytes.at(-1) === 0x0a) answered();
  });
  try {
    return await rateOf(
      () =>
        new Promise<void>((resolve) => {
          answered = resolve;
          socket.write(REQUEST);
        }),
    );
  } finally {
    socket.end();
    await once(socket, "close");
  }
}

/** How often it is done in a second, one after the other. */
async function rateOf(ask: () => Promise<void>): Promise<number> {
  const start = performance.now();
  for (let count = 1; ; count++) {
    await ask();
    const ms = performance.now() - start;
    if (ms >= TURN_MS) return (count * 1000) / ms;
  }
}
