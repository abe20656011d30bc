// An agent on a unix socket: its connections, its file, its end.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { type Agent, createAgent, GuestwireError } from "guestwire";
import { js } from "guestwire/core";
import { listenUnix } from "guestwire/node";
import { FLUSHED, sync, synced } from "../peer.ts";
import { CLI, Client, ENGINE_NAMES, Program, listens, startAgent, temporaryFolder } from "./rig.ts";

const PING = '{"execute":"guest-ping"}\n';
const PONG = '{"return": {}}\n';

function echo(id: string): string {
  return `{"execute":"guest-ping","id":"${id}"}\n`;
}

function echoed(id: string): string {
  return `{"return": {}, "id": "${id}"}\n`;
}

async function refusal(listening: Promise<unknown>): Promise<string> {
  let message = "";
  await assert.rejects(listening, (error) => {
    assert.ok(error instanceof GuestwireError);
    assert.equal(error.code, "GW_ERR_SOCKET");
    message = error.message;
    return true;
  });
  assert.doesNotMatch(message, /\n/);
  return message;
}

for (const core of ENGINE_NAMES) {
  test(`${core}: serves clients that come and go, and ends on SIGTERM and SIGINT`, async (t) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const { path, program } = await startAgent(t, "--core", core);
      for (let i = 0; i < 3; i++) {
        const client = await Client.connect(path);
        assert.equal(await client.ask(sync(i), synced(i)), FLUSHED + synced(i));
        assert.equal(await client.ask(PING), PONG);
        client.reset();
      }
      const idle = await Client.connect(path);
      program.kill(signal);
      assert.deepEqual(await program.ended, { status: 0, signal: null, stdout: "", stderr: "" });
      assert.equal(existsSync(path), false);
      assert.equal(await idle.rest(), "");
    }
  });

  test(`${core}: several connections at a time, each a session of its own`, async (t) => {
    const { path } = await startAgent(t, "--core", core);
    const clients = await Promise.all(Array.from({ length: 20 }, () => Client.connect(path)));
    // Each is in the middle of a message of its own while all others are.
    for (const [i, client] of clients.entries()) await client.send(echo(`client ${i}`).slice(0, 20 + i));
    for (const [i, client] of [...clients.entries()].toReversed()) {
      const reply = await client.ask(echo(`client ${i}`).slice(20 + i));
      assert.equal(reply, echoed(`client ${i}`));
    }
    for (const client of clients) client.reset();
  });

  test(`${core}: a client that ends its side still gets all replies, then the agent closes`, async (t) => {
    const { path } = await startAgent(t, "--core", core);
    const client = await Client.connect(path);
    await client.send(`${PING}${sync(7)}${echo("last")}{"execute":"guest-pi`);
    client.end();
    assert.equal(await client.rest(), PONG + FLUSHED + synced(7) + echoed("last"));
  });

  test(`${core}: so does one that sent far more than fits, and reads only then`, async (t) => {
    const { path } = await startAgent(t, "--core", core);
    const client = await Client.connect(path);
    const ids = Array.from({ length: 60 }, (_, i) => String(i).padStart(100_000, "0"));
    const sent = client.send(ids.map(echo).join(""));
    client.end();
    // More than the kernel and the session hold, so it waits until the replies are read.
    const other = await Client.connect(path);
    assert.equal(await other.ask(PING), PONG);
    const replies = await client.rest();
    await sent;
    assert.ok(replies === ids.map(echoed).join(""));
  });

  test(`${core}: what was sent before the signal is answered`, async (t) => {
    for (let i = 0; i < 5; i++) {
      const { path, program } = await startAgent(t, "--core", core);
      const old = await Client.connect(path);
      assert.equal(await old.ask(PING), PONG);
      const fresh = await Client.connect(path);
      await Promise.all([old.send(echo("old")), fresh.send(echo("new"))]);
      program.kill("SIGTERM");
      assert.deepEqual([await old.rest(), await fresh.rest()], [echoed("old"), echoed("new")]);
      assert.equal((await program.ended).status, 0);
      assert.equal(existsSync(path), false);
    }
  });

  test(`${core}: a reply that is half taken when the signal comes is sent to its end`, async (t) => {
    const { path, program } = await startAgent(t, "--core", core);
    const client = await Client.connect(path);
    const id = "x".repeat(8_000_000);
    await client.send(echo(id));
    program.kill("SIGTERM");
    const reply = await client.rest();
    assert.ok(reply === echoed(id), `${reply.length} bytes of ${echoed(id).length}`);
    assert.equal((await program.ended).status, 0);
  });

  test(`${core}: a client that takes nothing does not keep the agent from ending`, async (t) => {
    const { path, program } = await startAgent(t, "--core", core);
    const client = await Client.connect(path);
    void client.send(echo("x".repeat(8_000_000)).repeat(2));
    const half = await Client.connect(path);
    await half.send(echo("y".repeat(4_000_000)));
    half.end();
    const other = await Client.connect(path);
    assert.equal(await other.ask(PING), PONG);
    program.kill("SIGTERM");
    program.kill("SIGTERM");
    assert.deepEqual(await program.ended, { status: 0, signal: null, stdout: "", stderr: "" });
    assert.equal(existsSync(path), false);
    client.reset();
    half.reset();
  });

  test(`${core}: a client that goes with its replies unread is an ordinary disconnect`, async (t) => {
    const { path, program } = await startAgent(t, "--core", core, "-v");
    for (let i = 0; i < 20; i++) {
      const client = await Client.connect(path);
      await client.send(PING.repeat(i * 1000 + 1));
      client.reset();
    }
    const client = await Client.connect(path);
    assert.equal(await client.ask(PING), PONG);
    client.reset();
    program.kill("SIGTERM");
    const { status, stderr } = await program.ended;
    assert.equal(status, 0);
    assert.doesNotMatch(stderr, /error|critical|warning|ECONNRESET|EPIPE/);
  });
}

test("the socket that a dead agent left behind is replaced", async (t) => {
  const { path, program } = await startAgent(t);
  program.kill("SIGKILL");
  await program.ended;
  assert.equal(lstatSync(path).isSocket(), true);
  const next = new Program(t, process.execPath, [CLI, "agent", "-m", "unix-listen", "-p", path]);
  await listens(next, path);
  next.kill("SIGTERM");
  assert.equal((await next.ended).status, 0);
  assert.equal(existsSync(path), false);
});

test("of several agents that find the same leftover one serves, and the others say so", async (t) => {
  const { path, program } = await startAgent(t);
  program.kill("SIGKILL");
  await program.ended;
  const rivals = Array.from(
    { length: 4 },
    () => new Program(t, process.execPath, [CLI, "agent", "-m", "unix-listen", "-p", path]),
  );
  // Three of them end by themselves.
  const losers = new Set<Program>();
  for (const rival of rivals) void rival.ended.then(() => losers.add(rival));
  await listens(rivals[0] as Program, path).catch(() => {});
  while (losers.size < 3) await Promise.race(rivals.filter((rival) => !losers.has(rival)).map((rival) => rival.ended));
  for (const loser of losers) {
    assert.equal((await loser.ended).status, 1);
    assert.match(loser.stderr, /^guestwire: somebody (listens on|else keeps taking) [^\n]*\n$/);
  }
  const winner = rivals.find((rival) => !losers.has(rival)) as Program;
  await listens(winner, path);
  winner.kill("SIGTERM");
  assert.equal((await winner.ended).status, 0);
});

test("at the end only its own socket is removed", async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "socket");
  const replacements = {
    "a file": () => writeFileSync(path, "precious"),
    "a folder": () => mkdirSync(path),
    "another socket": () => createServer().listen(path).unref(),
  };
  for (const [what, put] of Object.entries(replacements)) {
    const agent = createAgent({ core: js });
    const listener = await listenUnix(agent, path);
    renameSync(path, join(folder, "moved"));
    put();
    const { ino } = lstatSync(path);
    await listener.close();
    await listener.close();
    await agent.close();
    assert.equal(lstatSync(path).ino, ino, what);
    rmSync(path, { recursive: true });
    rmSync(join(folder, "moved"));
  }
  assert.deepEqual(existsSync(path), false);
});

test("its own socket is removed although somebody changed its mode", async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const agent = createAgent({ core: js });
  const listener = await listenUnix(agent, path);
  spawnSync("chmod", ["666", path]);
  await listener.close();
  assert.equal(existsSync(path), false);
  await agent.close();
});

test("listenUnix rejects with GW_ERR_SOCKET and says what to do", async (t) => {
  const folder = temporaryFolder(t);
  const agent = createAgent({ core: js });
  t.after(() => agent.close());
  const at = (name: string): Promise<string> => refusal(listenUnix(agent, join(folder, name)));
  writeFileSync(join(folder, "file"), "precious");
  assert.match(await at("file"), /is a regular file, not a socket; remove it or choose another path/);
  assert.equal(readFileSync(join(folder, "file"), "utf8"), "precious");
  assert.match(await at("missing/socket"), /there is no folder .*missing; create it/);
  assert.match(await at("x".repeat(107)), /at most 107 bytes/);
  assert.match(await refusal(listenUnix(agent, "a\0b")), /without NUL/);
  const listener = await listenUnix(agent, join(folder, "socket"));
  assert.match(await at("socket"), /somebody listens on .*socket already/);
  await listener.close();
});

test("no permission for the folder", async (t) => {
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "closed"), { mode: 0o555 });
  mkdirSync(join(folder, "hidden"), { mode: 0o700 });
  const agent = createAgent({ core: js });
  t.after(() => agent.close());
  // Root may do everything, so it becomes somebody else for a moment.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  else chmodSync(join(folder, "hidden"), 0);
  try {
    for (const name of ["closed/socket", "hidden/socket"]) {
      const message = await refusal(listenUnix(agent, join(folder, name)));
      assert.match(message, /no permission for the socket .*; run as another user/);
    }
  } finally {
    if (isRoot) process.seteuid?.(0);
    else chmodSync(join(folder, "hidden"), 0o700);
  }
});

test("one agent on two sockets: each listener ends its own connections", async (t) => {
  const folder = temporaryFolder(t);
  const agent: Agent = createAgent({ core: js });
  const first = await listenUnix(agent, join(folder, "1"));
  const second = await listenUnix(agent, join(folder, "2"));
  const one = await Client.connect(join(folder, "1"));
  const two = await Client.connect(join(folder, "2"));
  assert.equal(await one.ask(PING), PONG);
  assert.equal(await two.ask(PING), PONG);
  assert.equal(agent.stats.sessions, 2);
  await first.close();
  assert.equal(await one.rest(), "");
  assert.equal(agent.stats.sessions, 1);
  assert.equal(await two.ask(PING), PONG);
  await second.close();
  assert.equal(agent.stats.sessions, 0);
  await agent.close();
});

test("a connection to an agent that is closed is closed", async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const agent = createAgent({ core: js });
  const listener = await listenUnix(agent, path);
  await agent.close();
  const client = await Client.connect(path);
  assert.equal(await client.rest(), "");
  await listener.close();
});

test("more clients than descriptors: the agent lives, and serves again when some are gone", async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const script = `ulimit -n 40 && exec "$@"`;
  const line = [process.execPath, CLI, "agent", "-m", "unix-listen", "-p", path];
  const program = new Program(t, "bash", ["-c", script, "bash", ...line]);
  await listens(program, path);
  const clients = await Promise.all(Array.from({ length: 100 }, () => Client.connect(path)));
  const first = clients[0] as Client;
  assert.equal(await first.ask(PING), PONG);
  for (const client of clients) client.reset();
  // It may take it a moment to notice that they are gone.
  let reply = "";
  while (reply === "") {
    const client = await Client.connect(path);
    reply = await client.ask(PING).catch(() => "");
    client.reset();
  }
  assert.equal(reply, PONG);
  program.kill("SIGTERM");
  assert.deepEqual(await program.ended, { status: 0, signal: null, stdout: "", stderr: "" });
});
