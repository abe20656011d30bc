// Options that hold lists and pairs.

import type { Limits } from "../../common/index.ts";
import { Mistake } from "./mistake.ts";

/** What commander does with an option that may be given several times: one entry for each. */
export function append(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/**
 * The names in lists as qemu-ga reads them: split at each comma, nothing trimmed, unknown names accepted, none in an empty
 * list (PROTOCOL 7.1).
 */
export function namesIn(lists: readonly string[]): string[] {
  return lists.flatMap((list) => (list === "" ? [] : list.split(",")));
}

/** Whether one of the lists asks for the names of all commands. */
export function asksForNames(lists: readonly string[]): boolean {
  return lists.some((list) => list === "help" || list === "?");
}

/** Limits given as NAME=VALUE. Throws a Mistake on what is not of that form; names and ranges are the agent's to check. */
export function limitsIn(pairs: readonly string[]): Partial<Limits> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([^=]+)=(\d+)$/.exec(pair) ?? [];
      if (name === undefined) throw new Mistake(`--limit takes NAME=VALUE with a whole number, not '${pair}'`);
      return [name, Number(value)];
    }),
  );
}
