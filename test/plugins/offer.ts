// Arguments offered to a command that declares what it takes, and what becomes of them.

import assert from "node:assert/strict";
import { createAgent } from "guestwire";
import type { HostCommand } from "guestwire/plugin";
import { ENGINES } from "../engines.ts";
import { Peer } from "../peer.ts";

/** The text of the error, or the arguments as they arrived. */
export type Outcome = { readonly desc: string } | { readonly args: unknown };

/** Offers these arguments, as JSON, to a command of the name that declares so; on both engines, which must agree. */
export async function offer(declared: HostCommand["arguments"], json: string, name = "test-take"): Promise<Outcome> {
  const outcomes = await Promise.all(ENGINES.map(([, core]) => offerOn(core, declared, json, name)));
  assert.deepEqual(outcomes[1], outcomes[0]);
  return outcomes[0]!;
}

async function offerOn(
  core: (typeof ENGINES)[0][1],
  declared: HostCommand["arguments"],
  json: string,
  name: string,
): Promise<Outcome> {
  const arrived: unknown[] = [];
  const command: HostCommand = {
    name,
    ...(declared === undefined ? {} : { arguments: declared }),
    run: (args) => void arrived.push(args),
  };
  const agent = createAgent({ core, standard: false, plugins: [{ name: "test", api: 1, commands: [command] }] });
  const peer = new Peer();
  agent.serve(peer);
  peer.send(latin1(`{"execute":"${name}","arguments":${json}}`));
  for (let turn = 0; peer.received === "" && turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  const reply = peer.take();
  peer.hangUp();
  await agent.close();
  if (reply === '{"return": {}}\n') {
    assert.equal(arrived.length, 1);
    return { args: arrived[0] };
  }
  assert.deepEqual(arrived, [], "a command that is refused does not run");
  const { error } = JSON.parse(reply) as { error: { class: string; desc: string } };
  assert.equal(error.class, "GenericError");
  return { desc: error.desc };
}

/** The bytes of a text as UTF-8, each as a character. */
export function latin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}
