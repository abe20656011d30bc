// Finds a device again that went away. It comes back as the port object that it was, or as a new one.

import type { EventLike, SerialLike, SerialPortInfoLike, SerialPortLike } from "./types.ts";

export class Finder {
  /** The device, as it was last seen. */
  port: SerialPortLike;
  private readonly serial: SerialLike | undefined;
  /** Other devices: they were there beside it, so that none of them is it come back, however like it they are. */
  private readonly others = new WeakSet<object>();
  /** What was there beside it when it was last looked for. */
  private beside: readonly SerialPortLike[] = [];
  /** It is not open: what comes may be it. */
  private isAway = true;
  /** What came meanwhile and is like it. Nothing else brings a new object: permissions are given at any time. */
  private readonly came = new Set<SerialPortLike>();
  /** Others only because they were listed when it was lost: the list may have what comes before its event is told. */
  private readonly listed = new Set<SerialPortLike>();
  private arrived: (port: SerialPortLike) => void = () => {};

  /** Without `serial` only the same port object is found. */
  constructor(port: SerialPortLike, serial: SerialLike | undefined) {
    this.port = port;
    this.serial = serial;
    serial?.addEventListener("connect", this.connected);
    serial?.addEventListener("disconnect", this.disconnected);
  }

  stop(): void {
    this.serial?.removeEventListener("connect", this.connected);
    this.serial?.removeEventListener("disconnect", this.disconnected);
    this.arrived = () => {};
  }

  /** It is there, as it seems, and about to be opened. */
  async look(): Promise<void> {
    this.beside = (await this.ports()).filter((port) => port !== this.port);
  }

  /** It was opened: what was there beside it are others, and what comes from now on. */
  here(): void {
    this.setAside([...this.beside, ...this.came]);
    this.came.clear();
    this.listed.clear();
    this.isAway = false;
  }

  /** It was lost: what comes from now on may be it, and what is there already are others. */
  away(): void {
    this.isAway = true;
    void this.ports().then((ports) => {
      const there = ports.filter((port) => !this.came.has(port) && !this.others.has(port));
      for (const port of there) this.listed.add(port);
      this.setAside(there);
    });
  }

  private setAside(ports: readonly SerialPortLike[]): void {
    for (const port of ports) if (port !== this.port) this.others.add(port);
  }

  /** Settles when it is there. */
  async find(): Promise<SerialPortLike> {
    const arrival = new Promise<SerialPortLike>((resolve) => (this.arrived = resolve));
    this.port = this.port.connected === true ? this.port : await Promise.race([arrival, this.search(arrival)]);
    return this.port;
  }

  private async search(arrival: Promise<SerialPortLike>): Promise<SerialPortLike> {
    const ports = await this.ports();
    const isHere = (port: SerialPortLike): boolean =>
      port.connected ?? (this.serial === undefined || ports.includes(port));
    return [this.port, ...this.came].find((port) => this.mayBe(port) && isHere(port)) ?? arrival;
  }

  private readonly connected = (event: EventLike): void => {
    const port = event.target as SerialPortLike;
    // Ours may be gone though its channel is yet to find out.
    if (!this.isAway && this.port.connected !== false) {
      this.setAside([port]);
      return;
    }
    if (this.listed.delete(port)) this.others.delete(port);
    if (this.mayBe(port)) {
      this.came.add(port);
      this.arrived(port);
    }
  };

  /** It was there: should it come back, it is still another. */
  private readonly disconnected = (event: EventLike): void => {
    this.listed.delete(event.target as SerialPortLike);
  };

  private mayBe(port: SerialPortLike): boolean {
    if (port === this.port) return true;
    return !this.others.has(port) && port.readable === null && isSame(port.getInfo(), this.port.getInfo());
  }

  private async ports(): Promise<readonly SerialPortLike[]> {
    try {
      return (await this.serial?.getPorts()) ?? [];
    } catch {
      return [];
    }
  }
}

function isSame(one: SerialPortInfoLike, other: SerialPortInfoLike): boolean {
  return (["usbVendorId", "usbProductId", "bluetoothServiceClassId"] as const).every((id) => one[id] === other[id]);
}
