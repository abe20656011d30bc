// A serial port of the browser's as a transport that comes back: the states of its life, over one channel after the other.

import type { CallSignal } from "../../plugins/api.ts";
import { systemClock } from "../common/clock.ts";
import { AgentLogger, silent } from "../common/logger.ts";
import { Observers } from "../common/observers.ts";
import { type ReconnectingOptions, reconnecting } from "../common/reconnecting.ts";
import type { Receiver, Transport } from "../common/transport.ts";
import { type ChannelOptions, PortChannel, STALL_MS } from "./channel.ts";
import { Finder } from "./finder.ts";
import { openPort } from "./open-port.ts";
import { browserSerial } from "./request.ts";
import type { SerialLike, SerialPortLike, SerialSettings } from "./types.ts";
import { within } from "./within.ts";

/**
 * `opening`: for the first time. `open`: bytes go. `lost`: the device is gone, or its other end hung up, or opening it again
 * failed. `reopening`: it is there again, and is being opened. `closed`: for good.
 */
export type WebSerialState = "closed" | "opening" | "open" | "lost" | "reopening";

export type WebSerialEvent =
  /** `error` says why, where it is known. */
  | { readonly type: "state"; readonly state: WebSerialState; readonly error?: Error }
  /** Break, framing, parity, overrun: bytes may be torn or missing here, and the port goes on. */
  | { readonly type: "error"; readonly error: Error };

export type WebSerialObserver = (event: WebSerialEvent) => void;

export interface WebSerialOptions extends SerialSettings, ReconnectingOptions {
  /** The longest wait before a try to open it again, in milliseconds. Default 1000, or minMs where that is more. */
  readonly maxMs?: number | undefined;
  /** Is told all that `observe` tells, from `opening` on. */
  readonly observer?: WebSerialObserver | undefined;
  /** Where the device is looked for when it comes back. Default `navigator.serial`. */
  readonly serial?: SerialLike | undefined;
  /** Gives up opening it for the first time; later it is of no matter. */
  readonly signal?: CallSignal | undefined;
}

export interface WebSerialTransport extends Transport {
  readonly state: WebSerialState;
  /** The port in use: when a device comes back it can be another object. */
  readonly port: SerialPortLike;
  /** Tells an observer what happens from now on, each event in a microtask; returns what ends it. */
  observe(observer: WebSerialObserver): () => void;
  /**
   * Sends what was written, and closes the port. It takes as long as the line needs for that, and some seconds at most where
   * nothing moves. A second call does not wait for bytes to leave.
   */
  close(): Promise<void>;
}

/**
 * Opens a port, for an agent or a client. When the device goes away or its other end hangs up, the receiver hears `lost`, and
 * when it is back, as this object or as a new one with the same USB ids, `reopened`, until `close`.
 *
 * @param port of `requestPort`, or of `navigator.serial.getPorts()`; not open
 * @throws GuestwireError GW_ERR_DEVICE: taken, gone, or open already; GW_ERR_FORBIDDEN; GW_ERR_LIMIT: an option is out of its
 *   range. The signal's reason
 */
export async function openWebSerial(port: SerialPortLike, options: WebSerialOptions = {}): Promise<WebSerialTransport> {
  options.signal?.throwIfAborted();
  const transport = new SerialTransport(port, options);
  await transport.open(options.signal);
  return transport;
}

class SerialTransport implements WebSerialTransport {
  state: WebSerialState = "closed";
  private readonly finder: Finder;
  private readonly channelOptions: ChannelOptions;
  private readonly inner: Transport;
  private readonly logger: AgentLogger;
  private readonly observers = new Observers<WebSerialEvent>();
  /** The port is being opened, or was. */
  private opening: Promise<PortChannel> | undefined;
  private channel: PortChannel | undefined;
  private closing: Promise<void> | undefined;
  /** The first channel waits for the start. */
  private isFresh = true;

  constructor(port: SerialPortLike, options: WebSerialOptions) {
    const { observer, serial = browserSerial(), clock = systemClock, logger = silent } = options;
    const { minMs = 100, maxMs = Math.max(1000, minMs) } = options;
    const { baudRate = 115_200, bufferSize = 65_536, dataBits, stopBits, parity, flowControl } = options;
    this.logger = new AgentLogger(logger);
    this.inner = reconnecting((signal) => this.next(signal), { ...options, minMs, maxMs });
    this.finder = new Finder(port, serial);
    if (observer !== undefined) this.observers.add(observer);
    this.channelOptions = {
      settings: { baudRate, bufferSize, dataBits, stopBits, parity, flowControl },
      clock,
      survived: (error) => this.survived(error),
      lost: (error) => {
        this.finder.away();
        this.become("lost", error);
      },
    };
  }

  get port(): SerialPortLike {
    return this.finder.port;
  }

  observe(observer: WebSerialObserver): () => void {
    return this.observers.add(observer);
  }

  async open(signal: CallSignal | undefined): Promise<void> {
    this.become("opening");
    try {
      await this.openChannel(signal);
    } catch (error) {
      this.end(error as Error);
      throw error;
    }
  }

  /** The channel that is carried next. */
  private async next(signal: CallSignal): Promise<Transport> {
    const { isFresh, channel } = this;
    this.isFresh = false;
    if (isFresh && channel !== undefined) {
      if (channel.failure === undefined) return channel;
      await channel.close();
      throw channel.failure;
    }
    await this.finder.find();
    signal.throwIfAborted();
    this.become("reopening");
    return this.openChannel();
  }

  private async openChannel(signal?: CallSignal): Promise<PortChannel> {
    this.opening = this.opened(signal);
    this.channel = await this.opening;
    return this.channel;
  }

  private async opened(signal: CallSignal | undefined): Promise<PortChannel> {
    const { port } = this;
    await this.finder.look();
    signal?.throwIfAborted();
    await openPort(port, this.channelOptions.settings, signal);
    try {
      const channel = new PortChannel(port, this.channelOptions);
      this.finder.here();
      this.become("open");
      return channel;
    } catch (error) {
      await within(this.channelOptions.clock, STALL_MS, port.close());
      throw error;
    }
  }

  start(receiver: Receiver): void {
    this.inner.start({
      data: (bytes) => receiver.data(bytes),
      drained: () => receiver.drained(),
      ended: () => receiver.ended(),
      lost: (error) => {
        if (!this.isFresh) this.become("lost", error);
        receiver.lost(error);
      },
      reopened: () => receiver.reopened(),
      closed: (error) => receiver.closed(error),
    });
  }

  write(bytes: Uint8Array): boolean {
    return this.inner.write(bytes);
  }

  pause(): void {
    this.inner.pause();
  }

  resume(): void {
    this.inner.resume();
  }

  close(): Promise<void> {
    if (this.closing !== undefined) this.channel?.hurry();
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    this.finder.stop();
    await this.inner.close();
    // One that is just being opened is closed as soon as it is; one that was never started has nobody else.
    if (this.opening !== undefined) await within(this.channelOptions.clock, STALL_MS, this.opening);
    await this.channel?.close();
    this.end();
  }

  private end(error?: Error): void {
    this.finder.stop();
    this.become("closed", error);
  }

  private survived(error: Error): void {
    this.logger.log("warning", "general", error.message);
    this.observers.tell({ type: "error", error });
  }

  /** Once it is being closed, only that counts. */
  private become(state: WebSerialState, error?: Error): void {
    if (this.state === state || (this.closing !== undefined && state !== "closed")) return;
    this.state = state;
    this.observers.tell(error === undefined ? { type: "state", state } : { type: "state", state, error });
  }
}
