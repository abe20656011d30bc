// Requests answered in this process, by both engines and by the module's bare exports, against what JSON.parse takes for the
// same bytes. The bounds are those of DESIGN.

import type { HostCommand } from "guestwire";
import { js } from "guestwire/core";
import { wasm, wasmFrom } from "guestwire/wasm";
import { WINDOW_BYTES } from "../../core/codes.ts";
import { AgentAnswerer, type Answerer, EngineAnswerer } from "./answerers.ts";
import { type Group, type Rival, type Samples, figuresOf } from "./figures.ts";
import { Parser, Responder } from "./json-users.ts";
import { type Message, burstMessage, shortMessages, stringMessage } from "./messages.ts";
import type { Tell } from "./progress.ts";
import { type Contender, race } from "./race.ts";
import { RawExports } from "./raw-exports.ts";
import { moduleOf } from "./wasm-api.ts";

/** A power of two. */
const SHORT_MESSAGES = 64;
/** As many as fit into the window of the module. */
const BURST_REQUESTS = 1300;
const STRING_BYTES = 1_000_000;
const BURSTS_PER_ROUND = 30;

const RAW = "wasm, raw exports";
const RAW_SCALAR = "wasm scalar, raw exports";
const ENGINE_WASM = "wasm engine";
const ENGINE_SCALAR = "wasm engine, scalar module";
const ENGINE_JS = "js engine";
const AGENT_WASM = "wasm, createAgent";
const AGENT_JS = "js, createAgent";

/** All groups of figures; `rounds` says how long to measure. */
export async function measureInProcess(rounds: number, tell: Tell): Promise<Group[]> {
  const bursts = rounds * BURSTS_PER_ROUND;
  return [
    await oneRequest(bursts, tell),
    await manyRequests(bursts, tell),
    await longString(bursts, tell),
    await hostCommands(bursts, tell),
  ];
}

async function oneRequest(bursts: number, tell: Tell): Promise<Group> {
  const title = "one request of 50 bytes to its reply";
  const messages = shortMessages(SHORT_MESSAGES);
  const samples = await measure(title, answerers(), () => messages, bursts, tell);
  return { title: `in process: ${title}`, unit: "ns", figures: figuresOf(samples, "less", rivals(1)) };
}

async function manyRequests(bursts: number, tell: Tell): Promise<Group> {
  const title = `${BURST_REQUESTS} such requests in one chunk, each`;
  const messages = [burstMessage(BURST_REQUESTS)];
  const samples = await measure(title, answerers(), () => messages, bursts, tell);
  const each = samples.map(({ subject, values }) => ({ subject, values: values.map((ns) => ns / BURST_REQUESTS) }));
  return { title: `in process: ${title}`, unit: "ns", figures: figuresOf(each, "less", rivals()) };
}

async function longString(bursts: number, tell: Tell): Promise<Group> {
  const title = "one string of 1 MB in chunks of 64 KB, to its end";
  const subjects: Answerer[] = [
    new RawExports(RAW, moduleOf("agent-simd")),
    new EngineAnswerer(ENGINE_WASM, wasm),
    new EngineAnswerer(ENGINE_SCALAR, wasmFrom(moduleOf("agent"))),
    new EngineAnswerer(ENGINE_JS, js),
    new Parser(),
  ];
  const inChunks = [stringMessage(STRING_BYTES, WINDOW_BYTES)];
  const whole = [stringMessage(STRING_BYTES, Number.MAX_SAFE_INTEGER)];
  const samples = await measure(title, subjects, (who) => (who instanceof Parser ? whole : inChunks), bursts, tell);
  const inMicroseconds = samples.map(({ subject, values }) => ({ subject, values: values.map((ns) => ns / 1000) }));
  const parser: Rival = { subject: Parser.subject };
  const figures = figuresOf(inMicroseconds, "less", {
    [RAW]: { ...parser, least: 5 },
    [ENGINE_WASM]: { ...parser, least: 5 },
    [ENGINE_SCALAR]: parser,
    [ENGINE_JS]: parser,
  });
  return { title: `in process: ${title}`, unit: "µs", figures };
}

/** guest-sync as the core has it, and as commands in the host's JavaScript that do the same. */
async function hostCommands(bursts: number, tell: Tell): Promise<Group> {
  const title = "such a request to a portable command, and to host commands";
  const messages = shortMessages(SHORT_MESSAGES);
  const run = ({ id }: Record<string, unknown>): unknown => id;
  const subjects: Answerer[] = [];
  const portables: Record<string, Rival> = {};
  for (const [engine, core] of [
    ["wasm", wasm],
    ["js", js],
  ] as const) {
    const portable = `${engine}, portable command`;
    subjects.push(new AgentAnswerer(portable, core));
    for (const [what, checked] of [
      ["host command", {}],
      ["host command, arguments checked", { arguments: { id: "int" } as const }],
    ] as const) {
      const subject = `${engine}, ${what}`;
      const commands: HostCommand[] = [{ name: "guest-sync", ...checked, run }];
      const plugins = [{ name: "guestwire-bench", api: 1, commands }];
      subjects.push(new AgentAnswerer(subject, core, { standard: false, plugins }));
      portables[subject] = { subject: portable };
    }
  }
  const samples = await measure(title, subjects, () => messages, bursts, tell);
  return { title: `in process: ${title}`, unit: "ns", figures: figuresOf(samples, "less", portables) };
}

function answerers(): Answerer[] {
  return [
    new RawExports(RAW, moduleOf("agent-simd")),
    new RawExports(RAW_SCALAR, moduleOf("agent")),
    new EngineAnswerer(ENGINE_WASM, wasm),
    new AgentAnswerer(AGENT_WASM, wasm),
    new Parser(),
    new EngineAnswerer(ENGINE_JS, js),
    new AgentAnswerer(AGENT_JS, js),
    new Responder(),
  ];
}

/** Whom each is held against, and the bound for those for which there is one. */
function rivals(least?: number): Record<string, Rival> {
  const bound = least === undefined ? {} : { least };
  const parser = { subject: Parser.subject, ...bound };
  const responder = { subject: Responder.subject, ...bound };
  return {
    [RAW]: parser,
    [RAW_SCALAR]: { subject: Parser.subject },
    [ENGINE_WASM]: parser,
    [AGENT_WASM]: parser,
    [ENGINE_JS]: responder,
    [AGENT_JS]: responder,
  };
}

function measure(
  title: string,
  subjects: readonly Answerer[],
  messagesFor: (subject: Answerer) => readonly Message[],
  bursts: number,
  tell: Tell,
): Promise<Samples[]> {
  const contenders = subjects.map((subject) => contenderOf(subject, messagesFor(subject)));
  return race(contenders, bursts, (done) => tell(title, done / bursts));
}

/** Has it answer these messages over and over; their number is a power of two. */
function contenderOf(answerer: Answerer, messages: readonly Message[]): Contender {
  const replyBytes = messages.map((message) => checkedReply(answerer, message).length)[0] ?? 0;
  const chunks = messages.map((message) => message.chunks);
  const mask = messages.length - 1;
  return {
    subject: answerer.subject,
    run(times) {
      let bytes = 0;
      for (let i = 0; i < times; i++) {
        for (const chunk of chunks[i & mask] ?? []) bytes += answerer.answer(chunk);
      }
      if (bytes !== times * replyBytes)
        throw new Error(`${answerer.subject} gave ${bytes} bytes for ${times} messages`);
    },
  };
}

/** Compares every byte, once; while the clock runs the replies are only counted. */
function checkedReply(answerer: Answerer, message: Message): string {
  let got = "";
  for (const chunk of message.chunks) {
    const length = answerer.answer(chunk);
    got += Buffer.from(answerer.out.subarray(0, length)).toString("latin1");
  }
  const wanted = wantedOf(answerer, message);
  if (got !== wanted) throw new Error(`${answerer.subject} answered ${got.slice(0, 200)}, not ${wanted.slice(0, 200)}`);
  return got;
}

function wantedOf(answerer: Answerer, message: Message): string {
  if (answerer instanceof Parser) return "";
  // JSON.stringify leaves no space where QEMU has one.
  return answerer instanceof Responder ? message.reply.replaceAll(": ", ":") : message.reply;
}
