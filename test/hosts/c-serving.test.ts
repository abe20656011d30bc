// The C host and its clients, on a socket and on standard input and output; also under the sanitizers.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { buildCHost, skipCHost } from "../c-host.ts";
import { FLUSHED, generic, sync, synced } from "../peer.ts";
import { MB, PING, PONG, runCHost, startCHost } from "./c-rig.ts";
import { Client, temporaryFolder } from "./rig.ts";

for (const which of ["plain", "sanitized"] as const) {
  /** Requests in a long row, in thousands: with sanitizers each takes twenty times as long. */
  const thousands = which === "plain" ? 400 : 120;
  let agent = "";
  if (!skipCHost) {
    before(() => {
      agent = buildCHost(which);
    });
  }

  test(
    `C host, ${which}: SIGTERM ends it also under load, and what has arrived is answered`,
    { skip: skipCHost },
    async (t) => {
      const { path, program } = await startCHost(t, agent);
      const flood = await Client.connect(path);
      let replies = 0;
      flood.socket.on("data", (bytes) => (replies += bytes.length / PONG.length));
      const closed = new Promise((resolve) => flood.socket.once("close", resolve));
      const bytes = Buffer.from(PING.repeat(2000));
      const sending = (async () => {
        while (!flood.socket.destroyed) await flood.send(bytes);
      })();
      await program.until(() => replies > 100_000, "the flood is served");
      const quiet = await Client.connect(path);
      assert.equal(await quiet.ask(PING), PONG);
      await quiet.send(sync(7));
      const served = replies;
      program.kill("SIGTERM");
      assert.equal(await quiet.until(synced(7)), FLUSHED + synced(7));
      assert.deepEqual(await program.ended, { status: 0, signal: null, stdout: "", stderr: "" });
      await Promise.all([sending, closed]);
      // What the two sockets held, and a few turns.
      assert.ok(replies - served < 100_000, `${replies - served} replies after the signal`);
      for (const client of [flood, quiet]) client.reset();
    },
  );

  test(`C host, ${which}: standard input and output`, { skip: skipCHost }, (t) => {
    assert.deepEqual(runCHost(agent, PING), { status: 0, stdout: PONG, stderr: "" });
    assert.deepEqual(runCHost(agent, "", "--stdio"), { status: 0, stdout: "", stderr: "" });
    assert.equal(
      runCHost(agent, `%${sync(1)}${PING}{"execute":`).stdout,
      generic("JSON parse error, stray '%'") + FLUSHED + synced(1) + PONG,
    );
    const many = Array.from(
      { length: thousands * 100 },
      (_, id) => `{"execute":"guest-sync","arguments":{"id":${id}}}`,
    ).join("\n");
    assert.ok(
      runCHost(agent, many).stdout ===
        Array.from({ length: thousands * 100 }, (_, id) => `{"return": ${id}}\n`).join(""),
    );
    const file = join(temporaryFolder(t), "requests");
    writeFileSync(file, PING);
    assert.equal(spawnSync("sh", ["-c", '"$0" <"$1" | cat', agent, file], { encoding: "latin1" }).stdout, PONG);
    // A reader that has had enough.
    const cut = spawnSync("bash", ["-c", '"$0" --limit errorsInRow=0 | head -c 1; echo "${PIPESTATUS[0]}"', agent], {
      input: "}".repeat(2 * MB),
      encoding: "latin1",
    });
    const broken = "guestwire-agent: replies cannot be written to standard output: Broken pipe\n";
    assert.deepEqual([cut.stdout, cut.stderr], ["{1\n", broken]);
  });

  test(`C host, ${which}: standard input and output that fail`, { skip: skipCHost }, () => {
    const unread = "guestwire-agent: requests cannot be read from standard input: ";
    const unwritten = "guestwire-agent: replies cannot be written to standard output: ";
    for (const [command, line] of [
      ['"$0" <&-', `${unread}Bad file descriptor\n`],
      ['"$0" </', `${unread}Is a directory\n`],
      [`echo '${PING}' | "$0" >&-`, `${unwritten}Bad file descriptor\n`],
      [`echo '${PING}' | "$0" >/dev/full`, `${unwritten}No space left on device\n`],
    ] as const) {
      const { status, stdout, stderr } = spawnSync("sh", ["-c", command, agent], { encoding: "latin1" });
      assert.deepEqual([status, stdout, stderr], [1, "", line], command);
    }
  });

  test(`C host, ${which}: its own command, done and failed`, { skip: skipCHost }, () => {
    const ask = (request: object): string => runCHost(agent, JSON.stringify(request)).stdout;
    const start = process.hrtime()[0];
    for (const unit of [{}, { unit: "s" }]) {
      const [, seconds] =
        /^\{"return": (\d+), "id": 1\}\n$/.exec(ask({ execute: "uptime-read", arguments: unit, id: 1 })) ?? [];
      assert.ok(Number(seconds) >= start && Number(seconds) <= process.hrtime()[0]);
    }
    const [, ms] = /^\{"return": (\d+)\}\n$/.exec(ask({ execute: "uptime-read", arguments: { unit: "ms" } })) ?? [];
    assert.ok(Number(ms) >= start * 1000);
    const wrong = generic(String.raw`uptime-read takes 'unit', which is \"s\" or \"ms\"`);
    for (const args of [{ unit: "h" }, { unit: 1 }, { unit: "s", more: 1 }, { Unit: "s" }]) {
      assert.equal(ask({ execute: "uptime-read", arguments: args }), wrong);
    }
    // Many in one go: what stands behind a command in the window waits until it is done.
    const count = 5000;
    const requests = Array.from({ length: count }, (_, id) => JSON.stringify({ execute: "uptime-read", id })).join("");
    const ids = runCHost(agent, requests)
      .stdout.trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { id: number }).id);
    assert.deepEqual(
      ids,
      Array.from({ length: count }, (_, id) => id),
    );
    assert.match(ask({ execute: "guest-info" }), /"name": "uptime-read", "success-response": true/);
  });

  test(`C host, ${which}: many clients, each with a session of its own`, { skip: skipCHost }, async (t) => {
    const { path } = await startCHost(t, agent);
    const clients = await Promise.all(Array.from({ length: 200 }, () => Client.connect(path)));
    await Promise.all(clients.map((client, i) => client.send(sync(i).slice(0, 30))));
    await Promise.all(
      clients.map(async (client, i) => {
        assert.equal(await client.ask(sync(i).slice(30), synced(i)), FLUSHED + synced(i));
      }),
    );
    for (const client of clients) client.reset();
  });

  test(`C host, ${which}: a client that never reads stalls itself and nobody else`, { skip: skipCHost }, async (t) => {
    const { path, program } = await startCHost(t, agent);
    const other = await Client.connect(path);
    assert.equal(await other.ask(PING), PONG);
    const stalled = await Client.connect(path);
    const requests = Array.from(
      { length: thousands * 1000 },
      (_, id) => `{"execute":"guest-sync","arguments":{"id":${id}}}\n`,
    );
    let sent = 0;
    const sending = (async () => {
      for (; sent < thousands; sent++) await stalled.send(requests.slice(sent * 1000, sent * 1000 + 1000).join(""));
    })();
    // It is stalled when others are served all the while and it gets nowhere.
    for (let last = -1; last !== sent;) {
      last = sent;
      for (let id = 0; id < 200; id++) assert.equal(await other.ask(sync(id), synced(id)), FLUSHED + synced(id));
    }
    assert.ok(sent < thousands);
    if (which === "plain") assert.ok(program.residentPeak() < 10 * MB);
    const expected = requests.map((_, id) => `{"return": ${id}}\n`).join("");
    assert.ok((await stalled.until(`{"return": ${thousands * 1000 - 1}}\n`)) === expected);
    await sending;
    for (const client of [stalled, other]) client.reset();
  });

  test(`C host, ${which}: what a client leaves behind goes with it`, { skip: skipCHost }, async (t) => {
    const { path, program } = await startCHost(t, agent);
    const stays = await Client.connect(path);
    assert.equal(await stays.ask(PING), PONG);
    const files = program.openFiles();
    for (let i = 0; i < 300; i++) {
      const client = await Client.connect(path);
      await client.send(['{"execute":"guest-pi', '{"execute":"guest-ping","id":[', "{".repeat(1000)][i % 3] ?? "");
      if (i % 2 === 0) client.reset();
      else client.end();
      if (i % 2 === 1) assert.equal(await client.rest(), "");
    }
    const next = await Client.connect(path);
    assert.equal(await next.ask(`}${PING}`, PONG), generic("JSON parse error, expecting value") + PONG);
    next.reset();
    await program.until(() => program.openFiles() <= files, "their connections are closed");
    stays.reset();
  });
}
