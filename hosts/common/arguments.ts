// Arguments against what a command declares: QEMU's order and QEMU's words (PROTOCOL 4.3).

import type { IntegerWord, Members, Type, Word } from "../../plugins/schema.ts";
import { isPlainObject } from "./schema-copy.ts";

type Json = Record<string, unknown>;

/** What each word takes, as the error names it, and whether a value is of it. Integers are below. */
const PLAIN: Record<Exclude<Word, IntegerWord>, readonly [expected: string, is: (value: unknown) => boolean]> = {
  str: ["string", (value) => typeof value === "string"],
  number: ["number", (value) => typeof value === "number" || typeof value === "bigint"],
  bool: ["boolean", (value) => typeof value === "boolean"],
  null: ["null", (value) => value === null],
  any: ["", () => true],
};

/** The least and the most of each integer word, and its name in C, where the error has that. */
const INTEGERS: Record<IntegerWord, readonly [least: bigint, most: bigint, name?: string]> = {
  int: [-(2n ** 63n), 2n ** 63n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  int8: [-128n, 127n, "int8_t"],
  int16: [-32_768n, 32_767n, "int16_t"],
  int32: [-(2n ** 31n), 2n ** 31n - 1n, "int32_t"],
  uint8: [0n, 255n, "uint8_t"],
  uint16: [0n, 65_535n, "uint16_t"],
  uint32: [0n, 2n ** 32n - 1n, "uint32_t"],
  // Negative ones are taken, and wrap.
  uint64: [-(2n ** 63n), 2n ** 64n - 1n],
  size: [-(2n ** 63n), 2n ** 64n - 1n],
};

/** A member's name: what QAPI allows, and a `?` where it is optional. One of digits would not keep its place in the order. */
const MEMBER = /^[A-Za-z_][A-Za-z0-9._-]*\??$/;

/** The characters of the input that an error shows, of a name and of a value. */
const ECHO_LENGTH = 256;

/** Declarations that were come by so far: whether each is in order, or is still being looked at. */
type Seen = Map<unknown, boolean>;

/** What is wrong with the declaration of members, or undefined. */
export function mistakeInMembers(members: unknown): string | undefined {
  return mistakeWithin(members, "", new Map());
}

/** What is wrong with the declaration of a type, or undefined. */
export function mistakeInType(type: unknown, path: string): string | undefined {
  return mistakeOf(type, path, new Map());
}

function mistakeWithin(members: unknown, path: string, seen: Seen): string | undefined {
  if (!isPlainObject(members)) {
    return `${path === "" ? "arguments" : `'${path}'`} must be an object of types by name`;
  }
  return once(members, path, seen, () => {
    const names = new Set<string>();
    for (const [key, type] of Object.entries(members)) {
      const before = path === "" ? "" : `${path}.`;
      if (!MEMBER.test(key)) return `'${before}${key}' is no name for a member`;
      const name = bare(key);
      if (names.has(name)) return `'${before}${name}' is declared twice`;
      names.add(name);
      const mistake = mistakeOf(type, `${before}${name}`, seen);
      if (mistake !== undefined) return mistake;
    }
    return undefined;
  });
}

function mistakeOf(type: unknown, path: string, seen: Seen): string | undefined {
  if (typeof type === "string") {
    return Object.hasOwn(PLAIN, type) || Object.hasOwn(INTEGERS, type)
      ? undefined
      : `'${path}' has the unknown type '${type}'`;
  }
  return once(type, path, seen, () => {
    if (Array.isArray(type)) {
      return type.length === 1
        ? mistakeOf(type[0], `${path}[]`, seen)
        : `'${path}' must be a list of one type: ["str"]`;
    }
    if (isPlainObject(type) && Object.keys(type).length === 1) {
      if (Object.hasOwn(type, "object")) return mistakeWithin(type["object"], path, seen);
      const values = type["enum"];
      if (Array.isArray(values) && values.length > 0 && values.every((value) => typeof value === "string")) {
        return undefined;
      }
    }
    return `'${path}' must be a type word, [TYPE], { enum: ["a", "b"] } or { object: { … } }`;
  });
}

/** Looks at a declaration where that was not done: one that many share would take for ever. */
function once(declared: unknown, path: string, seen: Seen, look: () => string | undefined): string | undefined {
  const isInOrder = seen.get(declared);
  if (isInOrder !== undefined) return isInOrder ? undefined : `'${path}' contains itself`;
  seen.set(declared, false);
  const mistake = look();
  if (mistake === undefined) seen.set(declared, true);
  return mistake;
}

/**
 * Checks an object against its declaration. Returns the error's text, or undefined where it is as declared. `spelled` is the
 * same object with a string wherever a number was spelled as a float: `1.0` is no integer. Negative numbers in the place of
 * `uint64` and `size` are replaced by what they wrap to.
 */
export function mistakeInObject(members: Members, object: Json, spelled: Json, path = ""): string | undefined {
  const known = new Set<string>();
  for (const [key, type] of Object.entries(members)) {
    const name = bare(key);
    known.add(name);
    if (!Object.hasOwn(object, name)) {
      if (name === key) return `Parameter '${path}${name}' is missing`;
      continue;
    }
    const mistake = mistakeInValue(type, object, spelled, name, `${path}${name}`);
    if (mistake !== undefined) return mistake;
  }
  const stranger = Object.keys(object).find((name) => !known.has(name));
  return stranger === undefined ? undefined : `Parameter '${path}${echo(stranger)}' is unexpected`;
}

/** Checks one value, which is a member of its parent or an item of it. */
function mistakeInValue(
  type: Type,
  parent: Json | unknown[],
  spelled: Json | unknown[],
  key: string | number,
  path: string,
): string | undefined {
  const value = (parent as Json)[key];
  const twin = (spelled as Json)[key];
  if (typeof type === "string") {
    return isInteger(type)
      ? mistakeInInteger(type, parent as Json, key, typeof twin === "string" ? twin : value, path)
      : PLAIN[type][1](value)
        ? undefined
        : expected(path, PLAIN[type][0]);
  }
  if (isList(type)) {
    if (!Array.isArray(value)) return expected(path, "array");
    for (const index of value.keys()) {
      const mistake = mistakeInValue(type[0], value, twin as unknown[], index, `${path}[${index}]`);
      if (mistake !== undefined) return mistake;
    }
    return undefined;
  }
  if ("enum" in type) {
    if (typeof value !== "string") return expected(path, "string");
    return type.enum.includes(value) ? undefined : `Parameter '${path}' does not accept value '${echo(value)}'`;
  }
  return isRecord(value) ? mistakeInObject(type.object, value, twin as Json, `${path}.`) : expected(path, "object");
}

function mistakeInInteger(
  word: IntegerWord,
  parent: Json,
  key: string | number,
  value: unknown,
  path: string,
): string | undefined {
  const unsigned = word === "uint64" || word === "size";
  const [least, most, name] = INTEGERS[word];
  if (typeof value !== "bigint" && !Number.isInteger(value)) {
    return unsigned ? `Parameter '${path}' expects uint64` : expected(path, "integer");
  }
  const integer = BigInt(value as number | bigint);
  if (integer < least || integer > most) {
    return name === undefined ? expected(path, "integer") : `Parameter '${path}' expects ${name}`;
  }
  if (unsigned && integer < 0n) parent[key] = BigInt.asUintN(64, integer);
  return undefined;
}

function expected(path: string, type: string): string {
  return `Invalid parameter type for '${path}', expected: ${type}`;
}

function echo(text: string): string {
  return text.slice(0, ECHO_LENGTH);
}

/** The name of a member, without the `?` of an optional one. */
export function bare(key: string): string {
  return key.endsWith("?") ? key.slice(0, -1) : key;
}

function isInteger(word: Word): word is IntegerWord {
  return Object.hasOwn(INTEGERS, word);
}

function isList(type: Exclude<Type, string>): type is readonly [Type] {
  return Array.isArray(type);
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
