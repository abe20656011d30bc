// `guestwire console`: what it serves, to whom, and the bridge.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { type IncomingMessage, type RequestOptions, createServer, request } from "node:http";
import { type AddressInfo, type Socket, connect, createServer as createSocketServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connectUnix } from "guestwire/node";
import WebSocket from "ws";
import { CLI, type Ending, Program, moment, run, startAgent, temporaryFolder } from "./rig.ts";

/** A console that is served. */
interface Served {
  readonly program: Program;
  readonly port: number;
  /** Empty where there is no bridge. */
  readonly token: string;
}

const ADDRESS = /^ {2}http:\/\/localhost:(\d+)\/(?:#token=([\w-]{22}))?$/m;

async function serve(t: TestContext, ...options: string[]): Promise<Served> {
  const program = new Program(t, process.execPath, [CLI, "console", ...options]);
  await program.says("Ctrl-C");
  const [, port, token = ""] = ADDRESS.exec(program.stdout) ?? assert.fail(program.stdout);
  return { program, port: Number(port), token };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

async function ask(port: number, path: string, options: RequestOptions = {}): Promise<Answer> {
  const asked = request({ host: "127.0.0.1", port, path, ...options }).end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += String(chunk);
  return { status: response.statusCode, headers: response.headers, text };
}

/** A WebSocket as a page opens one. */
class Page {
  readonly socket: WebSocket;
  /** In latin-1. */
  received = "";
  readonly opened: Promise<unknown>;
  readonly closed: Promise<readonly [code: number, reason: string]>;

  constructor(port: number, token: string, origin = `http://localhost:${port}`, path = "/bridge") {
    this.socket = new WebSocket(`ws://localhost:${port}${path}`, ["guestwire", `guestwire.token.${token}`], { origin });
    this.socket.on("message", (bytes: Buffer) => (this.received += bytes.toString("latin1")));
    this.socket.on("error", () => {});
    this.opened = new Promise((resolve) => this.socket.once("open", resolve));
    // Not once() of node:events: a refused one tells an error first.
    this.closed = new Promise((resolve) => {
      this.socket.once("close", (code, reason) => resolve([code, reason.toString()]));
    });
  }

  async until(text: string): Promise<void> {
    while (!this.received.includes(text)) {
      assert.ok(this.socket.readyState <= WebSocket.OPEN, `closed after ${this.received}`);
      await moment();
    }
  }
}

async function stop(program: Program): Promise<Ending> {
  program.kill("SIGINT");
  const ending = await program.ended;
  assert.deepEqual([ending.status, ending.stderr], [0, ""]);
  return ending;
}

test("the page, under a strict policy, on both addresses of localhost", async (t) => {
  const { program, port, token } = await serve(t);
  assert.equal(token, "");
  const { status, headers, text } = await ask(port, "/");
  assert.equal(status, 200);
  assert.equal(headers["content-type"], "text/html; charset=utf-8");
  assert.match(text, /<guestwire-console>/);
  const policy = String(headers["content-security-policy"]);
  assert.match(policy, /default-src 'none'; script-src 'self'; /);
  assert.doesNotMatch(policy, /unsafe|\*|data:|http/);
  assert.match(policy, new RegExp(`connect-src 'self' ws://127\\.0\\.0\\.1:${port}$`));
  const other = await ask(port, "/", { headers: { host: `[::1]:${port}` } });
  assert.match(String(other.headers["content-security-policy"]), /connect-src 'self'$/);
  for (const [, file = ""] of text.matchAll(/(?:src|href)="([^"]+)"/g)) {
    assert.equal((await ask(port, `/${file}`, { host: "localhost" })).status, 200, file);
  }
  const hosts = ["127.0.0.1", ...(hasIPv6() ? ["::1"] : [])];
  for (const host of hosts) assert.equal((await ask(port, "/page.js", { host })).status, 200, host);
  await stop(program);
});

/** Whether this machine has the other address. */
function hasIPv6(): boolean {
  return Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));
}

test("nothing else is served", async (t) => {
  const { port } = await serve(t);
  for (const path of [
    "/package.json",
    "/../package.json",
    "/%2e%2e/package.json",
    "//",
    "/page.js/",
    "/bridge",
    "/%",
    "/%ff",
    "*",
  ]) {
    assert.equal((await ask(port, path)).status, 404, path);
  }
  assert.equal((await ask(port, "/page.js?v=1")).status, 200);
  assert.equal((await ask(port, "/", { method: "POST" })).status, 405);
  const head = await ask(port, "/", { method: "HEAD" });
  assert.deepEqual([head.status, head.text], [200, ""]);
  // A name that somebody has made to point here.
  const foreign = await ask(port, "/", { headers: { host: `evil.example:${port}` } });
  assert.deepEqual([foreign.status, foreign.text.includes("<")], [421, false]);
  // The right name, and a tunnel's port.
  const tunnel = await ask(port, "/", { headers: { host: `localhost:${port === 9000 ? 9001 : 9000}` } });
  assert.equal(tunnel.status, 421);
  assert.match(tunnel.text, new RegExp(`^This server is http://localhost:${port}, .* tunnel needs the same port`));
});

test("the page can ask whether there is a bridge", async (t) => {
  for (const [options, bridge] of [
    [[], false],
    [["--bridge", join(temporaryFolder(t), "socket")], true],
  ] as const) {
    const { port } = await serve(t, ...options);
    const { headers, text } = await ask(port, "/bridge.json");
    assert.equal(headers["content-type"], "application/json");
    assert.deepEqual(JSON.parse(text), { bridge });
  }
});

test("the bridge carries all byte values and large messages, each page has a session of its own", async (t) => {
  const agent = await startAgent(t);
  const { program, port, token } = await serve(t, "--bridge", agent.path);
  const pages = [new Page(port, token), new Page(port, token)] as const;
  for (const [n, page] of pages.entries()) {
    await page.opened;
    assert.equal(page.socket.protocol, "guestwire");
    page.socket.send(Buffer.from(`\xff{"execute":"guest-sync-delimited","arguments":{"id":${n}}}\n`, "latin1"));
    await page.until(`\xff{"return": ${n}}\n`);
  }
  const text = "é\u{1f600}".repeat(100_000);
  pages[0].socket.send(JSON.stringify({ execute: "guest-ping", id: text }));
  pages[0].socket.send("\n");
  await pages[0].until("}\n{");
  await pages[0].until('"return": {}');
  await pages[0].until('\\uD83D\\uDE00"}\n');
  assert.doesNotMatch(pages[1].received, /return": \{\}/);
  await stop(program);
  assert.deepEqual(await pages[1].closed, [1001, "the bridge has ended"]);
});

test("the bridge is for pages of its own, and for those who were given the token", async (t) => {
  const agent = await startAgent(t);
  const { port, token } = await serve(t, "--bridge", agent.path);
  const refused = [
    new Page(port, token, "http://evil.example"),
    new Page(port, token, `http://localhost:${port + 1}`),
    new Page(port, token, `https://localhost:${port}`),
    new Page(port, token, undefined, "/other"),
  ];
  for (const page of refused) assert.equal((await page.closed)[0], 1006);
  for (const wrong of ["", "x", token.slice(1), `${token}x`, "x".repeat(22)]) {
    const page = new Page(port, wrong);
    void page.opened.then(() => page.socket.send('{"execute":"guest-ping"}\n'));
    const [code, reason] = await page.closed;
    assert.equal(code, 1008);
    assert.match(reason, /open the address that was printed last/);
    assert.equal(page.received, "");
  }
  const page = new Page(port, token);
  await page.opened;
  page.socket.send('{"execute":"guest-ping"}\n');
  await page.until('{"return": {}}\n');
});

/** An agent that takes a connection and does nothing more: neither reads nor ends. */
async function idleAgent(t: TestContext): Promise<{ path: string; sockets: Socket[] }> {
  const path = join(temporaryFolder(t), "socket");
  const sockets: Socket[] = [];
  const server = createSocketServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on("error", () => {});
    sockets.push(socket);
  }).listen(path);
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { path, sockets };
}

test("an agent that never ends holds up neither the connections of pages that have gone nor the end", async (t) => {
  const { path, sockets } = await idleAgent(t);
  const { program, port, token } = await serve(t, "--bridge", path);
  // One after the other: who connects first is the agent's first.
  const gone = new Page(port, token);
  await program.until(() => sockets.length === 1, "a connection");
  const full = new Page(port, token);
  await program.until(() => sockets.length === 2, "another connection");
  await Promise.all([gone.opened, full.opened]);
  for (let n = 0; n < 4; n++) full.socket.send(Buffer.alloc(1_000_000));
  gone.socket.close();
  await gone.closed;
  const [first] = sockets;
  assert.ok(first !== undefined);
  first.resume();
  await once(first, "end");
  // The bridge has let go of it: it cannot be written to.
  const failed = new Promise((resolve) => first.once("error", resolve));
  const writing = setInterval(() => first.write("x"), 10);
  t.after(() => clearInterval(writing));
  assert.equal(((await failed) as NodeJS.ErrnoException).code, "EPIPE");
  await stop(program);
});

test("who is refused and keeps his side open does not hold up the end", async (t) => {
  const agent = await startAgent(t);
  const { program, port } = await serve(t, "--bridge", agent.path);
  for (const [path, origin, status] of [
    ["/bridge", "http://evil.example", 403],
    ["/other", `http://localhost:${port}`, 404],
  ] as const) {
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    t.after(() => socket.destroy());
    socket.on("error", () => {});
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nOrigin: ${origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    let answer = "";
    socket.on("data", (bytes) => (answer += bytes.toString()));
    await once(socket, "end");
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
  }
  await stop(program);
});

test("without --bridge there is none", async (t) => {
  const { port } = await serve(t);
  assert.equal((await new Page(port, "").closed)[0], 1006);
});

test("the page is told why there is no agent, and that it went; when it is there again the bridge is", async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const { port, token } = await serve(t, "--bridge", path);
  const [code, reason] = await new Page(port, token).closed;
  assert.equal(code, 1013);
  assert.match(reason, /^there is no socket .*; start the agent/);
  const program = new Program(t, process.execPath, [CLI, "agent", "-m", "unix-listen", "-p", path]);
  await program.until(() => connectable(path), "a socket");
  const page = new Page(port, token);
  await page.opened;
  page.socket.send('{"execute":"guest-ping"}\n');
  await page.until('{"return": {}}\n');
  await stop(program);
  assert.deepEqual(await page.closed, [1001, "the agent closed the connection"]);
});

/** Whether somebody listens there; asked again and again. */
function connectable(path: string): boolean {
  void connectUnix(path).then(
    (transport) => {
      listening.add(path);
      void transport.close();
    },
    () => {},
  );
  return listening.has(path);
}
const listening = new Set<string>();

test("plugins for the page's agent are modules of its own origin", async (t) => {
  const folder = temporaryFolder(t);
  const names = ["my clock.mjs", "@a[b]+c,d=e&f;100%é.mjs"];
  const files = names.map((name) => join(folder, name));
  for (const file of files) writeFileSync(file, `export default ${JSON.stringify(file)};\n`);
  const { program, port } = await serve(t, ...files.flatMap((file) => ["--plugin", file]));
  const printed = [...program.stdout.matchAll(/^A plugin is at (.*)$/gm)].map(([, path = ""]) => path);
  assert.equal(printed[0], "/plugins/my%20clock.mjs");
  // As browsers write it.
  const [typed = ""] = names.slice(1).map((name) => encodeURI(name));
  for (const [n, paths] of [[printed[0]], [printed[1], `/plugins/${typed}`]].entries()) {
    for (const path of paths) {
      const { status, headers, text } = await ask(port, path ?? "");
      assert.deepEqual([status, text], [200, `export default ${JSON.stringify(files[n])};\n`], path);
      assert.equal(headers["content-type"], "text/javascript; charset=utf-8");
    }
  }
});

test("the usual port, another one where that is taken, and mistakes", async (t) => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "a"));
  writeFileSync(join(folder, "a/x.mjs"), "");
  writeFileSync(join(folder, "x.mjs"), "");
  const mistakes: readonly (readonly [args: readonly string[], says: RegExp])[] = [
    [["--port", String(port)], new RegExp(`port ${port} is taken; choose another with --port`)],
    [["--port", "0"], /whole number from 1 to 65535/],
    [["--port", "65536"], /whole number from 1 to 65535/],
    [["--bridge", ""], /a socket needs a path/],
    [["--bridge", "x".repeat(200)], /at most 107 bytes/],
    [["--plugin", join(folder, "none.mjs")], /cannot be read \(ENOENT\); name a file/],
    [["--plugin", join(folder, "x.mjs"), "--plugin", join(folder, "a/x.mjs")], /two plugins have the file name x\.mjs/],
  ];
  for (const [args, says] of mistakes) {
    const { status, stdout, stderr } = await run(t, "console", ...args);
    assert.deepEqual([status, stdout], [1, ""], stderr);
    assert.match(stderr, /^guestwire: [^\n]*\n$/);
    assert.match(stderr, says);
  }
  const [one, other] = [await serve(t), await serve(t)];
  assert.notEqual(one.port, other.port);
});
