// Channels that a process is started with: standard input and output, a descriptor, a listening socket.

import assert from "node:assert/strict";
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, linkSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Duplex, Readable, Writable } from "node:stream";
import { type TestContext, test } from "node:test";
import { activated, listenFd, openFd } from "guestwire/node";
import { createAgent } from "guestwire";
import { CLI, Client, ROOT, moment, relayStderr, run, temporaryFolder } from "./rig.ts";
import { Device, skipTerminal } from "./terminal.ts";

const PING = '{"execute":"guest-ping"}\n';
const PONG = '{"return": {}}\n';

const imports = `
  import { createAgent } from "guestwire";
  import { activated, listenFd, openFd, openVirtio, stdio } from "guestwire/node";
  const agent = createAgent();
`;

/** Runs lines of JavaScript that have an agent, with these descriptors; whatever they print on stderr fails the test. */
function runs(t: TestContext, code: string, stdio: StdioOptions, flags: readonly string[] = []): ChildProcess {
  const child = spawn(process.execPath, [...flags, "--input-type=module", "-e", imports + code], {
    cwd: ROOT,
    stdio,
  });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  const closed = once(child, "close");
  t.after(async () => {
    child.kill("SIGKILL");
    await closed;
    assert.equal(said, "");
  });
  return child;
}

/** Reads until this much has come. */
async function read(stream: Readable, enough: string | RegExp): Promise<string> {
  let text = "";
  for await (const piece of stream.iterator({ destroyOnReturn: false })) {
    text += (piece as Buffer).toString("latin1");
    if (typeof enough === "string" ? text.endsWith(enough) : enough.test(text)) return text;
  }
  throw new Error(`the end came after ${JSON.stringify(text.slice(-200))}`);
}

const SERVE = "const session = agent.serve(stdio()); await session.closed; await agent.close();";

test("stdio: pipes; after the end of the input all is answered, and the process ends", async (t) => {
  // Node makes sockets of its own for 'pipe'; sh has pipes.
  const child = spawn("sh", ["-c", `cat | "$0" --input-type=module -e "$1" | cat`, process.execPath, imports + SERVE], {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "pipe"],
  });
  relayStderr(child);
  t.after(() => child.kill("SIGKILL"));
  const count = 20_000;
  const answered = read(child.stdout as Readable, PONG.repeat(count));
  child.stdin?.end(PING.repeat(count));
  await answered;
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

test("stdio: sockets", async (t) => {
  const child = runs(t, SERVE, ["pipe", "pipe", "pipe"]);
  child.stdin?.write(PING);
  assert.equal(await read(child.stdout as Readable, "\n"), PONG);
  child.stdin?.end(PING);
  assert.equal(await read(child.stdout as Readable, "\n"), PONG);
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

test("stdio: files", async (t) => {
  const folder = temporaryFolder(t);
  const [input, output] = [join(folder, "in"), join(folder, "out")];
  writeFileSync(input, PING.repeat(1000));
  const fds = [openSync(input, "r"), openSync(output, "w")] as const;
  const child = runs(t, SERVE, [...fds, "pipe"]);
  for (const fd of fds) closeSync(fd);
  assert.deepEqual(await once(child, "exit"), [0, null]);
  assert.equal(readFileSync(output, "latin1"), PONG.repeat(1000));
});

test("stdio: nothing to read", async (t) => {
  const child = runs(t, SERVE, ["ignore", "ignore", "pipe"]);
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

test("stdio: a terminal", { skip: skipTerminal }, async (t) => {
  const device = await Device.make(t);
  const fd = openSync(device.path, "r+");
  const child = runs(t, SERVE, [fd, fd, "pipe"]);
  closeSync(fd);
  device.otherEnd.write(PING);
  assert.equal(await read(device.otherEnd, "\n"), PONG.replace("\n", "\r\n"));
  // Ctrl-D. (Node itself aborts where its terminal hung up.)
  device.otherEnd.write("\x04");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

test("stdio: one that reads no more, or never", async (t) => {
  const gone = runs(t, SERVE, ["pipe", "pipe", "pipe"]);
  gone.stdin?.on("error", () => {});
  gone.stdout?.destroy();
  gone.stdin?.write(PING.repeat(100));
  assert.deepEqual(await once(gone, "exit"), [0, null]);

  const close = 'process.once("SIGTERM", () => agent.close());';
  const mute = runs(t, `${close} ${SERVE}`, ["pipe", "pipe", "pipe"]);
  mute.stdin?.on("error", () => {});
  mute.stdin?.write(PING);
  await read(mute.stdout as Readable, PONG);
  mute.stdout?.pause();
  for (let i = 0; i < 100; i++) mute.stdin?.write(PING.repeat(1000));
  // Until it takes no more requests, for its replies are stuck.
  for (let left = -1, same = 0; same < 20; await moment()) {
    const now = mute.stdin?.writableLength ?? 0;
    same = now === left ? same + 1 : 0;
    left = now;
  }
  mute.kill("SIGTERM");
  assert.deepEqual(await once(mute, "exit"), [0, null]);
});

test("openFd: a connected socket, and its end", async (t) => {
  const code = "const session = agent.serve(await openFd(3)); await session.closed; await agent.close();";
  const child = runs(t, code, ["ignore", "ignore", "pipe", "pipe"]);
  const socket = child.stdio[3] as Duplex;
  socket.write(PING);
  assert.equal(await read(socket, PONG), PONG);
  (socket as Writable).end(PING);
  assert.equal(await read(socket, PONG), PONG);
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

test("openFd: a terminal is put into raw mode", { skip: skipTerminal }, async (t) => {
  const device = await Device.make(t);
  const fd = openSync(device.path, "r+");
  const code = "const session = agent.serve(await openFd(3)); await session.closed; await agent.close();";
  // Two line ends: one that cooks would double neither, but change both.
  const child = runs(t, `process.stdout.write("x"); ${code}`, ["ignore", "pipe", "pipe", fd]);
  closeSync(fd);
  const asked = setInterval(() => device.otherEnd.write(`\xff${PING}`, "latin1"), 50);
  const said = await read(device.otherEnd, PONG);
  clearInterval(asked);
  assert.doesNotMatch(said, /\r/);
  await device.hangUp();
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

for (const flags of [["--pending-deprecation"], ["--throw-deprecation"], refusing()]) {
  test(`a device, with node ${flags.join(" ")}: nothing on stderr`, { skip: skipTerminal }, async (t) => {
    const device = await Device.make(t);
    const flat = spawn("stty", ["-F", device.path, "raw", "-echo"]);
    await once(flat, "exit");
    const code = `agent.serve(await openVirtio(${JSON.stringify(device.path)}));`;
    runs(t, code, ["ignore", "ignore", "pipe"], flags);
    for (let i = 0; i < 10; i++) {
      device.otherEnd.write(PING.repeat(1000));
      await read(device.otherEnd, PONG.repeat(1000));
    }
  });
}

/** How Node is started so that it refuses the handle. */
function refusing(): string[] {
  const flag = process.allowedNodeEnvironmentFlags.has("--permission") ? "--permission" : "--experimental-permission";
  return ["--no-warnings", flag, "--allow-fs-read=*", "--allow-fs-write=*", "--allow-wasi"];
}

/** A listening socket to hand on: `release` makes this process leave it, which removes only one of its two names. */
async function listening(t: TestContext): Promise<{ fd: number; path: string; release: () => void }> {
  const folder = temporaryFolder(t);
  const [path, other] = [join(folder, "socket"), join(folder, "other")];
  const server = createServer().listen(other);
  await once(server, "listening");
  linkSync(other, path);
  const { fd } = Reflect.get(server, "_handle") as { fd: number };
  return { fd, path, release: () => server.close() };
}

test("listenFd: a socket that a service manager made, which stays", async (t) => {
  const { fd, path, release } = await listening(t);
  const code = `
    const fd = activated(process.env, process.pid);
    const listener = await listenFd(agent, fd);
    process.once("SIGTERM", async () => { await listener.close(); await agent.close(); });
  `;
  const child = spawn(
    "sh",
    ["-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" --input-type=module -e "$1"', process.execPath, imports + code],
    { cwd: ROOT, stdio: ["ignore", "ignore", "pipe", fd] },
  );
  relayStderr(child);
  t.after(() => child.kill("SIGKILL"));
  release();
  for (let i = 0; i < 3; i++) {
    const clients = await Promise.all([Client.connect(path), Client.connect(path)]);
    for (const client of clients) assert.equal(await client.ask(PING), PONG);
    for (const client of clients) client.reset();
  }
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
  assert.ok(existsSync(path));
});

for (const path of ["/dev/null", "/dev/zero", "/dev/full"]) {
  test(`${path} as a channel: one line, and no abort`, async (t) => {
    const start = async (fd: number | "ignore", ...args: string[]): Promise<[unknown, string]> => {
      const folder = temporaryFolder(t);
      const child = spawn(process.execPath, [CLI, "agent", "-t", folder, ...args], {
        stdio: ["ignore", "ignore", "pipe", fd],
      });
      t.after(() => child.kill("SIGKILL"));
      let said = "";
      child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
      const [status] = await once(child, "close");
      return [status, said];
    };
    const named = `guestwire: ${path} is no virtio port; name one\n`;
    assert.deepEqual(await start("ignore", "-p", path), [1, named]);
    const fd = openSync(path, "r+");
    t.after(() => closeSync(fd));
    const refused = "is neither a socket nor a terminal nor a virtio port; hand in one of these\n";
    assert.deepEqual(await start(fd, "--fd", "3"), [1, `guestwire: descriptor 3 ${refused}`]);
  });
}

test("--fd with a number that is Node's own is refused", async (t) => {
  for (let fd = 5; fd < 15; fd++) {
    const { status, stderr } = await run(t, "agent", "-t", temporaryFolder(t), "--fd", String(fd));
    assert.equal(status, 1);
    assert.match(stderr, /^guestwire: descriptor \d+ is (not open|neither a socket nor a terminal)[^\n]*\n$/);
  }
});

for (const [what, path] of [
  ["a directory", ROOT],
  ["what cannot be read", "/proc/self/mem"],
] as const) {
  test(`stdio: ${what} is told in one line, and the status is 1`, async (t) => {
    const fd = openSync(path, "r");
    const child = spawn(process.execPath, [CLI, "agent", "-m", "stdio", "-t", temporaryFolder(t)], {
      stdio: [fd, "ignore", "pipe"],
    });
    closeSync(fd);
    t.after(() => child.kill("SIGKILL"));
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
    assert.deepEqual(await once(child, "close"), [1, null]);
    assert.match(said, /^guestwire: (standard input is a directory|stdin and stdout has ended: EIO)[^\n]*\n$/);
  });
}

test("openFd: a socket that listens, and a terminal that is open one way only", { skip: skipTerminal }, async (t) => {
  const { fd, release } = await listening(t);
  t.after(release);
  const child = spawn(process.execPath, [CLI, "agent", "--fd", "3", "-t", temporaryFolder(t)], {
    stdio: ["ignore", "ignore", "pipe", fd],
  });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  assert.deepEqual(await once(child, "close"), [1, null]);
  assert.equal(said, "guestwire: descriptor 3 is a socket without a peer; hand in one that is connected\n");
  const device = await Device.make(t);
  for (const flags of ["r", "w"]) {
    const terminal = openSync(device.path, flags);
    const message = /is not open for reading and writing; hand in one/;
    await assert.rejects(openFd(terminal), { code: "GW_ERR_DEVICE", message });
    closeSync(terminal);
  }
});

test("descriptors that are no channel", async (t) => {
  const agent = createAgent();
  const file = openSync(join(ROOT, "package.json"), "r");
  t.after(async () => {
    closeSync(file);
    await agent.close();
  });
  await assert.rejects(openFd(file), { code: "GW_ERR_DEVICE", message: /neither a socket nor a terminal nor/ });
  await assert.rejects(listenFd(agent, file), { code: "GW_ERR_SOCKET", message: /is no socket; hand in one/ });
  for (const fd of [-1, 1.5, 2 ** 31]) {
    await assert.rejects(openFd(fd), { code: "GW_ERR_LIMIT" });
    await assert.rejects(listenFd(agent, fd), { code: "GW_ERR_LIMIT" });
  }
  const closed = { code: "GW_ERR_DEVICE", message: /descriptor 99999 is not open; start this program with it/ };
  await assert.rejects(openFd(99_999), closed);
  await assert.rejects(listenFd(agent, 99_999), closed);
});

test("who was activated", () => {
  assert.equal(activated({ LISTEN_PID: "7", LISTEN_FDS: "1" }, 7), 3);
  for (const [pid, fds] of [
    ["7", "0"],
    ["8", "1"],
    ["7", "x"],
    ["7", undefined],
    [undefined, "1"],
    ["", ""],
    ["7 ", "1"],
  ]) {
    assert.equal(activated({ LISTEN_PID: pid, LISTEN_FDS: fds }, 7), undefined);
  }
  assert.throws(() => activated({ LISTEN_PID: "7", LISTEN_FDS: "2" }, 7), {
    code: "GW_ERR_SOCKET",
    message: /passed 2 sockets, one is served/,
  });
});
