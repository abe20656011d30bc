// openDevice: terminal devices as transports.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "guestwire/client";
import { type Receiver, createAgent } from "guestwire";
import { SocketTransport, openDevice } from "guestwire/node";
import { moment, temporaryFolder } from "./rig.ts";
import { Device, skipTerminal } from "./terminal.ts";

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/** Keeps what a transport says. */
class Listener implements Receiver {
  received = Buffer.alloc(0);
  readonly events: string[] = [];
  data(bytes: Uint8Array): void {
    this.received = Buffer.concat([this.received, bytes]);
  }
  drained(): void {}
  ended(): void {
    this.events.push("ended");
  }
  lost(): void {
    this.events.push("lost");
  }
  reopened(): void {
    this.events.push("reopened");
  }
  closed(error?: Error): void {
    this.events.push(`closed ${error?.message ?? "as usual"}`);
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await moment();
}

const descriptors = (): number => readdirSync("/proc/self/fd").length;

test("a device takes and gives all byte values, and leaves no descriptor", { skip: skipTerminal }, async (t) => {
  const device = await Device.make(t);
  const before = descriptors();
  for (let round = 0; round < 3; round++) {
    const transport = await openDevice(device.path);
    const listener = new Listener();
    transport.start(listener);
    let arrived = Buffer.alloc(0);
    const take = (bytes: Buffer): void => void (arrived = Buffer.concat([arrived, bytes]));
    device.otherEnd.on("data", take);
    transport.write(ALL_BYTES);
    await until(() => arrived.length >= 256);
    device.otherEnd.write(ALL_BYTES);
    await until(() => listener.received.length >= 256);
    device.otherEnd.off("data", take);
    assert.deepEqual(arrived, ALL_BYTES);
    assert.deepEqual(listener.received, ALL_BYTES);
    await transport.close();
    assert.deepEqual(listener.events, ["closed as usual"]);
  }
  await until(() => descriptors() <= before);
});

test("a device that hangs up is closed as usual", { skip: skipTerminal }, async (t) => {
  for (const writes of [false, true]) {
    const device = await Device.make(t);
    const transport = await openDevice(device.path);
    const listener = new Listener();
    transport.start(listener);
    await device.hangUp();
    if (writes) transport.write(ALL_BYTES);
    await until(() => listener.events.length > 0);
    await transport.close();
    assert.equal(listener.events.at(-1), "closed as usual");
    await assert.rejects(openDevice(device.path), { code: "GW_ERR_DEVICE" });
  }
});

test("an agent and a client at the ends of a device, with large messages", { skip: skipTerminal }, async (t) => {
  const device = await Device.make(t);
  const agent = createAgent();
  agent.serve(new SocketTransport(device.otherEnd));
  const client = await connect(await openDevice(device.path));
  await client.ping();
  const name = "x".repeat(100_000);
  await assert.rejects(client.executeUntyped(name), { name: "AgentError", errorClass: "CommandNotFound" });
  assert.equal(await client.executeUntyped("guest-sync", { id: 2n ** 60n }), 2n ** 60n);
  await client.close();
  await agent.close();
});

test("what is no terminal device", async (t) => {
  const refused = (path: string, message: RegExp): Promise<void> =>
    assert.rejects(openDevice(path), { name: "GuestwireError", code: "GW_ERR_DEVICE", message });
  const folder = temporaryFolder(t);
  await refused(folder, /is no terminal device; name one/);
  await refused("/dev/null", /\/dev\/null is no terminal; name a serial line or a pseudo-terminal/);
  await refused(join(folder, "missing"), /there is no device .*missing; attach it or name another one/);
  await refused("", /there is no device/);
  await refused("a\0b", /cannot be used/);
});
