// What a transport needs of a descriptor that does not block. Tests script one.

import type { Clock } from "../common/clock.ts";
import { EpollPort } from "./epoll-port.ts";
import { PolledPort } from "./polled-port.ts";

/** What reading found: bytes, which are valid until the next read of any port; none of them is an end of file. */
export type Outcome = Uint8Array | Error;

export interface Port {
  /** Reads once. Undefined: nothing has come yet. */
  read(): Outcome | undefined;
  /** Returns how many bytes were taken: 0 where the descriptor takes none at the moment. Throws what the system says. */
  write(bytes: Uint8Array): number;
  /**
   * Tells what reading finds, as it comes, until `unwatch`, an end of file or an error; never from inside this call. Does
   * nothing while it watches already.
   */
  watch(heard: (outcome: Outcome) => void): void;
  unwatch(): void;
  /** Gives the descriptor back. Settles always. */
  close(): Promise<void>;
}

/** Takes over a descriptor of a character device that was opened with O_NONBLOCK. */
export function portOf(fd: number, clock: Clock): Port {
  return EpollPort.of(fd) ?? new PolledPort(fd, clock);
}
