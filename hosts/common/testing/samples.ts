// Arguments that fit a declaration, and such that do not.

import type { Members, Type } from "../../../plugins/schema.ts";
import { bare } from "../arguments.ts";

export type Json = Record<string, unknown>;

/** Arguments to refuse, and the member that the error must name. */
export interface BadArguments {
  readonly what: string;
  readonly member: string;
  readonly args: Json;
}

const STRANGER = "guestwire-stranger";

/** The least that fits: all members that are required. */
export function leastArguments(members: Members): Json {
  const required = Object.entries(members).filter(([key]) => bare(key) === key);
  return Object.fromEntries(required.map(([key, type]) => [key, leastOf(type)]));
}

/** Each required member missing, each member with another type, and one that is not declared. */
export function badArguments(members: Members): BadArguments[] {
  const least = leastArguments(members);
  const bad: BadArguments[] = [];
  for (const [key, type] of Object.entries(members)) {
    const member = bare(key);
    if (member === key) {
      const args = { ...least };
      delete args[member];
      bad.push({ what: `without '${member}'`, member, args });
    }
    // Nothing is wrong for `any`.
    if (type !== "any") {
      const wrong = wrongFor(type);
      bad.push({ what: `with ${JSON.stringify(wrong)} for '${member}'`, member, args: { ...least, [member]: wrong } });
    }
  }
  return [...bad, { what: "with one that is not declared", member: STRANGER, args: { ...least, [STRANGER]: 1 } }];
}

function leastOf(type: Type): unknown {
  if (typeof type === "object") {
    if ("object" in type) return leastArguments(type.object);
    return "enum" in type ? type.enum[0] : [];
  }
  switch (type) {
    case "str":
      return "";
    case "bool":
      return false;
    case "null":
    case "any":
      return null;
    default:
      return 0;
  }
}

/** A string fits where strings do only. */
function wrongFor(type: Type): unknown {
  return type === "str" || (typeof type === "object" && "enum" in type) ? 0 : "wrong";
}
