// A virtio-serial port. An end of file on it means that no host is connected, which is no end: hosts come and go. While
// there is none, both reading and waiting in epoll return at once, so that timers have to look for the next one.

import { type Clock, systemClock } from "../common/clock.ts";
import { isMemory } from "./character-device.ts";
import { closeDescriptor } from "./descriptor.ts";
import { openDeviceFile, refuse } from "./device-file.ts";
import { type Outcome, type Port, portOf } from "./port.ts";
import { PortTransport } from "./port-transport.ts";

/** Where QEMU's own agent has its port, under Linux. */
export const VIRTIO_PATH = "/dev/virtio-ports/org.qemu.guest_agent.0";

/** How long until the next look for a host, in milliseconds: at first, and after many in vain. */
const FIRST_MS = 2;
const LONGEST_MS = 250;
/**
 * How long there has to be no host until it counts as gone. What the first bytes of a new one ask for can be answered
 * before the kernel knows of it: for some milliseconds it then says that there is none.
 */
const GONE_MS = 300;
/** How long until the next try to open a port that was unplugged. */
const REOPEN_MS = 500;
/** What is read ahead, in bytes: more than the kernel keeps of what a host sends. */
const AHEAD_BYTES = 1_048_576;

/**
 * Opens a virtio-serial port. Hosts may come and go: the receiver hears `lost` when there has been none for 300 ms, and
 * what was meant for it is dropped then; `reopened` comes before the next host's first bytes. A port that is unplugged is lost
 * too, and opened again when it is back. It closes only when it is told to.
 *
 * @throws GuestwireError GW_ERR_DEVICE, with a line that says what to do: there is none, it is in use, there is no permission,
 *   it is a device of memory, as /dev/null
 */
export async function openVirtio(path: string = VIRTIO_PATH): Promise<VirtioTransport> {
  const open = (): Port => openPort(path);
  return new VirtioTransport(open(), systemClock, open);
}

function openPort(path: string): Port {
  const fd = openDeviceFile(path);
  if (!isMemory(fd)) return portOf(fd, systemClock);
  closeDescriptor(fd);
  throw refuse(`${path} is no virtio port; name one`);
}

export class VirtioTransport extends PortTransport {
  private readonly open: (() => Port) | undefined;
  private isLost = false;
  /** Since when there is no host; undefined while there is one, as far as is known. */
  private awaySince: number | undefined;
  private wait = FIRST_MS;
  /** Cancels what is to be done later: looking for a host, or for the port. */
  private cancelLook: (() => void) | undefined;
  /** What was read although the receiver paused, until it goes on. */
  private ahead: Uint8Array[] = [];
  private aheadBytes = 0;
  private cancelDelivery: (() => void) | undefined;

  /** @param open opens the port again, which was unplugged; without it that is the end */
  constructor(port: Port, clock: Clock, open?: () => Port) {
    super(port, clock);
    this.open = open;
  }

  override resume(): void {
    super.resume();
    if (this.ahead.length > 0) this.cancelDelivery ??= this.clock.after(0, () => this.deliver());
  }

  /**
   * Where output waits, it reads on for a while although the receiver paused: only that shows that the host is gone, and the
   * output with it. Otherwise the next one would get it.
   */
  protected override wantsInput(): boolean {
    if (this.awaySince !== undefined || this.cancelDelivery !== undefined) return false;
    return !this.paused || (this.waiting > 0 && this.aheadBytes < AHEAD_BYTES);
  }

  protected override take(outcome: Outcome): void {
    if (outcome instanceof Error) this.failed(outcome);
    else if (outcome.length === 0) this.noHost();
    else this.arrived(outcome);
  }

  private arrived(bytes: Uint8Array): void {
    this.awaySince = undefined;
    this.wait = FIRST_MS;
    if (this.isLost) {
      this.isLost = false;
      this.receiver?.reopened();
      if (this.over) return;
    }
    if (this.paused || this.ahead.length > 0) {
      this.ahead.push(new Uint8Array(bytes));
      this.aheadBytes += bytes.length;
    } else {
      this.tell(bytes);
    }
    this.settle();
  }

  private deliver(): void {
    this.cancelDelivery = undefined;
    while (!this.paused && !this.over) {
      const bytes = this.ahead.shift();
      if (bytes === undefined) break;
      this.aheadBytes -= bytes.length;
      this.tell(bytes);
    }
    this.settle();
  }

  private noHost(): void {
    const now = this.clock.now();
    this.awaySince ??= now;
    const left = this.awaySince + GONE_MS - now;
    if (!this.isLost && left <= 0) this.lose();
    if (this.over) return;
    // Not longer than until it counts as gone.
    this.later(this.isLost ? this.wait : Math.min(this.wait, left), () => this.look());
    this.wait = Math.min(LONGEST_MS, 2 * this.wait);
  }

  /** Whether a host is there by now. */
  private look(): void {
    const found = this.port?.read();
    if (found !== undefined) {
      this.take(found);
      return;
    }
    // There is, and it is silent.
    this.awaySince = undefined;
    this.wait = FIRST_MS;
    this.settle();
  }

  /** What was under way is lost, in both directions. */
  private lose(error?: Error): void {
    if (this.isLost) return;
    this.isLost = true;
    this.ahead = [];
    this.aheadBytes = 0;
    this.dropOutput();
    if (this.over) return;
    this.receiver?.lost(error);
    this.drained();
  }

  override write(bytes: Uint8Array): boolean {
    return this.isLost || super.write(bytes);
  }

  /** The port was unplugged, or worse. */
  protected override failed(error: Error): void {
    this.awaySince = undefined;
    this.wait = FIRST_MS;
    if (this.open === undefined) {
      this.end(error);
      return;
    }
    void this.detach();
    this.lose(error);
    if (!this.over) this.reopenLater(this.open);
  }

  private reopenLater(open: () => Port): void {
    this.later(REOPEN_MS, () => {
      try {
        this.attach(open());
        this.settle();
      } catch {
        // It is not back yet.
        this.reopenLater(open);
      }
    });
  }

  private later(ms: number, run: () => void): void {
    this.cancelLook?.();
    this.cancelLook = this.clock.after(ms, run);
  }

  protected override cancelTimers(): void {
    this.cancelLook?.();
    this.cancelDelivery?.();
  }
}
