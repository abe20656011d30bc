// The bytes in both directions, for those who want to see them.

import { type Direction, type Transport, traced } from "../../../common/index.ts";
import { traceLine } from "../paint.ts";
import type { Screen } from "./screen.ts";

/** Up to an LF, or what there is. */
const PIECE = /[^\n]*\n|[^\n]+$/g;

export class Tracer {
  isOn = false;
  private readonly screen: Screen;

  constructor(screen: Screen) {
    this.screen = screen;
  }

  /** The same transport, whose bytes are shown while this is on. */
  of(transport: Transport): Transport {
    return traced(transport, (direction, bytes) => {
      if (this.isOn) this.show(direction, Buffer.from(bytes).toString("latin1"));
    });
  }

  private show(direction: Direction, bytes: string): void {
    const { paint } = this.screen;
    const lines = bytes.match(PIECE) ?? [];
    this.screen.note(lines.map((piece) => traceLine(direction, piece, paint)).join("\n"));
  }
}
