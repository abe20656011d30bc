// All cases of the corpus on agent-wasi.wasm, over pipes: in the chunks of the case, and byte by byte where it is short.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadCorpus, matches } from "guestwire/testing";
import { cut, sync, synced } from "../peer.ts";
import { WasiProgram } from "../wasi.ts";

/** Shorter cases than this are sent byte by byte as well. */
const SHORT = 60;

test("the corpus on agent-wasi.wasm, over pipes", async (t) => {
  const cases = await loadCorpus();
  assert.equal(cases.length, 795);
  const program = new WasiProgram(t);
  let id = 1000;
  for (const one of cases) {
    const whole = one.send.join("");
    const ways = [one.send, ...(whole.length < SHORT ? [[...cut(whole, [1])]] : [])];
    for (const chunks of ways) {
      id += 2;
      // 0xFF leads the agent back to its starting state: all cases can share a session.
      await program.ask(sync(id), synced(id));
      for (const chunk of chunks) program.send(chunk);
      const got = await program.ask(sync(id + 1), synced(id + 1));
      const reply = got.slice(0, -synced(id + 1).length);
      if (!matches(one, reply)) assert.equal(reply, one.reply, one.name);
    }
  }
  assert.equal(await program.finish(), "");
  assert.equal(await program.ended, 0);
});
