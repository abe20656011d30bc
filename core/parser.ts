// Bytes to messages, and the memory that a message may take.

import { ascii } from "./bytes.ts";
import { ERR_SIZE, LIMIT_MESSAGE_BYTES, MORE, NO_ERROR } from "./codes.ts";
import { COMPLETE, Framer } from "./framer.ts";
import { BASE_BYTES, ECHO_BYTES, IDLE_BYTES, SLICE_BYTES, claim } from "./limits.ts";
import { Bytes } from "./memory.ts";

export class Parser extends Framer {
  /** Where the slice ends that there is room for. */
  private stop: i32 = 0;
  /** Its share of the memory of all sessions. */
  private charged: i32 = 0;

  /** New input: what `feed` knows of the last one does not hold. */
  begin(): void {
    this.stop = 0;
  }

  /**
   * Reads up to the end of a message, COMPLETE, or up to `end`, MORE; `at` says where it stopped. After COMPLETE
   * `forgetMessage` must follow. Calls that go on in one input need one `begin`.
   */
  feed(input: Bytes, at: i32, end: i32): i32 {
    this.at = at;
    while (this.at < end) {
      if (this.at >= this.stop && !this.slice(end)) {
        // There is no memory for the message: what it holds goes back first, else nothing could be read any more.
        this.forgetMessage();
        this.release(0);
        return this.giveUp();
      }
      while (this.at < this.stop) {
        const token = this.scan(input, this.at, this.stop);
        if (token !== MORE && this.accept(token) === COMPLETE) return COMPLETE;
      }
      // A token alone that passes the limit by two is given up without waiting for its end (PROTOCOL 2.7).
      if (this.insideToken() && this.tokenLength() > this.limits[LIMIT_MESSAGE_BYTES] + 1) return this.giveUp();
    }
    return MORE;
  }

  /** The message is too large: it ends here, and what follows is read afresh. */
  private giveUp(): i32 {
    this.forgetToken();
    return this.refuse(ERR_SIZE);
  }

  /**
   * How far to read in one go: SLICE_BYTES at most, and no further than a token may grow, so that it is given up at the
   * same byte whatever the chunks were. Makes room for the slice; false where the budget does not allow it. The room
   * lasts for the slice whatever messages end in it: each starts where the document is empty.
   */
  private slice(end: i32): bool {
    const most = this.limits[LIMIT_MESSAGE_BYTES];
    let count = end - this.at;
    if (count > SLICE_BYTES) count = SLICE_BYTES;
    let left = most + 2;
    if (this.insideToken()) {
      left -= this.tokenLength();
      // Of a token that ends past the limit only what its error echoes is kept.
      if (this.used > most + ECHO_BYTES) this.dropToken();
    }
    if (count > left) count = left;
    if (!this.reserve(count)) {
      // What an earlier message needed goes back first; then there is always room for a slice.
      if (!this.isIdle()) return false;
      this.release(0);
      this.reserve(count);
    }
    this.stop = this.at + count;
    return true;
  }

  private reserve(count: i32): bool {
    const need = this.used + count;
    let size = this.capacity;
    if (need > size) {
      const most = this.limits[LIMIT_MESSAGE_BYTES] + ECHO_BYTES + SLICE_BYTES + ECHO_BYTES;
      size = size === 0 ? BASE_BYTES : size << 1;
      if (size > most) size = most;
      if (size < need) size = need;
    }
    const hold = this.held() - this.capacity + size;
    const charge = hold > BASE_BYTES + BASE_BYTES ? hold : 0;
    if (!claim(this.limits, this.charged, charge)) return false;
    this.charged = charge;
    if (size > this.capacity) this.grow(size);
    return true;
  }

  /** Forgets everything and gives large blocks back. */
  reset(): void {
    this.forgetToken();
    this.forgetMessage();
    this.trim();
  }

  /** Gives large blocks back, where no message is held. */
  trim(): void {
    if (this.isIdle()) this.release(IDLE_BYTES);
  }

  /** Gives blocks of more than `most` bytes back. */
  private release(most: i32): void {
    this.shrink(most);
    claim(this.limits, this.charged, 0);
    this.charged = 0;
  }

  /** Whether `bytes` from `at` to `end` are one complete value and nothing else; then it stands in the document. */
  parse(bytes: Bytes, at: i32, end: i32): bool {
    this.reset();
    this.begin();
    let status = this.feed(bytes, at, end);
    for (at = this.at; at < end; at++) {
      if ((bytes[at] as i32) > 0x20) return false;
    }
    this.begin();
    // A number or a keyword ends at the byte behind it.
    if (status === MORE) status = this.feed(SPACE, 0, 1);
    return status === COMPLETE && this.error === NO_ERROR;
  }
}

const SPACE: Bytes = ascii(" ");
