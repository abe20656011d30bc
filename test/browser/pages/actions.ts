// What tests have a page or a worker do with the one port that it may use.

import { type Agent, createAgent } from "guestwire";
import { type GuestClient, connect } from "guestwire/client";
import { type SerialLike, type WebSerialTransport, openWebSerial } from "guestwire/webserial";
import { echo } from "../echo.ts";
import type { Functions } from "./offer.ts";

const { serial } = navigator as unknown as { serial: SerialLike };

let transport: WebSerialTransport;
let agent: Agent;
let client: GuestClient;
let states: string[] = [];
let received: number[] = [];
/** The device's comings and goings, as the browser told them. */
const changes: string[] = [];
for (const type of ["connect", "disconnect"] as const) serial.addEventListener(type, () => void changes.push(type));

async function moment(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 2));
}

async function open(): Promise<void> {
  const [port] = await serial.getPorts();
  if (port === undefined) throw new Error("no port");
  transport = await openWebSerial(port, {
    // Closing waits as long as a line of this speed needs.
    baudRate: 4_000_000,
    minMs: 1,
    maxMs: 20,
    observer: (event) => states.push(event.type === "state" ? event.state : event.type),
  });
}

export const actions: Functions = {
  open,
  close: () => transport.close(),
  /** Closes, and a second time so many microtasks later. */
  async closeTwice(later: number) {
    const closed = transport.close();
    for (let turn = 0; turn < later; turn++) await Promise.resolve();
    await Promise.all([closed, transport.close()]);
  },
  /** The states since the last question, as soon as this one is the last of them. */
  async states(last: string) {
    while (states.at(-1) !== last) await moment();
    return states.splice(0).join(" ");
  },
  /** Settles when it is open, now. */
  async isOpen() {
    while (transport.state !== "open") await moment();
  },
  /** Settles when the device has come or gone so many times since the page is there. */
  async changed(count: number) {
    while (changes.length < count) await moment();
  },
  async ports() {
    return (await serial.getPorts()).length;
  },

  /** Keeps all that comes. */
  listen() {
    received = [];
    transport.start({
      data: (bytes) => void received.push(...bytes),
      drained() {},
      ended() {},
      lost() {},
      reopened() {},
      closed() {},
    });
  },
  send: (bytes: number[]) => transport.write(Uint8Array.from(bytes)),
  /** So many of the bytes that came. */
  async received(count: number) {
    while (received.length < count) await moment();
    return received.splice(0, count);
  },

  /** Is an agent. */
  async serve() {
    await open();
    agent = createAgent({ version: "1.2.3", plugins: [echo], limits: { errorsInRow: 0 } });
    agent.serve(transport);
  },
  /** Is one for a single reply, and closes as soon as that is written, whether or not it has gone. */
  async serveOnce() {
    await open();
    const answering = transport;
    agent = createAgent({ plugins: [echo] });
    const closed = new Promise<void>((resolve) => {
      const write = answering.write.bind(answering);
      answering.write = (bytes) => {
        const taken = write(bytes);
        resolve(agent.close());
        return taken;
      };
    });
    agent.serve(answering);
    await closed;
  },
  stop: () => agent.close(),

  /** Is a client. */
  async connect() {
    await open();
    client = await connect(transport);
  },
  execute: (name: string, args?: object) => client.executeUntyped(name, args),
  disconnect: () => client.close(),
  /** Opens, has a long text echoed, and closes, so many times; how often it came back whole. */
  async rounds(count: number) {
    let whole = 0;
    for (let round = 0; round < count; round++) {
      await open();
      client = await connect(transport);
      const text = `${round} `.repeat(200);
      if ((await client.executeUntyped("echo", { text })) === text) whole++;
      await client.close();
    }
    return whole;
  },
};
