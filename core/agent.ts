// An agent: its commands, its switches and its sessions.

import { Command } from "./command.ts";
import { Logger } from "./logger.ts";
import { Bytes } from "./memory.ts";
import { Output } from "./output.ts";
import { Session } from "./session.ts";
import { Shared } from "./shared.ts";

export class Agent {
  shared: Shared;
  /** Closed sessions, for the next peers. */
  private pool: Session | null = null;

  constructor(logger: Logger) {
    this.shared = new Shared(logger);
  }

  /** Registers a command; false where there is one of the name. Later ones come first in guest-info. */
  add(command: Command): bool {
    return this.shared.registry.add(command);
  }

  /** What guest-info calls the version, in UTF-8. The bytes are kept. */
  setVersion(bytes: Bytes, length: i32): void {
    this.shared.version = bytes;
    this.shared.versionLength = length;
  }

  /** A peer is there. */
  open(output: Output): Session {
    const session = this.pool;
    if (session === null) return new Session(this.shared, output);
    this.pool = session.next;
    session.next = null;
    session.open(output);
    return session;
  }

  /** A peer is gone, and all that it left behind. The session must not be used after it. */
  close(session: Session): void {
    if (!session.isOpen) return;
    session.close();
    session.next = this.pool;
    this.pool = session;
  }

  /** Only commands marked for it may run, and nothing is logged (PROTOCOL 7.2). */
  freeze(): void {
    this.shared.registry.frozen = true;
    this.shared.logger.enabled = false;
  }

  thaw(): void {
    this.shared.registry.frozen = false;
    this.shared.logger.enabled = true;
  }
}
