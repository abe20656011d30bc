// Tokens of what the composition root resolves. Symbols by name, so that two copies of the package agree on them.

export { COMMAND, FREEZE, FREEZER } from "../../plugins/api.ts";
/** What a plugin may know of its agent: an AgentContext. */
export const AGENT = Symbol.for("guestwire/Agent/1");
/** The engine: a Core. */
export const CORE = Symbol.for("guestwire/Core/1");
/** The transport of one session; bound in that session's own container. */
export const TRANSPORT = Symbol.for("guestwire/Transport/1");
/** Where log records go: a Logger. */
export const LOGGER = Symbol.for("guestwire/Logger/1");
/** Time: a Clock. */
export const CLOCK = Symbol.for("guestwire/Clock/1");
/** The limits: a complete Limits. */
export const LIMITS = Symbol.for("guestwire/Limits/1");
