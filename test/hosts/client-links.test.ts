// A client on links that come back: over unix sockets and terminal devices, whose other ends go and come under its calls.

import assert from "node:assert/strict";
import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Agent, createAgent, reconnecting } from "guestwire";
import { CallError, type GuestClient, connect } from "guestwire/client";
import { SocketTransport, connectUnix, openDevice } from "guestwire/node";
import { CLI, Program, moment, temporaryFolder } from "./rig.ts";
import { Device, skipTerminal } from "./terminal.ts";

const QUICK = { minMs: 1, maxMs: 10 };
const LIVES = 4;
/** More than a call needs. */
const AMPLE = { timeoutMs: 60_000 };

/** Calls without end until told to stop; each must settle right, or say that the link or the answer was lost. */
class Caller {
  answered = 0;
  private isOver = false;
  private readonly done: Promise<void>;
  private readonly client: GuestClient;

  constructor(client: GuestClient) {
    this.client = client;
    this.done = this.run();
  }

  private async run(): Promise<void> {
    for (let id = 1; !this.isOver; id++) {
      try {
        assert.equal(await this.client.executeUntyped("guest-sync", { id }, AMPLE), id);
        this.answered++;
      } catch (error) {
        assert.ok(error instanceof CallError && ["GW_ERR_LINK", "GW_ERR_REPLY"].includes(error.code), String(error));
      }
    }
  }

  /** Waits for more answers. */
  async more(): Promise<void> {
    const before = this.answered;
    while (this.answered < before + 20) await Promise.race([moment(), this.done]);
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.done;
  }
}

/** The next call is answered, after one synchronisation at most. */
async function isBack(client: GuestClient): Promise<void> {
  const { resyncs } = client.stats;
  await client.ping(AMPLE);
  assert.ok(client.stats.resyncs <= resyncs + 1, `${client.stats.resyncs - resyncs} synchronisations`);
  assert.equal(client.state, "ready");
}

test("an agent on a unix socket is killed and started again under calls", async (t) => {
  const path = join(temporaryFolder(t), "socket");
  const agent = (): Program => new Program(t, process.execPath, [CLI, "agent", "-m", "unix-listen", "-p", path]);
  // Nobody listens yet.
  const connecting = connect(
    reconnecting(() => connectUnix(path), QUICK),
    AMPLE,
  );
  let program = agent();
  const client = await connecting;
  for (let life = 1; life < LIVES; life++) {
    const caller = new Caller(client);
    await caller.more();
    program.kill("SIGKILL");
    await program.ended;
    if (life === 2) await assert.rejects(client.ping({ timeoutMs: 50 }), { code: "GW_ERR_TIMEOUT", sent: false });
    program = agent();
    await caller.more();
    await caller.stop();
    await isBack(client);
    assert.ok(client.stats.resyncs >= life);
  }
  await client.close();
  assert.equal(client.state, "closed");
});

test("the far end of a device goes and comes under calls", { skip: skipTerminal }, async (t) => {
  const path = join(temporaryFolder(t), "port");
  /** Names the line of a new device, as a system names a port that was plugged in, and has an agent serve it. */
  const plug = async (agent: Agent): Promise<Device> => {
    const device = await Device.make(t);
    rmSync(path, { force: true });
    symlinkSync(device.path, path);
    agent.serve(new SocketTransport(device.otherEnd));
    return device;
  };
  let agent = createAgent();
  let device = await plug(agent);
  const client = await connect(
    reconnecting(() => openDevice(path), QUICK),
    AMPLE,
  );
  for (let life = 1; life < LIVES; life++) {
    const caller = new Caller(client);
    await caller.more();
    await device.hangUp();
    await agent.close();
    agent = createAgent();
    device = await plug(agent);
    await caller.more();
    await caller.stop();
    await isBack(client);
    assert.ok(client.stats.resyncs >= life);
  }
  await client.close();
  await device.hangUp();
  await agent.close();
});
