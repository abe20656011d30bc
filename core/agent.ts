// An agent: its commands, its switches and its sessions.

import { Bytes, freeBytes } from "./memory.ts";
import { Output } from "./output.ts";
import { Parser } from "./parser.ts";
import { Session } from "./session.ts";
import { Shared } from "./shared.ts";

export class Agent extends Shared {
  /** Closed sessions, for the next peers. */
  private pool: Session | null = null;

  /** What guest-info calls the version, in UTF-8. The bytes are kept. */
  setVersion(bytes: Bytes, length: i32): void {
    freeBytes(this.version);
    this.version = bytes;
    this.versionLength = length;
  }

  /** A peer is there. What it is sent goes to `output`, or waits in the session for a host that comes for it. */
  open(output: Output | null): Session {
    let session = this.pool;
    if (session === null) session = new Session(this, new Parser(this.limits));
    else this.pool = session.next;
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

  /** Only commands marked for it may run, and nothing is logged, or things are as ever (PROTOCOL 7.2). */
  freeze(frozen: bool): void {
    this.frozen = frozen;
    this.logger.enabled = !frozen;
  }
}
