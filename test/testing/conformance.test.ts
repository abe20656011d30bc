// The corpus as a function: it passes an agent, and says what is wrong with one that answers otherwise, or not at all.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type AgentOptions, createAgent, traced, type Transport } from "guestwire";
import { wasm } from "guestwire/wasm";
import { type Chunking, runConformance, transportPair } from "guestwire/testing";

/** What connects to fresh sessions of an agent. */
function connector(options: AgentOptions, chunk?: Chunking): () => Transport {
  const agent = createAgent(options);
  return () => {
    const pair = transportPair(chunk === undefined ? {} : { chunk });
    agent.serve(pair.agent);
    return pair.client;
  };
}

const UNCAPPED = { limits: { errorsInRow: 0 } };

test("an agent passes all cases, and each is told", async () => {
  const told: (readonly [number, number])[] = [];
  const onProgress = (done: number, total: number): number => told.push([done, total]);
  assert.deepEqual(await runConformance(connector(UNCAPPED), { onProgress }), { passed: 795, failed: [] });
  assert.equal(told.length, 795);
  assert.deepEqual(
    [told[0], told.at(-1)],
    [
      [1, 795],
      [795, 795],
    ],
  );
});

for (const chunk of [1, { seed: 1 }]) {
  test(`an agent passes all cases, chunks: ${JSON.stringify(chunk)}`, async () => {
    const connect = connector({ core: wasm, ...UNCAPPED }, chunk);
    assert.deepEqual(await runConformance(connect), { passed: 795, failed: [] });
  });
}

test("what an agent answers otherwise is listed with both answers", async () => {
  const { passed, failed } = await runConformance(
    connector({ ...UNCAPPED, version: "1", policy: { block: ["guest-ping"] } }),
  );
  assert.ok(failed.length > 100);
  assert.equal(passed + failed.length, 795);
  const ping = failed.find(({ name }) => name === "request/ping");
  assert.match(ping?.expected ?? "", /^\{"return": \{\}\}\n/);
  assert.match(ping?.got ?? "", /Command guest-ping has been disabled/);
});

test("a case that is not answered in time is one that fails; so does one whose session ends", async () => {
  const connect = connector(UNCAPPED);
  let sessions = 0;
  const some = (): Transport => {
    const transport = connect();
    sessions++;
    if (sessions > 2) return transport;
    let syncs = 0;
    // The second sync never gets there: the first time nothing else happens, the second time the session is closed.
    const write = (bytes: Uint8Array): boolean => {
      if (!Buffer.from(bytes).includes("guest-sync-delimited") || ++syncs === 1) return transport.write(bytes);
      if (sessions === 2) void transport.close();
      return true;
    };
    return { ...traced(transport, () => {}), write };
  };
  const { failed } = await runConformance(some, { timeoutMs: 300 });
  assert.equal(failed.length, 2);
});

test("an agent that does not answer, and a transport that cannot be had, end the run", async () => {
  await assert.rejects(
    runConformance(() => transportPair().client, { timeoutMs: 10 }),
    /^Error: the agent does not answer guest-sync-delimited, but ""; case /,
  );
  const blocked = connector({ policy: { block: ["guest-sync-delimited"] } });
  await assert.rejects(runConformance(blocked, { timeoutMs: 100 }), /but ".*has been disabled/);
  await assert.rejects(
    runConformance(() => Promise.reject(new Error("no socket"))),
    /^Error: no socket$/,
  );
});
