// A plugin that has a timer as long as it is there.

import { COMMAND, type HostCommand, type Plugin, defineCommand } from "guestwire/plugin";

const TICKER = Symbol("Ticker");

class Ticker {
  private readonly timer = setInterval(() => {}, 1000);

  dispose(): void {
    clearInterval(this.timer);
  }
}

const plugin: Plugin = {
  name: "ticking",
  api: 1,
  register(container) {
    container.registerSingleton(TICKER, Ticker);
    container.register<HostCommand>(COMMAND, {
      useFactory: (scope) => {
        scope.resolve(TICKER);
        return defineCommand({ name: "tick", arguments: {}, run: () => 1 });
      },
    });
  },
};

export default plugin;
