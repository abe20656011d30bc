// The channels of the command line: which one is served, what happens where it cannot be opened, and when it ends.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, linkSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { type Server, type Socket, createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { createAgent, type LogLevel } from "guestwire";
import { type FakeClock, fakeClock } from "guestwire/testing";
import type { Channel, Way } from "../../hosts/node/cli/channels.ts";
import { Failure } from "../../hosts/node/cli/failure.ts";
import { keepOpen } from "../../hosts/node/cli/keep-open.ts";
import { CLI, Client, type Ending, Program, listens, moment, relayStderr, startAgent, temporaryFolder } from "./rig.ts";
import { Device, skipTerminal } from "./terminal.ts";

const PING = '{"execute":"guest-ping"}\n';
const PONG = '{"return": {}}\n';

function agent(t: TestContext, args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
  return new Program(t, process.execPath, [CLI, "agent", ...args], { env: { QGA_CONF: "/nonexistent/conf", ...env } });
}

function refused(ending: Ending, line: RegExp): void {
  assert.match(ending.stderr, /^guestwire: [^\n]*\n$/);
  assert.match(ending.stderr, line);
  assert.deepEqual({ ...ending, stderr: "" }, { status: 1, signal: null, stdout: "", stderr: "" });
}

/** Whoever an agent connects to. */
async function host(t: TestContext, path: string): Promise<{ server: Server; peer(): Promise<Socket> }> {
  const server = createServer();
  server.listen(path);
  await once(server, "listening");
  const sockets: Socket[] = [];
  server.on("connection", (socket) => sockets.push(socket.on("error", () => {})));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const peer = async (): Promise<Socket> => {
    while (sockets.length === 0) await moment();
    return sockets.pop() as Socket;
  };
  return { server, peer };
}

async function pings(socket: Socket): Promise<void> {
  socket.write(PING);
  assert.equal(String((await once(socket, "data"))[0]), PONG);
}

test("a method that there is not, and one without its path", async (t) => {
  const words = /^guestwire: must specify a path for this channel; say which with -p PATH\n$/;
  refused(await agent(t, ["-m", "unix-listen"]).ended, words);
  refused(await agent(t, ["-m", "unix-connect", "-D"]).ended, words);
  // The path is asked for first.
  refused(await agent(t, ["-m", "bogus"]).ended, words);
  const there = "there are virtio-serial, isa-serial, unix-listen, unix-connect, stdio";
  for (const method of ["bogus", "vsock-listen", "", "constructor"]) {
    const ending = await agent(t, ["-m", method, "-p", "x"]).ended;
    refused(ending, new RegExp(`^guestwire: unsupported channel method/type: ${method}; ${there}\n$`));
  }
});

test("a channel that cannot be opened", async (t) => {
  const missing = join(temporaryFolder(t), "missing");
  refused(await agent(t, ["-p", missing]).ended, /there is no device .*missing/);
  refused(await agent(t, ["-m", "isa-serial", "-p", missing]).ended, /there is no device .*missing/);
  refused(await agent(t, ["-m", "unix-connect", "-p", missing]).ended, /there is no socket .*missing/);
  refused(await agent(t, ["--fd", "99"]).ended, /descriptor 99 is not open/);
  refused(await agent(t, ["-d", "-m", "stdio"]).ended, /a daemon has none of the channels .*; leave -d out/);
  refused(
    await agent(t, ["--plugin", "./x.js", "--watch", "--fd", "3"]).ended,
    /--watch goes neither with -d nor with --fd/,
  );
});

test("stdio: answers until its input ends", async () => {
  const child = spawn(process.execPath, [CLI, "agent", "-m", "stdio"], { env: {}, stdio: ["pipe", "pipe", "pipe"] });
  relayStderr(child);
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stdin.end(PING);
  const [status] = (await once(child, "close")) as [number];
  assert.deepEqual([status, said], [0, PONG]);
});

test("unix-connect: ends in order with its peer", async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const { peer } = await host(t, path);
  const program = agent(t, ["-m", "unix-connect", "-p", path]);
  const socket = await peer();
  await pings(socket);
  socket.end();
  assert.deepEqual(await program.ended, { status: 0, signal: null, stdout: "", stderr: "" });
});

test("--retry-path: what cannot be opened is tried again, what has ended too, and SIGTERM ends the wait", async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const program = agent(t, ["-m", "unix-connect", "-p", path, "-r", "-v"]);
  await program.until(() => program.stderr.includes("critical: there is no socket"), "it tells");
  assert.match(program.stderr, /critical: there is no socket .*; next try in 5 s\n/);
  const { peer } = await host(t, path);
  const socket = await peer();
  await pings(socket);
  socket.end();
  await program.until(() => /warning: .*socket has ended; next try in 5 s\n/.test(program.stderr), "it tells");
  program.kill("SIGTERM");
  assert.equal((await program.ended).status, 0);
});

test("--fd: a descriptor that was inherited takes the place of method and path", async (t) => {
  const child = spawn(process.execPath, [CLI, "agent", "--fd", "3", "-m", "bogus"], {
    env: {},
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  relayStderr(child);
  t.after(() => child.kill("SIGKILL"));
  const ended = once(child, "exit");
  const socket = child.stdio[3] as Socket;
  await pings(socket);
  socket.end();
  assert.deepEqual(await ended, [0, null]);
});

test("a socket that a service manager hands over takes their place too", async (t) => {
  const path = join(temporaryFolder(t), "socket");
  // Whoever starts it is its parent still, and has the number that the manager writes.
  const script = `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$1" agent -m bogus`;
  const server = createServer();
  server.listen(path);
  await once(server, "listening");
  const handle = Reflect.get(server, "_handle") as { fd: number; close(): void };
  const child = spawn("/bin/sh", ["-c", script, process.execPath, CLI], {
    env: {},
    stdio: ["ignore", "ignore", "pipe", handle.fd],
  });
  relayStderr(child);
  const ended = once(child, "exit");
  t.after(() => child.kill("SIGKILL"));
  // The child's is another one by now. The path would go with the server.
  const kept = `${path}.kept`;
  linkSync(path, kept);
  server.close();
  for (let i = 0; i < 2; i++) {
    const client = await Client.connect(kept);
    assert.equal(await client.ask(PING), PONG);
    client.reset();
  }
  child.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
});

/** Lets promises settle. */
async function turns(): Promise<void> {
  for (let i = 0; i < 5; i++) await turn();
}

test(
  "isa-serial: a line that hangs up is no deaf agent: exit status 1 and a line",
  { skip: skipTerminal },
  async (t) => {
    const device = await Device.make(t);
    const folder = temporaryFolder(t);
    const log = join(folder, "log");
    const options = ["-m", "isa-serial", "-p", device.path, "--baud", "9600", "-t", folder, "-v", "-l", log];
    const program = new Program(t, process.execPath, [CLI, "agent", ...options]);
    await program.until(() => existsSync(log) && readFileSync(log, "utf8").includes("serving"), "it serves");
    const said: Buffer[] = [];
    device.otherEnd.on("data", (bytes: Buffer) => said.push(bytes));
    device.otherEnd.write(PING);
    while (String(Buffer.concat(said)) !== PONG) await moment();
    await device.hangUp();
    const line = /\/tty has ended.*; with --retry-path it is opened again\n$/;
    refused(await program.ended, line);
    // Whoever reads the log is told as well.
    assert.match(readFileSync(log, "utf8"), line);
  },
);

interface Opening {
  readonly way: Way;
  /** Ends the channel that is open. */
  end(error?: Error): void;
}

/** A way that fails as long as there are errors, then opens. */
function opening(errors: Error[], atEnd: Way["atEnd"], reopens = true): Opening {
  let end: (error?: Error) => void = () => {};
  const open = async (): Promise<Channel> => {
    const error = errors.shift();
    if (error !== undefined) throw error;
    return { ended: new Promise((resolve) => (end = resolve)), close: async () => {} };
  };
  return { way: { name: "/dev/x", doing: "serving /dev/x", open, reopens, atEnd }, end: (error) => end(error) };
}

interface Kept {
  readonly ended: Promise<void>;
  readonly stop: AbortController;
  readonly log: readonly string[];
  readonly clock: FakeClock;
  /** How often it was said that the channel was tried. */
  tried: number;
}

function keep({ way }: Opening, retry: boolean): Kept {
  const clock = fakeClock();
  const stop = new AbortController();
  const log: string[] = [];
  const logger = { log: (level: LogLevel, _: string, text: string) => void log.push(`${level}: ${text}`) };
  const kept: Kept = {
    stop,
    log,
    clock,
    tried: 0,
    ended: turn().then(() => {
      const tried = (): void => void kept.tried++;
      return keepOpen(way, createAgent(), { retry, logger, clock, stop: stop.signal, tried });
    }),
  };
  return kept;
}

const MISSING = "there is no device /dev/x";

test("without --retry-path the first failure is the end", async () => {
  const kept = keep(opening([new Error(MISSING)], "reopen"), false);
  await assert.rejects(kept.ended, { message: MISSING });
  assert.deepEqual([kept.log, kept.tried], [[], 0]);
});

test("with --retry-path it is tried every five seconds, and what goes on is told once", async () => {
  const kept = keep(opening([new Error(MISSING), new Error(MISSING), new Error("busy")], "fail"), true);
  for (const tries of [1, 2, 3]) {
    await turns();
    assert.deepEqual([kept.log.length, kept.clock.pending, kept.clock.next, kept.tried], [tries, 1, 5000, 1]);
    kept.clock.pass(5000);
  }
  await turns();
  assert.deepEqual(kept.log, [
    `critical: ${MISSING}; next try in 5 s`,
    `info: ${MISSING}; next try in 5 s`,
    "critical: busy; next try in 5 s",
    "info: serving /dev/x",
  ]);
  kept.stop.abort();
  await kept.ended;
  assert.equal(kept.tried, 1);
});

test("a stop ends each wait, and leaves no timer", async () => {
  const kept = keep(opening([new Error(MISSING)], "fail"), true);
  await turns();
  assert.equal(kept.clock.pending, 1);
  kept.stop.abort();
  await kept.ended;
  assert.equal(kept.clock.pending, 0);
});

test("what is slow to open does not hold up a stop, and is closed when it opens", async () => {
  let open: (channel: Channel) => void = () => {};
  let closed = false;
  const { way } = opening([], "fail");
  const kept = keep({ way: { ...way, open: () => new Promise((resolve) => (open = resolve)) }, end() {} }, true);
  await turns();
  kept.stop.abort();
  await kept.ended;
  open({ ended: new Promise(() => {}), close: async () => void (closed = true) });
  await turns();
  assert.ok(closed);
});

for (const [atEnd, retry, reopens, failure, end] of [
  ["reopen", false, true, undefined, "again"],
  ["fail", false, true, undefined, "/dev/x has ended; with --retry-path it is opened again"],
  ["fail", false, true, "gone", "/dev/x has ended: gone; with --retry-path it is opened again"],
  ["fail", true, true, "gone", "again"],
  ["succeed", false, true, undefined, "in order"],
  ["succeed", false, true, "gone", "/dev/x has ended: gone; with --retry-path it is opened again"],
  ["succeed", true, true, undefined, "again"],
  ["succeed", true, false, undefined, "in order"],
  ["succeed", true, false, "gone", "/dev/x has ended: gone"],
] as const) {
  const channel = `a channel that ends${failure === undefined ? "" : " with an error"}, to ${atEnd}${reopens ? "" : " once"}`;
  test(`${channel}, ${retry ? "with" : "without"} --retry-path: ${end}`, async () => {
    const way = opening([], atEnd, reopens);
    const kept = keep(way, retry);
    await turns();
    way.end(failure === undefined ? undefined : new Error(failure));
    if (end === "again") {
      await turns();
      kept.clock.pass(5000);
      await turns();
      assert.equal(kept.log.filter((line) => line === "info: serving /dev/x").length, 2);
      kept.stop.abort();
      await kept.ended;
    } else if (end === "in order") {
      await kept.ended;
    } else {
      await assert.rejects(
        kept.ended,
        (error) => error instanceof Failure && error.status === 1 && error.message === end,
      );
    }
  });
}

test("SIGHUP: the file's lists hold for clients that are connected; a file that has become wrong changes nothing", async (t) => {
  const folder = temporaryFolder(t);
  const [conf, log] = [join(folder, "conf"), join(folder, "log")];
  writeFileSync(conf, "[general]\nblock-rpcs=guest-ping\n");
  const { path, program } = await startAgent(t, "-c", conf, "-v", "-l", log);
  const client = await Client.connect(path);
  const hangUp = async (contents: string, told: RegExp): Promise<string> => {
    writeFileSync(conf, contents);
    renameSync(log, `${log}.old`);
    program.kill("SIGHUP");
    await program.until(() => existsSync(log) && told.test(readFileSync(log, "utf8")), "it has read the file");
    return client.ask(PING);
  };
  assert.match(await client.ask(PING), /guest-ping has been disabled/);
  assert.equal(await hangUp("[general]\n", /info: the configuration was read again\n/), PONG);
  assert.equal(await hangUp("[general]\nverbose=\n", /critical: error loading .* stay as they were\n/), PONG);
  assert.match(await hangUp("[general]\nallow-rpcs=guest-sync\n", /read again/), /guest-ping has been disabled/);
  client.reset();
  program.kill("SIGTERM");
  assert.deepEqual(await program.ended, { status: 0, signal: null, stdout: "", stderr: "" });
});

test("-d: the parent ends when the daemon serves; a second one, and one that cannot start, are refused", async (t) => {
  const folder = temporaryFolder(t);
  const [path, pid] = [join(folder, "socket"), join(folder, "pid")];
  const start = (...args: string[]): Promise<Ending> =>
    agent(t, ["-d", "-m", "unix-listen", "-t", folder, "-f", pid, ...args]).ended;
  refused(await start("-p", join(folder, "missing/socket")), /there is no folder .*missing/);
  assert.equal(existsSync(pid), false);
  assert.deepEqual(await start("-p", path), { status: 0, signal: null, stdout: "", stderr: "" });
  const daemon = Number(readFileSync(pid, "utf8"));
  try {
    const client = await Client.connect(path);
    assert.equal(await client.ask(PING), PONG);
    client.reset();
    refused(await start("-p", `${path}2`), /Cannot lock pid file: Resource temporarily unavailable/);
  } finally {
    process.kill(daemon, "SIGTERM");
  }
  while (existsSync(pid)) await moment();
  assert.equal(existsSync(path), false);
});

test("-d: relative paths count from the folder where it was started, also at SIGHUP and at the end", async (t) => {
  const folder = temporaryFolder(t);
  const options = ["-d", "-v", "-m", "unix-listen", "-p", "socket", "-t", ".", "-f", "pid", "-l", "log"];
  const env = { QGA_CONF: "/nonexistent/conf" };
  const program = new Program(t, process.execPath, [CLI, "agent", ...options], { cwd: folder, env });
  assert.deepEqual(await program.ended, { status: 0, signal: null, stdout: "", stderr: "" });
  const [log, pid] = [join(folder, "log"), join(folder, "pid")];
  const daemon = Number(readFileSync(pid, "utf8"));
  try {
    const client = await Client.connect(join(folder, "socket"));
    assert.equal(await client.ask(PING), PONG);
    client.reset();
    renameSync(log, `${log}.old`);
    process.kill(daemon, "SIGHUP");
    while (!existsSync(log)) await moment();
  } finally {
    process.kill(daemon, "SIGTERM");
  }
  while (existsSync(pid)) await moment();
  assert.equal(existsSync(join(folder, "socket")), false);
});

test("the state folder and the log file have to be to hand, and the pid file is for daemons only", async (t) => {
  const folder = temporaryFolder(t);
  const on = ["-m", "unix-listen", "-p", join(folder, "socket")];
  refused(await agent(t, [...on, "-t", join(folder, "missing")]).ended, /there is no state folder/);
  refused(await agent(t, [...on, "-t", folder, "-l", folder]).ended, /log file .* is a folder/);
  const program = agent(t, [...on, "-t", folder, "-f", join(folder, "pid")]);
  await listens(program, join(folder, "socket"));
  assert.equal(existsSync(join(folder, "pid")), false);
  program.kill("SIGINT");
  assert.equal((await program.ended).status, 0);
});
