// The composition root: the only place that binds and resolves what an agent is made of.

// Before tsyringe.
import "./reflect.ts";
import { type DependencyContainer, container as root, instanceCachingFactory } from "tsyringe";
import { API, type CommandBinding, COMMAND, type Plugin } from "../../plugins/api.ts";
import { standard } from "../../plugins/standard/register.ts";
import { type Agent, GuestAgent } from "./agent.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Core } from "./core.ts";
import { Engine } from "./engine.ts";
import { GuestwireError } from "./errors.ts";
import { js } from "./js-core.ts";
import { type Limits, completeLimits } from "./limits.ts";
import { AgentLogger, type Logger, silent } from "./logger.ts";
import { CLOCK, CORE, LIMITS, LOGGER } from "./tokens.ts";
import { VERSION } from "./version.ts";

/** Which commands are enabled at the start. Names that no command has are accepted, as in the original. */
export interface Policy {
  /** Only these; without it all. */
  readonly allow?: readonly string[];
  /** Not these, whatever `allow` says. */
  readonly block?: readonly string[];
}

export interface AgentOptions {
  /** The engine: `js` of guestwire/core, which is the default, or `wasm` of guestwire/wasm. */
  readonly core?: Core;
  readonly plugins?: readonly Plugin[];
  /** Where log records go; by default nowhere. */
  readonly logger?: Logger;
  /** Changes to the default limits. */
  readonly limits?: Partial<Limits>;
  readonly policy?: Policy;
  /** What guest-info calls the version; by default this package's. */
  readonly version?: string;
  /** Whether the four standard commands are there. Default true. */
  readonly standard?: boolean;
  /** Time, for tests. */
  readonly clock?: Clock;
}

/**
 * Makes an agent. Throws GuestwireError: GW_ERR_CORE, GW_ERR_LIMIT, GW_ERR_API, GW_ERR_COMMAND_NAME,
 * GW_ERR_DUPLICATE_COMMAND, GW_ERR_UNKNOWN_COMMAND (a portable command that this agent.wasm does not contain), GW_ERR_WASM.
 */
export function createAgent(options: AgentOptions = {}): Agent {
  const container = root.createChildContainer();
  container.register(CORE, { useValue: engineOf(options.core ?? js) });
  container.register(LOGGER, { useValue: new AgentLogger(options.logger ?? silent) });
  container.register(CLOCK, { useValue: options.clock ?? systemClock });
  container.register(LIMITS, { useValue: completeLimits(options.limits) });
  const plugins = [...((options.standard ?? true) ? [standard] : []), ...(options.plugins ?? [])];
  for (const plugin of plugins) install(container, plugin);

  container.register(Engine, {
    useFactory: instanceCachingFactory((scope) => {
      const logger = scope.resolve<AgentLogger>(LOGGER);
      return new Engine(
        scope.resolve<Core>(CORE),
        (level, domain, message) => logger.log(level, domain, message),
        scope.resolve<Limits>(LIMITS),
        options.version ?? VERSION,
      );
    }),
  });
  const agent = new GuestAgent(
    container,
    container.resolve(Engine),
    container.resolve<Clock>(CLOCK),
    container.resolve<AgentLogger>(LOGGER),
    container.resolve<Limits>(LIMITS),
    plugins,
  );
  applyPolicy(agent, options.policy ?? {});
  return agent;
}

/** The option, which is an engine: its name alone would not bring it into the program. */
function engineOf(core: Core): Core {
  if (typeof core.start === "function") return core;
  throw new GuestwireError(
    "GW_ERR_CORE",
    "the option core is no engine: import { wasm } from guestwire/wasm, or { js } from guestwire/core, and hand that in",
  );
}

function install(container: DependencyContainer, plugin: Plugin): void {
  if (plugin.api !== API) {
    throw new GuestwireError(
      "GW_ERR_API",
      `plugin '${plugin.name}' is written for API ${plugin.api}; this agent has API ${API}`,
    );
  }
  plugin.register?.(container);
  for (const command of plugin.commands ?? []) {
    container.register<CommandBinding>(COMMAND, { useValue: command });
  }
}

function applyPolicy(agent: Agent, policy: Policy): void {
  for (const { name } of agent.commands.list()) {
    const allowed = policy.allow === undefined || policy.allow.includes(name);
    if (!allowed || policy.block?.includes(name)) agent.commands.disable(name);
  }
}
