// The part of a transport that the core needs.

import { Bytes } from "./memory.ts";

export abstract class Output {
  /**
   * Offers `length` bytes. Returns how many were taken: all of them, or 0 where the peer does not read. What was not
   * taken waits in the session until `Session.drained` is called. The bytes are valid until the call returns.
   */
  abstract write(bytes: Bytes, from: i32, length: i32): i32;
}
