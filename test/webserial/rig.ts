// A transport over a fake port, what its receiver hears and what its observer is told, under a clock of the test's.

import assert from "node:assert/strict";
import { fakeClock } from "guestwire/testing";
import { type WebSerialOptions, type WebSerialTransport, openWebSerial } from "guestwire/webserial";
import { Notes } from "../hosts/notes.ts";
import { FakeLine, type FakePort, FakeSerial } from "./fake-serial.ts";

/** Lets streams do what they can do by now. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export class Rig {
  readonly clock = fakeClock();
  readonly serial = new FakeSerial();
  readonly line = new FakeLine(this.clock);
  readonly notes = new Notes();
  readonly records: string[] = [];
  readonly errors: Error[] = [];
  port: FakePort = this.serial.plug(this.line);
  transport!: WebSerialTransport;
  private states: string[] = [];

  async open(options: WebSerialOptions = {}): Promise<this> {
    this.transport = await openWebSerial(this.port, {
      clock: this.clock,
      serial: this.serial,
      random: () => 0,
      logger: { log: (level, _domain, message) => this.records.push(`${level} ${message}`) },
      observer: (event) => {
        if (event.error !== undefined) this.errors.push(event.error);
        this.states.push(event.type === "state" ? event.state : event.type);
      },
      ...options,
    });
    return this;
  }

  /** Opens and starts. */
  async start(options?: WebSerialOptions): Promise<this> {
    await this.open(options);
    this.transport.start(this.notes);
    await turns();
    assert.equal(this.told(), "opening open");
    assert.equal(this.heard(), "lost reopened");
    return this;
  }

  unplug(): void {
    this.serial.unplug(this.port);
  }

  /** Plugs the device in, which gets a new port object. */
  plug(): void {
    this.port = this.serial.plug(this.line);
  }

  write(text: string): boolean {
    return this.transport.write(Buffer.from(text, "latin1"));
  }

  async pass(ms: number): Promise<void> {
    await turns();
    this.clock.pass(ms);
    await turns();
  }

  /** Passes whatever time is wanted until a promise settles. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isDone = false;
    const done = (): void => void (isDone = true);
    promise.then(done, done);
    for (let steps = 0; steps < 10_000; steps++) {
      await turns();
      if (isDone) return promise;
      this.clock.pass(this.clock.next ?? 0);
    }
    throw new Error("it does not settle");
  }

  /** What the receiver heard since the last time. */
  heard(): string {
    return this.notes.events.splice(0).join(" ");
  }

  /** What the observer was told since the last time. */
  told(): string {
    return this.states.splice(0).join(" ");
  }

  /** Bytes that came to the receiver since the last time. */
  bytes(): string {
    const { bytes } = this.notes;
    this.notes.bytes = "";
    return bytes;
  }

  /** Nothing is left behind. */
  isClean(): void {
    assert.equal(this.clock.pending, 0, "timers");
    assert.equal(this.serial.listening, 0, "listeners of the API");
    for (const port of this.serial.ports) {
      assert.equal(port.listening, 0, "listeners of a port");
      assert.equal(port.state, "closed");
    }
    assert.equal(this.line.holder, undefined);
  }
}
