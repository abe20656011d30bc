// A port whose reading waits in epoll: no wake-ups while nothing comes. Node has no public way to it that outlives an end
// of file, so this takes the handle that its sockets are made of.

import { getSystemErrorName } from "node:util";
import { canBePolled } from "./character-device.ts";
import { readNow, writeNow } from "./descriptor.ts";
import type { Outcome, Port } from "./port.ts";
import { buffer } from "./reader.ts";

interface Handle {
  onread: () => void;
  open(fd: number): number;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  readStop(): number;
  close(closed: () => void): void;
}

/** What Node's own sockets use. */
interface Bindings {
  readonly Pipe: new (type: number) => Handle;
  /** What a handle has read, at the place `kReadBytesOrError`: a count, or a negative error. */
  readonly streamBaseState: Int32Array;
  readonly kReadBytesOrError: number;
}

/** Of pipe_wrap: neither a server nor one that passes descriptors. */
const SOCKET = 0;

export class EpollPort implements Port {
  private readonly fd: number;
  private readonly handle: Handle;
  private watching = false;
  private heard: (outcome: Outcome) => void = () => {};

  private constructor(fd: number, handle: Handle, bindings: Bindings) {
    this.fd = fd;
    this.handle = handle;
    handle.useUserBuffer(buffer);
    handle.onread = () => this.hear(bindings.streamBaseState[bindings.kReadBytesOrError] ?? 0);
  }

  /** Undefined where the runtime refuses the handle, or it is not known that epoll takes this character device. */
  static of(fd: number): EpollPort | undefined {
    const bindings = bindingsOf();
    // Asked before: the handle takes any descriptor, and aborts the process when it is to read.
    if (bindings === undefined || !canBePolled(fd)) return undefined;
    const handle = new bindings.Pipe(SOCKET);
    if (handle.open(fd) === 0) return new EpollPort(fd, handle, bindings);
    handle.close(() => {});
    return undefined;
  }

  private hear(count: number): void {
    if (count === 0 || !this.watching) return;
    if (count > 0) {
      this.heard(buffer.subarray(0, count));
      return;
    }
    // It has stopped reading by itself.
    this.watching = false;
    const name = getSystemErrorName(count);
    this.heard(name === "EOF" ? buffer.subarray(0, 0) : Object.assign(new Error(`read ${name}`), { code: name }));
  }

  read(): Outcome | undefined {
    return readNow(this.fd);
  }

  write(bytes: Uint8Array): number {
    return writeNow(this.fd, bytes);
  }

  watch(heard: (outcome: Outcome) => void): void {
    if (this.watching) return;
    this.watching = true;
    this.heard = heard;
    const failed = this.handle.readStart();
    if (failed < 0) process.nextTick(() => this.hear(failed));
  }

  unwatch(): void {
    if (this.watching) this.handle.readStop();
    this.watching = false;
  }

  close(): Promise<void> {
    this.unwatch();
    return new Promise((resolve) => this.handle.close(resolve));
  }
}

let found: Bindings | undefined;

/** Undefined where the runtime refuses them, as Node does under its permission model, or does not have them. */
function bindingsOf(): Bindings | undefined {
  return (found ??= lookForBindings());
}

function lookForBindings(): Bindings | undefined {
  // Where pending deprecations are shown, this one would be, on the stderr of an agent.
  const { noDeprecation } = process;
  process.noDeprecation = true;
  try {
    const binding = Reflect.get(process, "binding") as (name: string) => object;
    const bindings = { ...binding("pipe_wrap"), ...binding("stream_wrap") } as Partial<Bindings>;
    const { Pipe, streamBaseState, kReadBytesOrError } = bindings;
    if (typeof Pipe !== "function" || typeof kReadBytesOrError !== "number") return undefined;
    if (!(streamBaseState instanceof Int32Array) || !("useUserBuffer" in Pipe.prototype)) return undefined;
    return { Pipe, streamBaseState, kReadBytesOrError };
  } catch {
    return undefined;
  } finally {
    process.noDeprecation = noDeprecation ?? false;
  }
}
