// A view is drawn again when one of its models has changed.

import type { LitElement } from "lit";
import type { Notifier } from "../model/notifier.ts";

/**
 * Draws a view again after each change of the models that `of` gives, as long as it is in the page. Many changes at once
 * are one drawing; `perFrame`: those of a whole frame.
 */
export function watch(view: LitElement, of: () => readonly Notifier[], perFrame = false): void {
  let ends: readonly (() => void)[] = [];
  let frame = 0;
  const draw = (): void => {
    if (!perFrame) view.requestUpdate();
    else if (frame === 0) {
      frame = requestAnimationFrame(() => {
        frame = 0;
        view.requestUpdate();
      });
    }
  };
  view.addController({
    hostConnected() {
      ends = of().map((model) => model.observe(draw));
      view.requestUpdate();
    },
    hostDisconnected() {
      for (const end of ends) end();
      cancelAnimationFrame(frame);
      frame = 0;
    },
  });
}
