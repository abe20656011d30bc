// guestwire: an agent on any transport.

export { createAgent, type AgentOptions } from "./create.ts";
export type { Agent, AgentStats, Commands } from "./agent.ts";
export type { PluginInfo, Plugins } from "./plugins.ts";
export type { Clock } from "./clock.ts";
export type { Core } from "./core.ts";
export { type ErrorCode, GuestwireError } from "./errors.ts";
export type { FreezeState } from "./freeze.ts";
export { LIMIT_NAMES, type LimitName, type Limits } from "./limits.ts";
export type { LogDomain, Logger, LogLevel } from "./logger.ts";
export type { Policy } from "./policy.ts";
export { reconnecting, type ReconnectingOptions } from "./reconnecting.ts";
export type { Session } from "./session.ts";
export { type ReadableLike, streams, type WritableLike } from "./streams.ts";
export { AGENT, CLOCK, COMMAND, CORE, FREEZE, FREEZER, LIMITS, LOGGER, TRANSPORT } from "./tokens.ts";
export { type Direction, traced } from "./traced.ts";
export type { Receiver, Transport } from "./transport.ts";
export { VERSION } from "./version.ts";
export {
  type AgentContext,
  type CallContext,
  type CommandBinding,
  type CommandDescription,
  CommandError,
  type ErrorClass,
  type Freeze,
  type Freezer,
  type HostCommand,
  type Plugin,
  type PortableCommand,
  type SessionContext,
} from "../../plugins/api.ts";
