// What a command takes and returns, in QAPI's type words, and the TypeScript types that follow from them.

/** Integers by their ranges; `int` is `int64`, `size` is `uint64`. */
export type IntegerWord =
  "int" | "int8" | "int16" | "int32" | "int64" | "uint8" | "uint16" | "uint32" | "uint64" | "size";
export type Word = IntegerWord | "str" | "number" | "bool" | "null" | "any";

/** A word; a list of one type, `["str"]`; an enumeration, `{ enum: ["s", "ns"] }`; an object, `{ object: { zone: "str" } }`. */
export type Type = Word | readonly [Type] | { readonly enum: readonly string[] } | { readonly object: Members };

/** Members by name; a `?` behind the name makes one optional. They are checked in their order. */
export interface Members {
  readonly [name: string]: Type;
}

/** Integers of 64 bits: bigint beyond 2^53 - 1. */
type Wide = number | bigint;

interface ValueOfWord {
  str: string;
  number: Wide;
  bool: boolean;
  null: null;
  any: unknown;
  int: Wide;
  int64: Wide;
  uint64: Wide;
  size: Wide;
  int8: number;
  int16: number;
  int32: number;
  uint8: number;
  uint16: number;
  uint32: number;
}

/** What TypeScript calls a value of this type. */
export type ValueOf<T> = T extends Word
  ? ValueOfWord[T]
  : T extends readonly [infer Item]
    ? ValueOf<Item>[]
    : T extends { readonly enum: readonly (infer Value)[] }
      ? Value
      : T extends { readonly object: infer Of }
        ? ObjectOf<Of>
        : unknown;

/** What TypeScript calls an object with these members. */
export type ObjectOf<Of> = {
  -readonly [Name in keyof Of as Name extends `${string}?` ? never : Name]: ValueOf<Of[Name]>;
} & {
  -readonly [Name in keyof Of as Name extends `${infer Bare}?` ? Bare : never]?: ValueOf<Of[Name]>;
} extends infer Whole
  ? { [Name in keyof Whole]: Whole[Name] }
  : never;

/** A validator of another library, as zod, valibot and arktype make them (standardschema.dev, version 1). */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
