// A plugin with somebody who sees its commands run.

import type { Plugin, CommandBinding, HostCommand } from "../../../plugins/api.ts";
import { COMMAND } from "../../../plugins/api.ts";

/**
 * The same plugin; `started` is told of each call, with what settles when the command has
 * finished, however it did.
 */
export function watched(plugin: Plugin, started: (finished: Promise<void>) => void): Plugin {
  const watch = (command: HostCommand): HostCommand["run"] => {
    return (args, call) => {
      let finish = (): void => {};
      started(new Promise((resolve) => (finish = resolve)));
      try {
        const result = command.run(args, call);
        void Promise.resolve(result).then(finish, finish);
        return result;
      } catch (error) {
        finish();
        throw error;
      }
    };
  };
  return {
    name: plugin.name,
    api: plugin.api,
    register(container) {
      // What it binds is seen here first.
      const scope = container.createChildContainer();
      plugin.register?.(scope);
      for (const command of plugin.commands ?? []) scope.register<CommandBinding>(COMMAND, { useValue: command });
      const commands = scope.isRegistered(COMMAND) ? scope.resolveAll<CommandBinding>(COMMAND) : [];
      for (const command of commands) {
        const useValue = "run" in command ? withRun(command, watch(command)) : command;
        container.register<CommandBinding>(COMMAND, { useValue });
      }
    },
  };
}

/** The same command, which may be an object of a class, with another `run`. */
function withRun(command: HostCommand, run: HostCommand["run"]): HostCommand {
  return new Proxy(command, { get: (target, key) => (key === "run" ? run : (Reflect.get(target, key) as unknown)) });
}
