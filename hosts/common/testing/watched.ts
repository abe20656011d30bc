// A plugin with somebody who sees its commands run.

import { COMMAND, type CommandBinding, type HostCommand, type Plugin } from "../../../plugins/api.ts";
import { takeCommand } from "../plugin-checks.ts";

/**
 * The same plugin; `started` is told of each call, with what settles when the command has
 * finished, however it did.
 */
export function watched(plugin: Plugin, started: (finished: Promise<void>) => void): Plugin {
  const watch = ({ run }: HostCommand): HostCommand["run"] => {
    return (args, call) => {
      let finish = (): void => {};
      started(new Promise((resolve) => (finish = resolve)));
      try {
        const result = run(args, call);
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
    get commands() {
      return plugin.commands ?? [];
    },
    register(container) {
      // Only what the agent gets of COMMAND is another: all else is the plugin's, in its own container.
      container.afterResolution<CommandBinding>(COMMAND, (_token, commands) => {
        // The plugin itself may have asked for one.
        if (!Array.isArray(commands)) return;
        for (const [index, command] of commands.entries()) {
          const kept = takeCommand(plugin.name, command);
          commands[index] = "run" in kept ? { ...kept, run: watch(kept) } : kept;
        }
      });
      return plugin.register?.(container);
    },
  };
}
