// The C host on a character device: a port of virtio-serial, which port.c plays, and a pseudo-terminal.

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { buildCHost, skipCHost } from "../c-host.ts";
import { CI } from "../ci.ts";
import { FLUSHED, generic, sync, synced } from "../peer.ts";
import { MB, PING, PONG } from "./c-rig.ts";
import { type Client, Program, connected, moment, relayStderr, temporaryFolder } from "./rig.ts";

/** A character device that is everywhere; port.c stands in for it. */
const DEVICE = "/dev/null";

let agent = "";
let folder = "";
if (!skipCHost) {
  before(() => {
    agent = buildCHost();
    folder = mkdtempSync(join(tmpdir(), "guestwire-port-"));
    const source = join(import.meta.dirname, "port.c");
    execFileSync("cc", ["-O1", "-shared", "-fPIC", "-o", join(folder, "port.so"), source, "-ldl"], { stdio: "pipe" });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
}

/** The agent on a port, to which hosts connect. */
class Port {
  readonly program: Program;
  private readonly socket: string;
  private readonly unplugged: string;
  private readonly counter: string;

  constructor(t: TestContext) {
    const own = temporaryFolder(t);
    this.socket = join(own, "host");
    this.unplugged = join(own, "unplugged");
    this.counter = join(own, "calls");
    writeFileSync(this.counter, Buffer.alloc(8));
    const env = {
      PORT_DEVICE: DEVICE,
      PORT_SOCKET: this.socket,
      PORT_UNPLUGGED: this.unplugged,
      PORT_CALLS: this.counter,
    };
    this.program = new Program(t, agent, ["--device", DEVICE, "-v"], {
      env: { ...process.env, ...env, LD_PRELOAD: join(folder, "port.so") },
    });
  }

  /** A host that connects. */
  host(): Promise<Client> {
    return connected(this.program, this.socket);
  }

  unplug(): void {
    writeFileSync(this.unplugged, "");
  }

  plug(): void {
    rmSync(this.unplugged);
  }

  /** How many lines like this the log has. */
  logged(line: RegExp): number {
    return this.program.stderr.match(new RegExp(line.source, "g"))?.length ?? 0;
  }

  /** Waits until the log has so many of them. */
  logs(line: RegExp, count: number): Promise<void> {
    return this.program.until(() => this.logged(line) >= count, String(line));
  }

  /** Waits until it rests, with a host that does not read what it has asked for. */
  async stalls(): Promise<void> {
    while ((await this.idleCalls()) >= 10) continue;
  }

  /** How many calls it makes of the kernel while nothing happens for half a second. */
  async idleCalls(): Promise<number> {
    const calls = (): number => Number(readFileSync(this.counter).readBigUInt64LE());
    const start = calls();
    await pause(500);
    return calls() - start;
  }
}

test("C host on a port: hosts that come and go", { skip: skipCHost }, async (t) => {
  const port = new Port(t);
  for (let id = 0; id < 100; id++) {
    const host = await port.host();
    assert.ok((await host.ask(sync(id), synced(id))).endsWith(synced(id)));
    if (id % 2 === 0) host.end();
    else host.reset();
  }
  port.program.kill("SIGTERM");
  const { status, stderr } = await port.program.ended;
  assert.equal(status, 0);
  assert.match(stderr, /^\S+: info: serving \/dev\/null\n/);
  assert.match(stderr, /: info: stopping on SIGTERM\n$/);
});

test(
  "C host on a port: half a message goes when the host has been away for a while",
  { skip: skipCHost },
  async (t) => {
    const port = new Port(t);
    await port.logs(/no host is connected/, 1);
    for (let round = 1; round <= 2; round++) {
      const host = await port.host();
      assert.equal(await host.ask(PING), PONG);
      await host.send('{"execute":"guest-ping","id":[');
      // Since the last one left there was perhaps a line, perhaps not.
      const logged = port.logged(/no host is connected/);
      host.end();
      await port.logs(/no host is connected/, logged + 1);
      const next = await port.host();
      assert.equal(await next.ask(`}${PING}`, PONG), generic("JSON parse error, expecting value") + PONG);
      next.end();
    }
  },
);

test(
  "C host on a port: what a host sends before it leaves is taken, also by a new one's flush",
  { skip: skipCHost },
  async (t) => {
    const port = new Port(t);
    const host = await port.host();
    await host.send('{"execute":"guest-ping","id":[');
    host.end();
    const next = await port.host();
    // However long that took: an error for the flush, and then the reply.
    assert.equal(await next.ask(sync(1), synced(1)), FLUSHED + synced(1));
    next.end();
  },
);

test(
  "C host on a port: a host that does not read, and its replies, which no other gets",
  { skip: skipCHost },
  async (t) => {
    const port = new Port(t);
    await port.logs(/no host is connected/, 1);
    const host = await port.host();
    const requests = Array.from(
      { length: 100_000 },
      (_, id) => `{"execute":"guest-sync","arguments":{"id":${id}}}\n`,
    ).join("");
    const sending = host.send(requests.repeat(4));
    await port.stalls();
    assert.ok(port.program.residentPeak() < 10 * MB);
    host.reset();
    await sending;
    await port.logs(/no host is connected/, 2);
    const next = await port.host();
    assert.equal(await next.ask(PING), PONG);
    // And one that reads late gets all.
    void next.send(requests);
    await port.stalls();
    const replies = await next.until('{"return": 99999}\n');
    assert.ok(replies === Array.from({ length: 100_000 }, (_, id) => `{"return": ${id}}\n`).join(""));
    next.end();
  },
);

test(
  "C host on a port: a new host that reads slowly gets what the old one left, and its own reply",
  { skip: skipCHost },
  async (t) => {
    const port = new Port(t);
    await port.logs(/no host is connected/, 1);
    const old = await port.host();
    void old.send(`{"execute":"guest-ping","id":"${"x".repeat(8 * MB)}"}`);
    await port.stalls();
    // It waits until the old one is gone, so that this is never for long.
    const next = await port.host();
    old.reset();
    await next.send(sync(1));
    const slowly = async (): Promise<void> => {
      let tail = "";
      for await (const piece of next.socket) {
        tail = (tail + (piece as Buffer).toString("latin1")).slice(-synced(1).length);
        if (tail === synced(1)) return;
        await moment();
      }
    };
    const dropped = port.logs(/no host is connected/, 2).then(() => assert.fail("its request was dropped"));
    await Promise.race([slowly(), dropped]);
  },
);

test("C host on a port: it rests while no host is there, and while one is silent", { skip: skipCHost }, async (t) => {
  const port = new Port(t);
  await port.logs(/no host is connected/, 1);
  // It looks every 250 ms by then.
  assert.ok((await port.idleCalls()) < 50);
  const host = await port.host();
  assert.equal(await host.ask(PING), PONG);
  assert.ok((await port.idleCalls()) < 10);
  host.end();
});

test("C host on a port: it is unplugged and comes back", { skip: skipCHost }, async (t) => {
  const port = new Port(t);
  for (let round = 1; round <= 2; round++) {
    const host = await port.host();
    assert.ok((await host.ask(sync(1), synced(1))).endsWith(synced(1)));
    await host.send('{"execute":"guest-ping","id":[');
    port.unplug();
    host.end();
    await port.logs(/warning: \/dev\/null: No such device; it is opened again when that can be/, round);
    port.plug();
    const next = await port.host();
    assert.equal(await next.ask(`}${PING}`, PONG), generic("JSON parse error, expecting value") + PONG);
    next.end();
  }
  port.program.kill("SIGINT");
  assert.equal((await port.program.ended).status, 0);
});

const noTerminal = spawnSync("script", ["--version"]).status !== 0 && "there is no program script (Debian: bsdutils)";
if (noTerminal && CI) throw new Error(noTerminal);

for (const which of ["plain", "sanitized"] as const) {
  test(`C host, ${which}, on a pseudo-terminal`, { skip: skipCHost || noTerminal }, async (t) => {
    const own = temporaryFolder(t);
    const pid = join(own, "pid");
    const log = join(own, "log");
    const file = buildCHost(which);
    const command = `echo $$ >'${pid}'; exec '${file}' --device "$(tty)" -v 2>'${log}'`;
    const script = spawn("script", ["-qec", command, "/dev/null"], { stdio: ["pipe", "pipe", "pipe"] });
    relayStderr(script);
    const exited = once(script, "exit");
    t.after(() => script.kill("SIGKILL"));
    let said = "";
    script.stdout.setEncoding("latin1").on("data", (text: string) => (said += text));
    const until = async (isSo: () => boolean): Promise<void> => {
      while (!isSo()) {
        assert.equal(script.exitCode, null, said);
        await moment();
      }
    };
    // From then on nothing is echoed, and bytes go by as they are.
    await until(() => existsSync(log) && readFileSync(log, "utf8").includes("serving"));
    for (let id = 1; id <= 3; id++) {
      script.stdin.write(sync(id), "latin1");
      await until(() => said.endsWith(synced(id)));
    }
    assert.equal(said, [1, 2, 3].map((id) => FLUSHED + synced(id)).join(""));
    process.kill(Number(readFileSync(pid, "utf8")), "SIGTERM");
    assert.deepEqual(await exited, [0, null]);
  });
}
