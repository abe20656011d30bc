// What `guestwire agent` does: reads its configuration, then serves a channel until a signal (PROTOCOL 7.5).

import { systemClock } from "../../common/clock.ts";
import {
  type Agent,
  type AgentOptions,
  createAgent,
  GuestwireError,
  type Plugin,
  type Policy,
  VERSION,
} from "../../common/index.ts";
import type { AgentFlags } from "./agent-command.ts";
import { checkPath, wayTo } from "./channels.ts";
import { type Configuration, configure } from "./configuration.ts";
import { daemonStarted, startDaemon } from "./daemon.ts";
import { dump } from "./dump.ts";
import { DEFAULT_ENGINE, ENGINES, type EngineName } from "./engines.ts";
import { freezeState } from "./freeze-state.ts";
import { workingFolder } from "./full-path.ts";
import { keepOpen } from "./keep-open.ts";
import { asksForNames, limitsIn, namesIn } from "./lists.ts";
import { Log } from "./log.ts";
import { Mistake } from "./mistake.ts";
import { PidFile } from "./pid-file.ts";
import { StateFolder } from "./state-folder.ts";
import { stopSignal } from "./stop-signal.ts";
import { Syslog } from "./syslog.ts";
import { compileOnce, saveMemory } from "./v8-flags.ts";

/**
 * Runs the agent until SIGTERM or SIGINT, or until its only peer has ended. Throws a Mistake, a Failure or a GuestwireError
 * where it cannot start, or go on. `words` are its options, spelled out.
 */
export async function runAgent(flags: AgentFlags, words: readonly string[]): Promise<void> {
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
    const folder = workingFolder();
    // A daemon's working directory changes.
    const read = (): Configuration => configure(flags, process.env, folder);
    const configuration = read();
    const daemonServes = configuration.daemon ? daemonStarted() : undefined;
    // Of a daemon the one that starts it has said so.
    if (daemonServes === undefined) {
      for (const warning of configuration.warnings) process.stderr.write(`guestwire: ${warning}\n`);
    }
    checkPath(configuration, flags, process.env);
    if (flags.dumpConf) process.stdout.write(dump(configuration));
    else if (flags.watch) await watch(configuration, flags, words);
    else await serve(configuration, flags, read, daemonServes);
  }
}

async function watch({ daemon }: Configuration, { plugin, fd }: AgentFlags, words: readonly string[]): Promise<void> {
  if (plugin === undefined) throw new Mistake("say which plugin to watch: --plugin ./FILE");
  if (daemon || fd !== undefined) throw new Mistake("--watch goes neither with -d nor with --fd; leave one out");
  const { watchAgent } = await import("./watched-agent.ts");
  process.exit(await watchAgent(plugin, words));
}

async function serve(
  configuration: Configuration,
  flags: AgentFlags,
  read: () => Configuration,
  daemonServes: (() => void) | undefined,
): Promise<void> {
  const { daemon, logfile, pidfile, statedir, retryPath } = configuration;
  const way = wayTo(configuration, flags, process.env);
  const folder = new StateFolder(statedir);
  if (daemon && daemonServes === undefined) process.exit(await startDaemon());
  // Before there is anything to leave behind.
  const signalled = stopSignal();
  if (folder.frozen) process.stderr.write(`guestwire: ${folder.warning}\n`);

  let pidFile = daemon && !folder.frozen ? new PidFile(pidfile) : undefined;
  let log: Log | undefined;
  let syslog: Syslog | undefined;
  try {
    const opened = (log = new Log(logfile, configuration.verbose, folder.frozen));
    syslog = new Syslog(log);
    const state = freezeState(folder, log, () => {
      try {
        if (daemon) pidFile ??= new PidFile(pidfile);
      } catch (error) {
        opened.log("critical", "general", (error as Error).message);
      }
    });
    const stop = stopOn(signalled, log);
    const agent = await agentFor(flags, { logger: syslog, freezeState: state, policy: policyOf(configuration) });
    const hangUp = reloading(agent, log, read);
    process.on("SIGHUP", hangUp);
    try {
      const serves = daemonServes ?? ((): void => {});
      await keepOpen(way, agent, { retry: retryPath, logger: log, clock: systemClock, stop, tried: serves });
    } finally {
      await agent.close();
      process.off("SIGHUP", hangUp);
    }
  } catch (error) {
    // Whoever reads the file is told as well.
    if (logfile !== undefined && error instanceof Error) log?.log("critical", "general", error.message);
    throw error;
  } finally {
    await syslog?.close();
    log?.close();
    pidFile?.remove();
  }
}

function stopOn(signalled: ReturnType<typeof stopSignal>, log: Log): AbortSignal {
  const stop = new AbortController();
  void signalled.then((signal) => {
    log.log("info", "general", `stopping on ${signal}`);
    stop.abort();
  });
  return stop.signal;
}

/** What SIGHUP does. A configuration that has become wrong changes nothing. */
function reloading(agent: Agent, log: Log, read: () => Configuration): () => void {
  return () => {
    log.reopen();
    try {
      const configuration = read();
      agent.commands.setPolicy(policyOf(configuration));
      for (const warning of configuration.warnings) log.log("warning", "general", warning);
      log.log("info", "general", "the configuration was read again");
    } catch (error) {
      log.log("critical", "general", `${(error as Error).message}; the lists stay as they were`);
    }
  };
}

function policyOf({ blockRpcs, allowRpcs }: Configuration): Policy {
  const [block, allow] = [namesIn(blockRpcs), namesIn(allowRpcs)];
  // A list without a name is none, as in the original.
  return allow.length > 0 ? { allow, block } : { block };
}

async function pluginsFor({ plugin }: AgentFlags): Promise<readonly Plugin[]> {
  if (plugin === undefined) return [];
  const { loadPlugins } = await import("./plugins.ts");
  return loadPlugins(plugin);
}

type Bound = Required<Pick<AgentOptions, "logger" | "freezeState" | "policy">>;

async function agentFor(flags: AgentFlags, bound: Bound): Promise<Agent> {
  saveMemory();
  const plugins = await pluginsFor(flags);
  const make = async (engine: EngineName): Promise<Agent> => {
    if (engine === "wasm") compileOnce();
    const core = await ENGINES[engine]();
    const agent = createAgent({ ...bound, core, plugins, limits: limitsIn(flags.limit ?? []) });
    bound.logger.log("info", "general", `core ${core.name}`);
    return agent;
  };
  try {
    return await make(flags.core ?? DEFAULT_ENGINE);
  } catch (error) {
    const forbidden = error instanceof GuestwireError && error.code === "GW_ERR_WASM";
    if (!forbidden || flags.core !== undefined) throw error;
    bound.logger.log("warning", "general", error.message);
    return make("js");
  }
}
