// What `guestwire agent` does: checks what was typed, serves, and ends on a signal.

import {
  type Agent,
  type Core,
  createAgent,
  type FreezeState,
  GuestwireError,
  type Plugin,
  VERSION,
} from "../../common/index.ts";
import { listenUnix } from "../unix.ts";
import type { AgentFlags } from "./agent-command.ts";
import { DEFAULT_ENGINE, ENGINES, type EngineName } from "./engines.ts";
import { freezeState } from "./freeze-state.ts";
import { asksForNames, limitsIn, namesIn } from "./lists.ts";
import { Log } from "./log.ts";
import { Mistake } from "./mistake.ts";
import { StateFolder } from "./state-folder.ts";
import { stopSignal } from "./stop-signal.ts";

/** Runs the agent until SIGTERM or SIGINT. Throws a Mistake or a GuestwireError where it cannot start. */
export async function runAgent(flags: AgentFlags): Promise<void> {
  if (flags.version) {
    process.stdout.write(`Guestwire Guest Agent ${VERSION}\n`);
  } else if (asksForNames([...(flags.blockRpcs ?? []), ...(flags.allowRpcs ?? [])])) {
    const agent = createAgent({ core: await ENGINES.js(), plugins: await pluginsFor(flags) });
    process.stdout.write(
      agent.commands
        .list()
        .map(({ name }) => `${name}\n`)
        .join(""),
    );
  } else {
    await serve(flags);
  }
}

async function serve(flags: AgentFlags): Promise<void> {
  const path = socketPath(flags);
  const folder = flags.statedir === undefined ? undefined : new StateFolder(flags.statedir);
  if (flags.watch) {
    if (flags.plugin === undefined) throw new Mistake("say which plugin to watch: --plugin ./FILE");
    const { watchAgent } = await import("./watched-agent.ts");
    process.exit(await watchAgent(flags.plugin));
  }
  if (folder?.frozen) process.stderr.write(`guestwire: ${folder.warning}\n`);
  const log = new Log(flags.logfile, flags.verbose ?? false, folder?.frozen);
  const state = folder === undefined ? undefined : freezeState(folder, log, () => {});
  try {
    const { agent, core } = await agentFor(flags, await pluginsFor(flags), log, state);
    const stopped = stopSignal();
    const listener = await listenUnix(agent, path);
    log.log("info", "general", `listening on ${path}, core ${core.name}`);
    log.log("info", "general", `stopping on ${await stopped}`);
    await listener.close();
    await agent.close();
  } finally {
    log.close();
  }
}

function socketPath(flags: AgentFlags): string {
  if (flags.method === undefined) throw new Mistake("say which channel to use: -m unix-listen");
  if (flags.method !== "unix-listen") {
    throw new Mistake(`there is no channel method '${flags.method}'; use -m unix-listen`);
  }
  if (flags.path === undefined) throw new Mistake("say where the socket is to be: -p PATH");
  return flags.path;
}

async function pluginsFor({ plugin }: AgentFlags): Promise<readonly Plugin[]> {
  if (plugin === undefined) return [];
  const { loadPlugins } = await import("./plugins.ts");
  return loadPlugins(plugin);
}

interface Made {
  readonly agent: Agent;
  readonly core: Core;
}

async function agentFor(
  flags: AgentFlags,
  plugins: readonly Plugin[],
  log: Log,
  state: FreezeState | undefined,
): Promise<Made> {
  const allow = namesIn(flags.allowRpcs ?? []);
  const block = namesIn(flags.blockRpcs ?? []);
  const make = async (engine: EngineName): Promise<Made> => {
    const core = await ENGINES[engine]();
    const agent = createAgent({
      core,
      plugins,
      logger: log,
      ...(state === undefined ? {} : { freezeState: state }),
      limits: limitsIn(flags.limit ?? []),
      // A list without a name is none, as in the original.
      policy: allow.length > 0 ? { allow, block } : { block },
    });
    return { agent, core };
  };
  try {
    return await make(flags.core ?? DEFAULT_ENGINE);
  } catch (error) {
    const forbidden = error instanceof GuestwireError && error.code === "GW_ERR_WASM";
    if (!forbidden || flags.core !== undefined) throw error;
    log.log("warning", "general", error.message);
    return make("js");
  }
}
