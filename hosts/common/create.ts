// The composition root: the only place that binds and resolves what an agent is made of.

// Before tsyringe.
import "./reflect.ts";
import { container as root, instanceCachingFactory } from "tsyringe";
import type { Plugin } from "../../plugins/api.ts";
import { standard } from "../../plugins/standard/register.ts";
import { type Agent, GuestAgent } from "./agent.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Core } from "./core.ts";
import { Engine } from "./engine.ts";
import { GuestwireError } from "./errors.ts";
import type { FreezeState } from "./freeze.ts";
import { js } from "./js-core.ts";
import { type Limits, completeLimits } from "./limits.ts";
import { AgentLogger, type Logger, silent } from "./logger.ts";
import type { Policy } from "./policy.ts";
import { CLOCK, CORE, LIMITS, LOGGER } from "./tokens.ts";
import { VERSION } from "./version.ts";

export interface AgentOptions {
  /** The engine: `js` of guestwire/core, which is the default, or `wasm` of guestwire/wasm. */
  readonly core?: Core;
  readonly plugins?: readonly Plugin[];
  /** Where log records go; by default nowhere. */
  readonly logger?: Logger;
  /** Changes to the default limits. */
  readonly limits?: Partial<Limits>;
  readonly policy?: Policy;
  /** Where it is kept that the agent is frozen: it starts so where that says so. By default nowhere. */
  readonly freezeState?: FreezeState;
  /** What guest-info calls the version; by default this package's. */
  readonly version?: string;
  /** Whether the four standard commands are there. Default true. */
  readonly standard?: boolean;
  /** Time, for tests. */
  readonly clock?: Clock;
}

/**
 * Makes an agent. Throws GuestwireError: GW_ERR_CORE, GW_ERR_LIMIT, GW_ERR_WASM, and what `plugins.add` throws.
 */
export function createAgent(options: AgentOptions = {}): Agent {
  const container = root.createChildContainer();
  container.register(CORE, { useValue: engineOf(options.core ?? js) });
  container.register(LOGGER, { useValue: new AgentLogger(options.logger ?? silent) });
  container.register(CLOCK, { useValue: options.clock ?? systemClock });
  container.register(LIMITS, { useValue: completeLimits(options.limits) });
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
    options.policy ?? {},
    options.freezeState,
  );
  try {
    if (options.standard ?? true) agent.plugins.add(standard);
    for (const plugin of options.plugins ?? []) agent.plugins.add(plugin);
  } catch (error) {
    void agent.close();
    throw error;
  }
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
