// An agent on one build of the core, and peers of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Agent, type AgentOptions, type Core, type HostCommand, createAgent } from "guestwire";
import { BUILDS } from "../engines.ts";
import { Peer } from "../peer.ts";

export interface Served {
  readonly agent: Agent;
  /** Log records so far: `LEVEL DOMAIN MESSAGE`. */
  readonly records: string[];
  connect(): Peer;
  /** What a new peer draws with these bytes. */
  ask(bytes: string): string;
}

function serve(core: Core, options: AgentOptions): Served {
  const records: string[] = [];
  const agent = createAgent({ core, logger: { log: (...record) => records.push(record.join(" ")) }, ...options });
  const connect = (): Peer => {
    const peer = new Peer();
    agent.serve(peer);
    return peer;
  };
  const ask = (bytes: string): string => {
    const peer = connect();
    peer.send(bytes);
    peer.hangUp();
    assert.deepEqual(peer.misuse, []);
    return peer.received;
  };
  return { agent, records, connect, ask };
}

/** A test on each build of the core, with an agent made from these options. */
export function onEachBuild(name: string, options: AgentOptions, run: (served: Served) => void | Promise<void>): void {
  for (const [build, core] of BUILDS) {
    test(`${name} (${build})`, async () => {
      const served = serve(core, options);
      await run(served);
      await served.agent.close();
      assert.deepEqual(
        served.records.filter((record) => record.startsWith("critical")),
        [],
      );
    });
  }
}

/** Options with these host commands. */
export function withCommands(...commands: HostCommand[]): AgentOptions {
  return { plugins: [{ name: "guestwire-plugin-test", api: 1, commands }] };
}

/** Lets what is settled by now reach its session. */
export async function ticks(): Promise<void> {
  for (let tick = 0; tick < 10; tick++) await undefined;
}

export const PING = '{"execute":"guest-ping"}\n';
export const PONG = '{"return": {}}\n';

/** The error reply with this description and the class that unknown and disabled commands have. */
export function notFound(desc: string): string {
  return `{"error": {"class": "CommandNotFound", "desc": "${desc}"}}\n`;
}

/** A request for a command without arguments. */
export function call(name: string): string {
  return `{"execute":"${name}"}\n`;
}
