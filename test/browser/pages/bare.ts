// One console in a page, with channels that few pages have. Nobody is at their other end.

import { GuestwireConsole, type Transport } from "guestwire/console";
import { offer } from "./offer.ts";

const element = new GuestwireConsole();
document.body.append(element);

const channel: Transport = {
  start() {},
  write: () => true,
  pause() {},
  resume() {},
  close: async () => {},
};

offer({
  /** One that never comes. */
  never() {
    element.transport = () => new Promise(() => {});
  },
  /** One that closes when it is asked a second time. */
  stalling() {
    let end = (): void => {};
    const closed = new Promise<void>((resolve) => (end = resolve));
    let calls = 0;
    const close = (): Promise<void> => {
      if (++calls === 2) end();
      return closed;
    };
    element.transport = () => ({ ...channel, close });
  },
  /** One from which a large chunk comes. */
  large() {
    element.transport = () => ({
      ...channel,
      start: (receiver) => void setTimeout(() => receiver.data(new Uint8Array(2 ** 24))),
    });
  },
  /** How many tasks come in between a click and the file that it gives. */
  turns() {
    let turns = 0;
    const turn = (): void => {
      turns++;
      setTimeout(turn);
    };
    document.addEventListener("click", () => setTimeout(turn), { capture: true, once: true });
    return new Promise((resolve) => (HTMLAnchorElement.prototype.click = () => resolve(turns)));
  },
});
