// A part of the console: it draws what the bench has.

import { LitElement, type PropertyDeclarations } from "lit";
import type { Bench } from "../model/bench.ts";

export abstract class View extends LitElement {
  static override properties: PropertyDeclarations = { bench: { attribute: false } };

  /** Set by whoever makes the view, before it is in the page. */
  declare bench: Bench;
}
