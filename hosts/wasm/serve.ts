// An agent as a WASI command: requests from stdin, replies to stdout, log records to stderr. An entry file offers its
// commands and calls `serve` (hosts/wasm/agent-wasi.ts). It is an embedder of the flat functions like any other.
//
// Stdin and stdout may block or not; one that does not, and has nothing now, is asked again after a wait in the runtime.

import { STATUS_BUSY, STATUS_LOG, STATUS_OUTPUT } from "../../core/codes.ts";
import { lengthOf } from "../../core/bytes.ts";
import { Bytes } from "../../core/memory.ts";
import { Session } from "../../core/session.ts";
import {
  gw_add_builtin,
  gw_close,
  gw_data,
  gw_drained,
  gw_feed,
  gw_open,
  gw_output,
  gw_room,
  gw_stopped,
  gw_version,
} from "../../core/wasm.ts";
import { STDIN_FAILS, STDOUT_FAILS, fail, writeLog } from "./stderr.ts";
import { awaitInput, blocks, isCharacterDevice, read, sleep, transferred, write } from "./wasi.ts";
import { ERRNO_AGAIN, STDIN, STDOUT } from "./wasi_snapshot_preview1.ts";

/** What one read takes at most: the window has as much. */
const INPUT_BYTES: i32 = 65536;
/** The longest wait between two looks at a descriptor where nothing moves, in milliseconds. The first is 1. */
const PAUSE_MS: i32 = 100;
/**
 * A device's host is gone when reads have found the end of the file for so long. Before that it may be a new host of which
 * the kernel does not know yet.
 */
const GONE_MS: i32 = 300;

/**
 * Serves the commands that were offered, under this version in guest-info. Returns when stdin has ended and the
 * last reply is written. On a character device, an end of the file says that no host is there: it goes on. Where stdin or
 * stdout fails it ends the program with status 1 and a line on stderr.
 */
export function serve(version: Bytes): void {
  gw_add_builtin(0);
  const length = lengthOf(version);
  memory.copy(gw_room(length), changetype<usize>(version), length);
  gw_version(length);
  new Server().run();
}

class Server {
  private session: Session = changetype<Session>(gw_open());
  /** STATUS_ bits, as the last call gave them. */
  private status: i32 = 0;
  private input: usize = heap.alloc(INPUT_BYTES);
  /** The bytes of `input` from `at` to `end` are not fed yet. */
  private at: i32 = 0;
  private end: i32 = 0;
  /** No more will come. */
  private ended: bool = false;
  private isDevice: bool = isCharacterDevice(STDIN);
  private mayBlock: bool = blocks(STDIN);
  /** The next wait, in milliseconds. */
  private pause: i32 = 1;
  /** For how many milliseconds reads have found the end of the file. */
  private away: i32 = 0;

  run(): void {
    while (true) {
      this.write();
      const blocked = (this.status & STATUS_OUTPUT) !== 0;
      if (this.at < this.end) {
        if ((this.status & STATUS_BUSY) === 0) this.feed();
        else this.wait();
      } else if (this.ended) {
        if (!blocked) return;
        this.wait();
      } else if (blocked && this.mayBlock) {
        // The peer may want the rest of a reply before it says more.
        this.wait();
      } else {
        this.read(blocked);
      }
    }
  }

  /** Writes replies until there are none, or stdout takes no more now. */
  private write(): void {
    while ((this.status & STATUS_OUTPUT) !== 0) {
      const count = gw_output(this.session);
      const errno = write(STDOUT, gw_data(), count);
      if (errno === ERRNO_AGAIN) return;
      if (errno !== 0) fail(STDOUT_FAILS, errno);
      this.pause = 1;
      this.status = gw_drained(this.session, transferred());
    }
  }

  private feed(): void {
    const count = this.end - this.at;
    memory.copy(gw_room(count), this.input + this.at, count);
    this.status = gw_feed(this.session, 0, count);
    this.at += (this.status & STATUS_BUSY) === 0 ? count : gw_stopped();
    if ((this.status & STATUS_LOG) !== 0) writeLog();
  }

  private read(blocked: bool): void {
    const errno = read(STDIN, this.input, INPUT_BYTES);
    if (errno === ERRNO_AGAIN) {
      this.away = 0;
      if (!blocked && awaitInput(STDIN)) this.pause = 1;
      else this.wait();
      return;
    }
    if (errno !== 0) fail(STDIN_FAILS, errno);
    this.at = 0;
    this.end = transferred();
    if (this.end > 0) {
      this.pause = 1;
      this.away = 0;
    } else if (this.isDevice) {
      this.away += this.pause;
      this.wait();
      if (this.away >= GONE_MS) this.forget();
    } else {
      this.ended = true;
    }
  }

  /** The host is gone: its half message and the replies that it did not take go too. */
  private forget(): void {
    gw_close(this.session);
    this.session = changetype<Session>(gw_open());
    this.status = 0;
  }

  /** Waits, each time longer until something moves. */
  private wait(): void {
    sleep(this.pause);
    this.pause = min(this.pause << 1, PAUSE_MS);
  }
}
