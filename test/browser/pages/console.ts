// The console in somebody's own page, whose channel leads to an agent in the same page.

import { createAgent } from "guestwire";
import { GuestwireConsole } from "guestwire/console";
import { transportPair } from "guestwire/testing";
import { offer } from "./offer.ts";

const pair = transportPair();
createAgent().serve(pair.agent);

const element = new GuestwireConsole();
element.transport = () => pair.client;
document.body.append(element);
void element.connect();

const encoder = new TextEncoder();

offer({
  /** Many chunks come that nobody has asked for. */
  async flood(count: number) {
    for (let number = 0; number < count; number++) {
      pair.agent.write(encoder.encode(`chunk ${number}.\n`));
      if (number % 500 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
  },
});
