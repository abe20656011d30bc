// Serial ports that keep the contract of the Web Serial API: streams that lock, errors that are fatal or not, one opener at a
// time, buffers that closing a port empties. What they do besides is what was measured on Chromium.

import { ReadableStream, type ReadableStreamDefaultController, WritableStream } from "node:stream/web";
import type { Clock, Receiver, Transport } from "guestwire";
import type { EventLike, SerialLike, SerialPortInfoLike, SerialPortLike, SerialSettings } from "guestwire/webserial";

type Listener = (event: EventLike) => void;

class Target {
  private readonly listeners = new Map<string, Set<Listener>>();

  addEventListener(type: string, listener: Listener): void {
    const all = this.listeners.get(type) ?? new Set();
    this.listeners.set(type, all.add(listener));
  }

  removeEventListener(type: string, listener: Listener): void {
    this.listeners.get(type)?.delete(listener);
  }

  /** How many listen, to anything. */
  get listening(): number {
    return [...this.listeners.values()].reduce((sum, all) => sum + all.size, 0);
  }

  hear(type: string, event: EventLike): void {
    for (const listener of this.listeners.get(type) ?? []) listener(event);
  }
}

/** `navigator.serial`, with devices that a test plugs in. */
export class FakeSerial extends Target implements SerialLike {
  readonly ports: FakePort[] = [];
  /** What the person at the browser does. */
  chooser: () => Promise<SerialPortLike> = () => Promise.reject(new DOMException("No port selected", "NotFoundError"));
  asked: unknown;

  async getPorts(): Promise<FakePort[]> {
    return this.ports.filter((port) => port.connected);
  }

  requestPort(options?: unknown): Promise<SerialPortLike> {
    this.asked = options;
    return this.chooser();
  }

  /** Plugs a line in: as a new port object, or as the one that it was. */
  plug(line: FakeLine, port = new FakePort(line)): FakePort {
    if (!this.ports.includes(port)) this.ports.push(port);
    port.connected = true;
    port.hear("connect", { target: port });
    this.hear("connect", { target: port });
    return port;
  }

  unplug(port: FakePort): void {
    port.connected = false;
    port.break();
    port.hear("disconnect", { target: port });
    this.hear("disconnect", { target: port });
  }
}

/** A device: the wire between a port and its far end, and the buffers on the way out. */
export class FakeLine {
  readonly info: SerialPortInfoLike;
  readonly clock: Clock;
  /** Who has it open. */
  holder: unknown;
  /** Bytes leave the buffer at this pace on the clock; 0: at once. */
  msPerByte = 0;
  /** Nothing leaves. */
  isStalled = false;
  /** Whether closing a writer waits until all has left, as it should; on a pseudo-terminal it does not. */
  isHonest = true;
  /** Bytes that were thrown away instead of sent. */
  lost = 0;
  readonly far: FarEnd;
  readonly incoming: Uint8Array[] = [];
  private readonly outgoing: Uint8Array[] = [];
  private outgoingBytes = 0;
  private isPumping = false;
  private changed: (() => void)[] = [];

  constructor(clock: Clock, info: SerialPortInfoLike = { usbVendorId: 0x1234, usbProductId: 1 }) {
    this.clock = clock;
    this.info = info;
    this.far = new FarEnd(this);
  }

  /** Takes bytes to send as soon as there is room. */
  async transmit(bytes: Uint8Array, room: number, isOver: () => boolean): Promise<void> {
    while (this.outgoingBytes >= room && !isOver()) await this.change();
    if (isOver()) return;
    this.outgoing.push(bytes.slice());
    this.outgoingBytes += bytes.length;
    this.pump();
  }

  async empty(isOver: () => boolean): Promise<void> {
    while (this.isHonest && this.outgoingBytes > 0 && !isOver()) await this.change();
  }

  /** What is in the buffers is gone. */
  flush(): void {
    this.lost += this.outgoingBytes;
    this.outgoing.length = 0;
    this.outgoingBytes = 0;
    this.incoming.length = 0;
    this.notify();
  }

  /** Bytes move again. */
  release(): void {
    this.isStalled = false;
    this.pump();
  }

  private pump(): void {
    if (this.isPumping || this.isStalled) return;
    const [chunk] = this.outgoing;
    if (chunk === undefined) return;
    if (this.msPerByte === 0) {
      this.leave(chunk);
      return;
    }
    this.isPumping = true;
    this.clock.after(chunk.length * this.msPerByte, () => {
      this.isPumping = false;
      if (this.outgoing[0] === chunk) this.leave(chunk);
      else this.pump();
    });
  }

  private leave(chunk: Uint8Array): void {
    this.outgoing.shift();
    this.outgoingBytes -= chunk.length;
    this.far.hear(chunk);
    this.notify();
    this.pump();
  }

  notify(): void {
    for (const wake of this.changed.splice(0)) wake();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.changed.push(resolve));
  }
}

/** The other end of a line: what an agent or a client there talks through, or a test. */
export class FarEnd implements Transport {
  /** What came, where nobody was started on it, one character for each byte. */
  text = "";
  /** Whether anybody reads at the port; who writes here is not held back. */
  port: FakePort | undefined;
  private readonly line: FakeLine;
  private receiver: Receiver | undefined;

  constructor(line: FakeLine) {
    this.line = line;
  }

  start(receiver: Receiver): void {
    this.receiver = receiver;
  }

  hear(bytes: Uint8Array): void {
    if (this.receiver === undefined) this.text += Buffer.from(bytes).toString("latin1");
    else void Promise.resolve().then(() => this.receiver?.data(bytes));
  }

  /** What nobody at the port has open is gone. */
  write(bytes: Uint8Array): boolean {
    if (this.port !== undefined) {
      this.line.incoming.push(bytes.slice());
      this.port.feed();
    }
    return true;
  }

  send(text: string): void {
    this.write(Buffer.from(text, "latin1"));
  }

  take(): string {
    const { text } = this;
    this.text = "";
    return text;
  }

  pause(): void {}

  resume(): void {}

  async close(): Promise<void> {
    const { receiver } = this;
    this.receiver = undefined;
    receiver?.closed();
  }
}

const gone = (): DOMException => new DOMException("The device has been lost.", "NetworkError");

/** A `SerialPort`. */
export class FakePort extends Target implements SerialPortLike {
  connected = false;
  /** What `open` waits for, and may fail with. */
  opens: () => Promise<void> = () => Promise.resolve();
  /** How many writes still resolve after the device was lost. */
  writesAfterLoss = 0;
  /** How streams of the port count: one write, as Chromium's, or bytes, as the specification's. */
  counts: "writes" | "bytes" = "writes";
  /** Calls so far, in order. */
  readonly calls: string[] = [];
  options: SerialSettings = {};
  state: "closed" | "opening" | "opened" | "closing" = "closed";
  private readonly line: FakeLine;
  private input: ReadableStream<Uint8Array> | null = null;
  private output: WritableStream<Uint8Array> | null = null;
  private source: ReadableStreamDefaultController<Uint8Array> | undefined;
  private pulled: (() => void) | undefined;
  private isReadFatal = false;
  private isWriteFatal = false;

  constructor(line: FakeLine) {
    super();
    this.line = line;
  }

  getInfo(): SerialPortInfoLike {
    return this.line.info;
  }

  async open(options: SerialSettings): Promise<void> {
    this.calls.push("open");
    if (this.state !== "closed") throw new DOMException("The port is already open.", "InvalidStateError");
    const { baudRate = 0, bufferSize = 255, dataBits = 8 } = options;
    if (!(baudRate > 0) || !(bufferSize > 0) || ![7, 8].includes(dataBits))
      throw new TypeError("Requested value is bad");
    this.state = "opening";
    try {
      await this.opens();
      if (!this.connected || this.line.holder !== undefined) {
        throw new DOMException("Failed to open serial port.", "NetworkError");
      }
    } catch (error) {
      this.state = "closed";
      throw error;
    }
    this.options = options;
    this.line.holder = this;
    this.line.far.port = this;
    this.isReadFatal = false;
    this.isWriteFatal = false;
    this.state = "opened";
  }

  get readable(): ReadableStream<Uint8Array> | null {
    if (this.input !== null) return this.input;
    if (this.state !== "opened" || this.isReadFatal) return null;
    this.input = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.source = controller),
        pull: () =>
          new Promise<void>((resolve) => {
            this.pulled = resolve;
            this.feed();
          }),
        cancel: () => {
          this.calls.push("cancel");
          this.pulled?.();
          this.pulled = undefined;
          this.input = null;
          this.line.incoming.length = 0;
        },
      },
      { highWaterMark: 0 },
    );
    return this.input;
  }

  /** Gives the stream what came in, where it asks. */
  feed(): void {
    const bytes = this.pulled === undefined ? undefined : this.line.incoming.shift();
    if (bytes === undefined || bytes.length === 0) return;
    const resolve = this.pulled;
    this.pulled = undefined;
    this.source?.enqueue(bytes);
    resolve?.();
  }

  get writable(): WritableStream<Uint8Array> | null {
    if (this.output !== null) return this.output;
    if (this.state !== "opened" || this.isWriteFatal) return null;
    const size = this.options.bufferSize ?? 255;
    let isAborted = false;
    const isOver = (): boolean => isAborted || this.isWriteFatal;
    this.output = new WritableStream<Uint8Array>(
      {
        start: (controller) => {
          // Node's typings do not know it.
          const { signal } = controller as unknown as { signal: AbortSignal };
          signal.addEventListener("abort", () => {
            isAborted = true;
            this.line.notify();
          });
        },
        write: async (bytes) => {
          await this.line.transmit(bytes, size, isOver);
          if (isOver() && this.writesAfterLoss-- <= 0) throw gone();
        },
        close: async () => {
          this.calls.push("close writer");
          await this.line.empty(isOver);
          this.output = null;
        },
        abort: () => {
          this.calls.push("abort");
          this.line.flush();
          this.output = null;
        },
      },
      this.counts === "writes" ? { highWaterMark: 1 } : { highWaterMark: size, size: (bytes) => bytes?.length ?? 1 },
    );
    return this.output;
  }

  async close(): Promise<void> {
    this.calls.push("close");
    if (this.state !== "opened") throw new DOMException("The port is already closed.", "InvalidStateError");
    if (this.input?.locked === true || this.output?.locked === true)
      throw new TypeError("Cannot close a locked stream");
    this.state = "closing";
    await Promise.all([this.input?.cancel(), this.output?.abort().catch(() => {})]);
    this.line.flush();
    this.line.holder = undefined;
    this.line.far.port = undefined;
    this.input = null;
    this.output = null;
    this.state = "closed";
  }

  /** A read error that the port survives: there is a new stream then. */
  readError(name: string): void {
    this.input = null;
    this.fail(new DOMException(name, name));
  }

  /** The far end hangs up, or the device goes: it has to be opened again. */
  break(): void {
    if (this.state !== "opened") return;
    this.isReadFatal = true;
    this.isWriteFatal = true;
    this.input = null;
    this.output = null;
    this.line.far.port = undefined;
    this.line.notify();
    this.fail(gone());
  }

  private fail(error: DOMException): void {
    const { source } = this;
    this.source = undefined;
    this.pulled = undefined;
    source?.error(error);
  }
}
