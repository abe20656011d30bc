// What guestwire-schema says of the commands. It comes from the other end, so it is checked before it is believed.

import { mistakeInMembers } from "../../../common/arguments.ts";
import type { Members } from "../../../../plugins/schema.ts";

/** The command that is asked. */
export const SCHEMA = "guestwire-schema";

/** What each command takes, by its name. What is not as it should be is left out. */
export function readSchema(value: unknown): Map<string, Members> {
  const members = new Map<string, Members>();
  for (const item of Array.isArray(value) ? value : []) {
    if (typeof item !== "object" || item === null) continue;
    const { name, arguments: declared } = item as Record<string, unknown>;
    if (typeof name !== "string" || declared === undefined || mistakeInMembers(declared) !== undefined) continue;
    members.set(name, declared as Members);
  }
  return members;
}
