// Clients that exist, played byte for byte as PROTOCOL 8.2 records them, against our agent and the real one. Each reads
// the answer in its own way, and is as strict as it is.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Agent, createAgent } from "guestwire";
import { listenUnix } from "guestwire/node";
import { CI } from "../ci.ts";
import { ENGINES } from "../engines.ts";
import { isRecord } from "../../hosts/common/testing/exact-json.ts";
import { Program, listens, temporaryFolder } from "../hosts/rig.ts";
import { findRealAgent } from "../property/real-agent.ts";

/** A channel to an agent, and all that came over it. */
class Wire {
  received = "";
  private readonly socket: Socket;
  private readonly chunks: AsyncIterator<Buffer>;
  private left: string;

  /** `left`: what an earlier client, or an agent that was killed, left on the channel for this one. */
  constructor(socket: Socket, left: string) {
    this.socket = socket;
    this.chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    this.left = left;
  }

  /** One write. */
  send(text: string): void {
    this.socket.write(Buffer.from(text, "latin1"));
  }

  /** The next piece; "" at the end. */
  async read(): Promise<string> {
    const { left } = this;
    this.left = "";
    if (left !== "") return left;
    const next = await this.chunks.next();
    if (next.done === true) return "";
    const text = next.value.toString("latin1");
    this.received += text;
    return text;
  }

  close(): void {
    this.socket.destroy();
  }
}

/** What a client gives the connection up for. */
class Broken extends Error {}

type Reply = Record<string, unknown>;

/** Lines that end in LF, 10 MiB long at most. */
class Lines {
  private readonly wire: Wire;
  private buffer = "";

  constructor(wire: Wire) {
    this.wire = wire;
  }

  async next(): Promise<string> {
    for (;;) {
      const end = this.buffer.indexOf("\n");
      if (end >= 0) {
        const line = this.buffer.slice(0, end);
        this.buffer = this.buffer.slice(end + 1);
        return line;
      }
      if (this.buffer.length > 10 * 1024 * 1024) throw new Broken("a line of more than 10 MiB");
      const piece = await this.wire.read();
      if (piece === "") throw new Broken("the agent closed");
      this.buffer += piece;
    }
  }

  /** A line that must be a JSON object. */
  async object(): Promise<Reply> {
    const line = await this.next();
    try {
      const value: unknown = JSON.parse(line);
      if (isRecord(value)) return value;
    } catch {
      // Nor is it JSON.
    }
    throw new Broken(`no object: ${line}`);
  }
}

/** libvirt: plain syncs; then the first line with `return` or `error` is the answer. */
class Libvirt {
  syncs = 0;
  private readonly wire: Wire;
  private readonly lines: Lines;
  private id = 0;

  constructor(wire: Wire) {
    this.wire = wire;
    this.lines = new Lines(wire);
  }

  async sync(): Promise<void> {
    this.syncs++;
    this.id = Math.max(this.id + 1, Date.now());
    assert.match(`${this.id}`, /^\d{13}$/);
    this.wire.send(`{"execute":"guest-sync", "arguments":{"id":${this.id}}}\n`);
    try {
      while ((await this.reply())["return"] !== this.id);
    } catch (error) {
      // Once a broken line is forgiven.
      if (this.syncs > 1) throw error;
      await this.sync();
    }
  }

  async execute(command: Reply): Promise<Reply> {
    this.wire.send(`${JSON.stringify(command)}\n`);
    for (;;) {
      const reply = await this.reply();
      if ("return" in reply || "error" in reply) return reply;
    }
  }

  private async reply(): Promise<Reply> {
    const reply = await this.lines.object();
    if (["return", "error", "event", "QMP"].some((key) => key in reply)) return reply;
    throw new Broken(`neither return nor error: ${JSON.stringify(reply)}`);
  }
}

/** KubeVirt: asks through libvirt, and takes `{"return":` and `}` off what that hands on. */
async function kubeVirt(wire: Wire): Promise<unknown> {
  const libvirt = new Libvirt(wire);
  await libvirt.sync();
  const passed = JSON.stringify(await libvirt.execute({ execute: "guest-info" }));
  const [, value] = /^\{"return":(.+)\}$/.exec(passed) ?? [];
  if (value === undefined) throw new Broken(`no return: ${passed}`);
  return JSON.parse(value);
}

/** Proxmox VE: a delimited sync and the command in one write; the answer are the two lines behind the last 0xFF. */
class Proxmox {
  private readonly wire: Wire;
  private sequence: number;

  constructor(wire: Wire, sequence = 0) {
    this.wire = wire;
    this.sequence = sequence;
  }

  async execute(command: Reply): Promise<Reply> {
    const id = Number(`${process.pid}0${++this.sequence}`);
    const sync = { execute: "guest-sync-delimited", arguments: { id } };
    this.wire.send(`${JSON.stringify(sync)}\n${JSON.stringify(command)}\n`);
    for (let buffer = ""; ;) {
      const piece = await this.wire.read();
      buffer += piece;
      const [, synced, answer] = /^[^]*\xff([^\n]+)\n(?:([^\n]+)\n)?$/.exec(buffer) ?? [];
      if (synced !== undefined && (answer !== undefined || piece === "")) {
        const { return: got } = JSON.parse(synced) as { return: number };
        if (got > id) throw new Broken(`an id from the future: ${got}`);
        // Its connection may close before the answer to a shutdown.
        if (got === id) return answer === undefined ? {} : (JSON.parse(answer) as Reply);
      }
      if (piece === "") throw new Broken("the agent closed");
    }
  }
}

/** qapi-rs: the first line must be the answer to its sync, and each further one that to its command. */
class QapiRs {
  private readonly wire: Wire;
  private readonly lines: Lines;

  constructor(wire: Wire) {
    this.wire = wire;
    this.lines = new Lines(wire);
  }

  async sync(): Promise<void> {
    const id = Math.floor(Math.random() * 2 ** 32);
    const reply = await this.execute({ execute: "guest-sync", arguments: { id } });
    if (reply["return"] !== id) throw new Broken(`not my sync: ${JSON.stringify(reply)}`);
  }

  async execute(command: Reply): Promise<Reply> {
    this.wire.send(`${JSON.stringify(command)}\n`);
    return this.lines.object();
  }
}

/** test-qga: 0xFF, a delimited sync, and nothing counts up to the 0xFF that answers. */
async function testQga(wire: Wire): Promise<Reply> {
  const id = Math.floor(Math.random() * 2 ** 32);
  wire.send("\xff");
  wire.send(`{"execute": "guest-sync-delimited", "arguments": {"id": ${id}}}\n`);
  let buffer = "";
  while (!/\xff[^\n]*\n/.test(buffer)) buffer += await wire.read();
  const reply = JSON.parse(buffer.slice(buffer.indexOf("\xff") + 1)) as Reply;
  assert.equal(reply["return"], id);
  assert.ok(!("error" in reply));
  wire.send('{"execute": "guest-ping"}\n');
  return JSON.parse(await new Lines(wire).next()) as Reply;
}

const PING = { execute: "guest-ping" };
const PONG = { return: {} };
const UNKNOWN = { execute: "guest-nonesuch", arguments: { mode: "x" } };
const NOT_FOUND = {
  error: { class: "CommandNotFound", desc: "The command guest-nonesuch has not been found" },
};

/** One whole conversation of each client. Each fails where its client would. */
const CLIENTS: Readonly<Record<string, (wire: Wire) => Promise<void>>> = {
  async libvirt(wire) {
    const libvirt = new Libvirt(wire);
    await libvirt.sync();
    assert.deepEqual(await libvirt.execute(PING), PONG);
    assert.deepEqual(await libvirt.execute(UNKNOWN), NOT_FOUND);
    assert.deepEqual(await libvirt.execute(PING), PONG);
    await libvirt.sync();
    assert.equal(libvirt.syncs, 2);
  },
  async KubeVirt(wire) {
    assertInfo(await kubeVirt(wire));
  },
  async "Proxmox VE"(wire) {
    const proxmox = new Proxmox(wire);
    assert.deepEqual(await proxmox.execute(PING), PONG);
    assert.deepEqual(await proxmox.execute(UNKNOWN), NOT_FOUND);
    const info = await proxmox.execute({ execute: "guest-info" });
    assertInfo(info["return"]);
  },
  async "qapi-rs"(wire) {
    const qapi = new QapiRs(wire);
    await qapi.sync();
    assert.deepEqual(await qapi.execute(PING), PONG);
    assert.deepEqual(await qapi.execute(UNKNOWN), NOT_FOUND);
  },
  async "test-qga"(wire) {
    assert.deepEqual(await testQga(wire), PONG);
  },
};

function assertInfo(info: unknown): void {
  const { version, supported_commands: commands } = info as {
    version: string;
    supported_commands: { name: string; enabled: boolean }[];
  };
  assert.match(version, /^\d+\.\d+\.\d+/);
  assert.equal(commands.find(({ name }) => name === "guest-info")?.enabled, true);
}

/** What all of them demand of what comes over the wire, whoever reads it. */
function assertDemands(received: string, delimited: number): void {
  assert.match(received, /^(?:\xff?[\x20-\x7e]+\n)*$/, "ASCII lines with one LF at the end, 0xFF only in front");
  const lines = received.split("\n").slice(0, -1);
  for (const line of lines) {
    const reply = JSON.parse(line.replace("\xff", "")) as Reply;
    assert.ok(["return", "error"].includes(Object.keys(reply).join()), `one member and no other: ${line}`);
    if (line.startsWith("\xff")) assert.match(line, /^\xff\{"return": \d+\}$/, "only a sync that succeeded");
    else if ("error" in reply) assert.deepEqual(Object.keys(reply["error"] as Reply), ["class", "desc"]);
  }
  assert.equal(lines.filter((line) => line.startsWith("\xff")).length, delimited);
}

/** Replies in the old clients' sense: how many requests each makes, syncs among them, and how many of those are delimited. */
const REPLIES: Readonly<Record<string, readonly [all: number, delimited: number]>> = {
  libvirt: [5, 0],
  KubeVirt: [2, 0],
  "Proxmox VE": [6, 3],
  "qapi-rs": [3, 0],
  // Its 0xFF is answered as well.
  "test-qga": [3, 1],
};

type Connect = (left?: string) => Promise<Wire>;

async function connector(t: TestContext, path: string): Promise<Connect> {
  const wires: Wire[] = [];
  t.after(() => wires.forEach((wire) => wire.close()));
  return async (left = "") => {
    const socket = connect(path);
    await once(socket, "connect");
    const wire = new Wire(socket, left);
    wires.push(wire);
    return wire;
  };
}

/** Our agent on a unix socket. */
async function ours(t: TestContext, agent: Agent): Promise<Connect> {
  const path = join(temporaryFolder(t), "socket");
  const listener = await listenUnix(agent, path);
  t.after(() => listener.close());
  return connector(t, path);
}

const real = findRealAgent();
const missing = "qemu-ga is not installed (Debian package qemu-guest-agent)";

/** The real agent, which leaves when a client does with replies unread. */
async function theirs(t: TestContext): Promise<Connect> {
  assert.ok(real !== undefined, missing);
  const folder = temporaryFolder(t);
  const path = join(folder, "socket");
  const options = ["-m", "unix-listen", "-p", path, "-t", folder, "-f", join(folder, "pid")];
  await listens(new Program(t, real, options), path);
  return connector(t, path);
}

type Start = (t: TestContext) => Promise<Connect>;
const AGENTS: readonly (readonly [name: string, start: Start, skip: string | false])[] = [
  ...ENGINES.map(
    ([name, core]) => [`our agent, ${name}`, (t: TestContext) => ours(t, createAgent({ core })), false] as const,
  ),
  ["the real agent", theirs, real === undefined && !CI ? missing : false],
];

/** What earlier clients, and an agent that was killed, may have left for the next one to read. */
const LATE = '{"return": {}}\n{"return": 1234567890123}\n{"error": {"class": "GenericError", "desc": "x"}}\n';
const TORN = '{"return": {"version": "7.';
const LATE_SYNC = '\xff{"return": 17}\n';

for (const [agent, start, skip] of AGENTS) {
  for (const [client, converse] of Object.entries(CLIENTS)) {
    test(`${client} and ${agent}`, { skip }, async (t) => {
      const open = await start(t);
      for (let time = 0; time < 3; time++) {
        const wire = await open();
        await converse(wire);
        const [all, delimited] = REPLIES[client] ?? [];
        assertDemands(wire.received, delimited ?? 0);
        assert.equal(wire.received.split("\n").length - 1, all, "one line for each request, and none unasked for");
        wire.close();
      }
    });
  }

  test(`libvirt on a channel that is dirty, and ${agent}`, { skip }, async (t) => {
    const open = await start(t);
    for (const [left, syncs] of [
      [LATE, 1],
      [TORN, 2],
      [LATE + TORN, 2],
      [`${TORN}\n${LATE}`, 2],
    ] as const) {
      const wire = await open(left);
      const libvirt = new Libvirt(wire);
      await libvirt.sync();
      assert.equal(libvirt.syncs, syncs, JSON.stringify(left));
      assert.deepEqual(await libvirt.execute(UNKNOWN), NOT_FOUND);
      wire.close();
    }
    // The answers to what timed out before come first.
    const wire = await open();
    wire.send(`${JSON.stringify({ execute: "guest-info" })}\n${JSON.stringify(UNKNOWN)}\n`);
    const libvirt = new Libvirt(wire);
    await libvirt.sync();
    assert.equal(libvirt.syncs, 1);
    assert.deepEqual(await libvirt.execute(PING), PONG);
  });

  test(`Proxmox VE on a channel that is dirty, and ${agent}`, { skip }, async (t) => {
    const open = await start(t);
    for (const left of [LATE, TORN, LATE_SYNC, LATE_SYNC + LATE, LATE_SYNC + TORN, `${LATE_SYNC}{"return": {}}\n`]) {
      const wire = await open(left);
      assert.deepEqual(await new Proxmox(wire).execute(UNKNOWN), NOT_FOUND, JSON.stringify(left));
      wire.close();
    }
    // The whole answer to its batch before comes first: its id is lower.
    const wire = await open();
    const before = { execute: "guest-sync-delimited", arguments: { id: Number(`${process.pid}01`) } };
    wire.send(`${JSON.stringify(before)}\n${JSON.stringify(UNKNOWN)}\n`);
    assert.deepEqual(await new Proxmox(wire, 1).execute(PING), PONG);
  });

  test(`test-qga on a channel that is dirty, and ${agent}`, { skip }, async (t) => {
    const open = await start(t);
    for (const left of [LATE, TORN, `\n\n${TORN}`]) {
      const wire = await open(left);
      assert.deepEqual(await testQga(wire), PONG);
      wire.close();
    }
    for (const half of ['{"execute":"guest-pi', '{"execute":"guest-ping","id":[']) {
      const wire = await open();
      wire.send(half);
      assert.deepEqual(await testQga(wire), PONG, "its 0xFF ends what an earlier client began");
      wire.close();
    }
  });
}

for (const [name, core] of ENGINES) {
  // On the real agent only those that send 0xFF survive this.
  test(`what another client left behind on our agent, ${name}, is nobody else's`, async (t) => {
    const open = await ours(t, createAgent({ core }));
    for (const half of ['{"execute":"guest-pi', '{"execute":"guest-ping","id":[', '"', "@", '{"a":"\\', "12", "[[["]) {
      for (const [client, converse] of Object.entries(CLIENTS)) {
        const other = await open();
        other.send(half);
        const stays = await open();
        stays.send(half);
        other.close();
        const wire = await open();
        await converse(wire);
        const [all] = REPLIES[client] ?? [];
        assert.equal(wire.received.split("\n").length - 1, all, `${client} after ${half}`);
        wire.close();
        stays.close();
      }
    }
  });

  test(`a reply that would cost libvirt its connection is an error on our agent, ${name}`, async (t) => {
    const commands = [{ name: "test-large", run: () => "x".repeat(11_000_000) }];
    const open = await ours(t, createAgent({ core, plugins: [{ name: "guestwire-plugin-test", api: 1, commands }] }));
    const libvirt = new Libvirt(await open());
    await libvirt.sync();
    const { error } = await libvirt.execute({ execute: "test-large" });
    assert.equal((error as Reply)["class"], "GenericError");
    assert.deepEqual(await libvirt.execute(PING), PONG);
    assert.equal(libvirt.syncs, 1);
  });

  test(`Proxmox VE takes a shutdown that cuts the connection for an answer; our agent, ${name}`, async (t) => {
    const commands = [{ name: "guest-shutdown", successResponse: false, run: () => void agent.close() }];
    const agent = createAgent({ core, plugins: [{ name: "guestwire-plugin-test", api: 1, commands }] });
    const wire = await (await ours(t, agent))();
    assert.deepEqual(await new Proxmox(wire).execute({ execute: "guest-shutdown" }), {});
  });
}

test("the readers are as strict as the clients", async (t) => {
  const open = await ours(t, createAgent());
  const broken = async (left: string, use: (wire: Wire) => Promise<unknown>): Promise<void> => {
    const wire = await open(left);
    await assert.rejects(use(wire), Broken, JSON.stringify(left));
    wire.close();
  };
  const libvirt = async (wire: Wire): Promise<void> => {
    const client = new Libvirt(wire);
    await client.sync();
    await client.execute(PING);
  };
  const qapi = (wire: Wire): Promise<void> => new QapiRs(wire).sync();
  for (const left of ["x\nx\n", '[]\n{"a": 1}\n', `${"x".repeat(11_000_000)}`.repeat(2)]) await broken(left, libvirt);
  for (const left of ["x\n", '{"return": 1}\n', TORN, "\xff"]) await broken(left, qapi);
  await broken(`\xff{"return": 1e300}\n{"return": {}}\n`, (wire) => new Proxmox(wire).execute(PING));
});
