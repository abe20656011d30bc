// How plugins and commands are written down: with the types of arguments and results inferred.

import type { CallContext, HostCommand, Plugin } from "./api.ts";
import type { Members, ObjectOf, StandardSchema, Type, ValueOf } from "./schema.ts";

/** What a command gets that declares its arguments so. */
export type ArgumentsOf<Args> =
  Args extends StandardSchema<infer Output> ? Output : Args extends Members ? ObjectOf<Args> : Record<string, unknown>;

/** What a command may return that declares its result so: nothing, where `{}` will do. */
export type ResultOf<Returns> = Returns extends Type ? OrNothing<ReadonlyOf<ValueOf<Returns>>> : unknown;

type OrNothing<T> = Record<string, never> extends T ? T | void : T;

/** Lists that need not be the command's own to change, and objects that are empty where they have no members. */
type ReadonlyOf<T> = T extends readonly (infer Item)[]
  ? readonly ReadonlyOf<Item>[]
  : T extends object
    ? [keyof T] extends [never]
      ? Readonly<Record<string, never>>
      : { readonly [Name in keyof T]: ReadonlyOf<T[Name]> }
    : T;

/** A host command whose `run` has types. */
export interface CommandDefinition<Args, Returns, Result = ResultOf<Returns>> extends Omit<
  HostCommand,
  "arguments" | "returns" | "run"
> {
  readonly arguments?: Args;
  readonly returns?: Returns;
  run(args: ArgumentsOf<Args>, call: CallContext): Result | PromiseLike<Result>;
}

/** Writes a command down. What is wrong with it is said when an agent takes it. */
export function defineCommand<
  const Args extends Members | StandardSchema | undefined = undefined,
  const Returns extends Type | undefined = undefined,
  // A type of its own, or a text that is returned would be any string, and not among those of an enumeration.
  const Result extends ResultOf<Returns> = ResultOf<Returns>,
>(command: CommandDefinition<Args, Returns, Result>): HostCommand {
  return command as HostCommand;
}

/** Writes a plugin down. What is wrong with it is said when an agent takes it. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}
