// What an instance of the module takes for the longest message: it never shrinks, so this is what it goes on taking.

import { type Core, type Receiver, type Transport, createAgent } from "guestwire";
import { wasm } from "guestwire/wasm";
import { WINDOW_BYTES } from "../../core/codes.ts";
import { Tap } from "./answerers.ts";
import type { Bound, Figure, Group } from "./figures.ts";
import { cut } from "./messages.ts";
import type { Tell } from "./progress.ts";
import { RawExports } from "./raw-exports.ts";
import { moduleOf } from "./wasm-api.ts";

const HEAD = '{"execute":"guest-ping","id":"';
/** The limit messageBytes. */
const LONGEST_BYTES = 67_108_863;
/** The head of the reply is shorter than the request's. */
const REPLY_BYTES = LONGEST_BYTES + 1 - HEAD.length + '{"return": {}, "id": "'.length;
const MOST_MB = 160;
const TITLE = "memory after a message of 64 MB";

/** The longest message that is accepted, with a string as the id, which comes back. */
function longest(): Uint8Array[] {
  const bytes = Buffer.alloc(LONGEST_BYTES + 1, "s");
  bytes.write(HEAD);
  bytes.write('"}\n', LONGEST_BYTES - 2);
  return cut(bytes, WINDOW_BYTES);
}

/** Figures of both modules, and of the wasm engine when its session is over. */
export function measureMemory(tell: Tell): Group {
  tell(TITLE, 0);
  const message = longest();
  const figures = [
    ...instance("agent.wasm", new RawExports("agent.wasm", moduleOf("agent")), message),
    ...instance("agent-simd.wasm", new RawExports("agent-simd.wasm", moduleOf("agent-simd")), message),
    afterSession(wasm, message),
  ];
  return { title: TITLE, unit: "MB", figures };
}

function instance(name: string, module: RawExports, message: readonly Uint8Array[]): Figure[] {
  takeAll(module, message);
  const first = module.bytes;
  takeAll(module, message);
  const second = module.bytes;
  return [
    figure(name, first, { text: `≤ ${MOST_MB} MB`, holds: first <= MOST_MB * 1e6 }),
    figure(`${name}, after another one`, second, { text: "no more", holds: second <= first }),
  ];
}

function takeAll(module: RawExports, message: readonly Uint8Array[]): void {
  let bytes = 0;
  for (const chunk of message) bytes += module.answer(chunk);
  if (bytes !== REPLY_BYTES) throw new Error(`${module.subject} answered a message of 64 MB with ${bytes} bytes`);
}

/** What the engine holds beyond its start when the session with the message has ended and another one begins. */
function afterSession(core: Core, message: readonly Uint8Array[]): Figure {
  const tap = new Tap(core);
  const agent = createAgent({ core: tap.core });
  const line = new Line();
  agent.serve(line);
  for (const chunk of message) line.receiver?.data(chunk);
  line.receiver?.closed();
  agent.serve(new Line());
  const bytes = tap.started.at(-1)?.memory() ?? Number.NaN;
  return figure("wasm engine, session over, beyond its start", bytes, { text: "0 MB", holds: bytes === 0 });
}

function figure(subject: string, bytes: number, bound: Bound): Figure {
  return { subject, median: bytes / 1e6, best: bytes / 1e6, bound };
}

/** A transport that takes what comes. */
class Line implements Transport {
  receiver: Receiver | undefined;

  start(receiver: Receiver): void {
    this.receiver = receiver;
  }

  write(): boolean {
    return true;
  }

  pause(): void {}

  resume(): void {}

  async close(): Promise<void> {
    this.receiver?.closed();
  }
}
