// The console in somebody's own page, with an agent whose commands have choices, odd names, and replies of any depth.

import { createAgent } from "guestwire";
import type { Transport } from "guestwire/client";
import { GuestwireConsole } from "guestwire/console";
import introspect from "guestwire/introspect";
import { defineCommand, definePlugin } from "guestwire/plugin";
import { transportPair } from "guestwire/testing";
import { offer } from "./offer.ts";

/** No agent of ours writes as deep as that: it says how deep, and the channel makes it so. */
const DEEP = /"deep (\d+)"/;

/** What the console sends for a person. */
const CALL = /"(pick|other|count|odd|deep|wide)".*/;
const requests: string[] = [];

const commands = [
  defineCommand({ name: "pick", arguments: { unit: { enum: ["ms", "s", "h"] } }, returns: "any", run: (args) => args }),
  defineCommand({
    name: "other",
    arguments: { "kind?": { enum: ["k1", "k2", "k3"] } },
    returns: "any",
    run: (args) => args,
  }),
  defineCommand({ name: "count", arguments: { n: "int" }, returns: "any", run: (args) => args }),
  defineCommand({ name: "odd", arguments: { constructor: "str" }, returns: "any", run: (args) => args }),
  defineCommand({ name: "deep", arguments: { n: "int" }, returns: "str", run: ({ n }) => `deep ${n}` }),
  defineCommand({ name: "wide", arguments: {}, returns: "any", run: () => branches(9) }),
];

/** Three of three of three …, so many levels. */
function branches(levels: number): unknown {
  return levels === 0 ? 1 : Array.from({ length: 3 }, () => branches(levels - 1));
}

function channel(): Transport {
  const pair = transportPair();
  createAgent({ plugins: [introspect, definePlugin({ name: "forms", api: 1, commands })] }).serve(pair.agent);
  const { client } = pair;
  return {
    start: (receiver) =>
      client.start({
        data: (bytes) => receiver.data(deepened(bytes)),
        drained: () => receiver.drained(),
        ended: () => receiver.ended(),
        lost: (error) => receiver.lost(error),
        reopened: () => receiver.reopened(),
        closed: (error) => receiver.closed(error),
      }),
    write: (bytes) => {
      const called = CALL.exec(new TextDecoder().decode(bytes));
      if (called !== null) requests.push(called[0]);
      return client.write(bytes);
    },
    pause: () => client.pause(),
    resume: () => client.resume(),
    close: () => client.close(),
  };
}

function deepened(bytes: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(bytes);
  const depth = Number(DEEP.exec(text)?.[1] ?? 0);
  if (depth === 0) return bytes;
  return new TextEncoder().encode(text.replace(DEEP, `${'{"a":['.repeat(depth / 2)}7${"]}".repeat(depth / 2)}`));
}

const element = new GuestwireConsole();
element.transport = channel;
document.body.append(element);
void element.connect();

offer({
  /** The oldest call that was sent and not taken yet. */
  async taken() {
    while (requests.length === 0) await new Promise((resolve) => setTimeout(resolve));
    return requests.shift();
  },
});
