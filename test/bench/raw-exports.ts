// agent.wasm by its exports alone, as an embedder without this package calls it.

import { STATUS_OUTPUT, WINDOW_BYTES } from "../../core/codes.ts";
import type { Exports } from "../exports.ts";
import type { Answerer } from "./answerers.ts";
import { type WasmModule, instantiate } from "./wasm-api.ts";

export class RawExports implements Answerer {
  readonly subject: string;
  readonly out = new Uint8Array(2 * WINDOW_BYTES);
  private readonly exports: Exports;
  private readonly session: number;
  private readonly window: number;
  private memory: Uint8Array;
  private view: Uint8Array = new Uint8Array(0);

  constructor(subject: string, module: WasmModule) {
    this.subject = subject;
    this.exports = instantiate(module) as Exports;
    this.window = this.exports.gw_room(0);
    this.exports.gw_add_builtin(0);
    this.session = this.exports.gw_open();
    this.memory = new Uint8Array(this.exports.memory.buffer);
  }

  /** Bytes of the instance's memory. */
  get bytes(): number {
    return this.exports.memory.buffer.byteLength;
  }

  /** Takes WINDOW_BYTES at most. What does not fit into `out` is counted and dropped. */
  answer(chunk: Uint8Array): number {
    const { exports, session } = this;
    // The memory may have grown in the call before this one; then the view is empty.
    if (this.memory.length === 0) this.memory = new Uint8Array(exports.memory.buffer);
    this.memory.set(chunk, this.window);
    let length = 0;
    let status = exports.gw_feed(session, 0, chunk.length);
    while ((status & STATUS_OUTPUT) !== 0) {
      const count = exports.gw_output(session);
      const room = this.out.length - length;
      if (room > 0) this.copyOut(exports.gw_data(), length, Math.min(count, room));
      length += count;
      status = exports.gw_drained(session, count);
    }
    return length;
  }

  private copyOut(from: number, to: number, count: number): void {
    if (this.memory.length === 0) this.memory = new Uint8Array(this.exports.memory.buffer);
    // A view costs more than a short copy, and short replies of one length lie at one place.
    if (this.view.byteOffset !== from || this.view.length !== count) {
      this.view = this.memory.subarray(from, from + count);
    }
    this.out.set(this.view, to);
  }
}
