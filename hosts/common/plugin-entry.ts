// guestwire/plugin: all that an author of plugins imports. Nothing here brings tsyringe, or the agent, into a bundle.

export {
  type AgentContext,
  API,
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
export {
  type ArgumentsOf,
  type CommandDefinition,
  defineCommand,
  definePlugin,
  type ResultOf,
} from "../../plugins/define.ts";
export type {
  IntegerWord,
  Members,
  ObjectOf,
  StandardIssue,
  StandardResult,
  StandardSchema,
  Type,
  ValueOf,
  Word,
} from "../../plugins/schema.ts";
export type { Clock } from "./clock.ts";
export type { LimitName, Limits } from "./limits.ts";
export type { LogDomain, Logger, LogLevel } from "./logger.ts";
export { AGENT, CLOCK, COMMAND, FREEZE, FREEZER, LIMITS, LOGGER } from "./tokens.ts";
