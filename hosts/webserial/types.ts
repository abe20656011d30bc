// What this host needs of the Web Serial API: browsers' own objects fit, and so do those of tests and polyfills.

/** The options of `SerialPort.open`. */
export interface SerialSettings {
  /** Bits per second; a device without a real serial line ignores it. Default 115,200. */
  readonly baudRate?: number | undefined;
  /** 7 or 8, which is the default. */
  readonly dataBits?: number | undefined;
  /** 1, which is the default, or 2. */
  readonly stopBits?: number | undefined;
  /** Default `none`. */
  readonly parity?: "none" | "even" | "odd" | undefined;
  /** Default `none`. */
  readonly flowControl?: "none" | "hardware" | undefined;
  /**
   * Bytes that the browser holds in each direction, up to 16,777,216 in Chromium. Default 65,536: the browser's own default
   * of 255 makes it ten times slower, and loses bytes where the page is slow.
   */
  readonly bufferSize?: number | undefined;
}

/** What is known of a port's device. Ports that are part of a machine have nothing of it. */
export interface SerialPortInfoLike {
  readonly usbVendorId?: number | undefined;
  readonly usbProductId?: number | undefined;
  readonly bluetoothServiceClassId?: number | string | undefined;
}

export interface PortReader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(reason?: unknown): Promise<void>;
  releaseLock(): void;
}

export interface PortWriter {
  write(chunk: Uint8Array): Promise<void>;
  close(): Promise<void>;
  abort(reason?: unknown): Promise<void>;
  releaseLock(): void;
}

/** An event as far as it matters here. */
export interface EventLike {
  readonly target: unknown;
}

interface EventTargetLike {
  addEventListener(type: string, listener: (event: EventLike) => void): void;
  removeEventListener(type: string, listener: (event: EventLike) => void): void;
}

/** A `SerialPort`. */
export interface SerialPortLike extends EventTargetLike {
  readonly readable: { getReader(): PortReader } | null;
  readonly writable: { getWriter(): PortWriter } | null;
  /** Whether its device is there; browsers before 2024 do not say. */
  readonly connected?: boolean | undefined;
  getInfo(): SerialPortInfoLike;
  open(options: SerialSettings & { readonly baudRate: number }): Promise<void>;
  close(): Promise<void>;
}

/** `navigator.serial`. Its chooser is for pages only. */
export interface SerialLike extends EventTargetLike {
  getPorts(): Promise<SerialPortLike[]>;
  requestPort?(options?: { filters?: SerialPortInfoLike[] }): Promise<SerialPortLike>;
}
