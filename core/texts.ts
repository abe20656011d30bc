// All texts that go out, in one string: in WebAssembly each literal costs 20 bytes and two a character.

import { Bytes, Words, newBytes, newWords } from "./memory.ts";

/** Number of the first text that is not an error's sentence. */
const FIRST: i32 = 30;
export const TEXT_RETURN: i32 = FIRST;
export const TEXT_ID_AFTER: i32 = FIRST + 1;
export const TEXT_ID_FIRST: i32 = FIRST + 2;
export const TEXT_ERROR: i32 = FIRST + 3;
/** The error classes follow, by their numbers in codes.ts. */
export const TEXT_CLASS: i32 = FIRST + 4;
export const TEXT_DESC: i32 = FIRST + 6;
export const TEXT_ERROR_END: i32 = FIRST + 7;
/** The names of types follow, from TYPE_ANY on, as QEMU's errors name them. */
export const TEXT_TYPE: i32 = FIRST + 8;
export const TEXT_FROZEN: i32 = FIRST + 15;
const COUNT: i32 = FIRST + 16;

/**
 * One text a line. `@` stands for the name or the piece of input that the sentence speaks of, `#` for a second one.
 * Lines 0 to 29 are the errors of codes.ts. Spelled as QEMU 7.2 spells them (PROTOCOL 2.6, 2.7, 3, 4); our own are
 * ERR_ID_RANGE and ERR_REPLY_*.
 */
const LINES: string =
  "\n" +
  "JSON parse error, stray '@'\n" +
  "JSON parse error, expecting value\n" +
  "JSON parse error, key is not a string in object\n" +
  "JSON parse error, missing : in object pair\n" +
  "JSON parse error, expected separator in dict\n" +
  "JSON parse error, expected separator in list\n" +
  "JSON parse error, duplicate key\n" +
  "JSON parse error, invalid keyword '@'\n" +
  "JSON parse error, invalid escape sequence in string\n" +
  "JSON parse error, invalid UTF-8 sequence in string\n" +
  "JSON parse error, @ is not a valid Unicode character\n" +
  "JSON nesting depth limit exceeded\n" +
  "JSON token count limit exceeded\n" +
  "JSON token size limit exceeded\n" +
  "QMP input must be a JSON object\n" +
  "QMP input member 'execute' must be a string\n" +
  "QMP input lacks member 'execute'\n" +
  "QMP input member 'arguments' must be an object\n" +
  "QMP input member '@' is unexpected\n" +
  "QMP input member 'id' has a number out of range\n" +
  "The command @ has not been found\n" +
  "Command @ has been disabled#\n" +
  "Parameter '@' is missing\n" +
  "Invalid parameter type for '@', expected: #\n" +
  "Parameter '@' is unexpected\n" +
  "Logging is disabled\n" +
  "The reply of @ is larger than the limit of this agent\n" +
  "The reply of @ is no valid JSON\n" +
  "@\n" +
  '{"return": \n' +
  ', "id": \n' +
  '"id": \n' +
  '"error": {"class": "\n' +
  "GenericError\n" +
  "CommandNotFound\n" +
  '", "desc": "\n' +
  '"}}\n' +
  "\n" +
  "integer\n" +
  "number\n" +
  "string\n" +
  "boolean\n" +
  "array\n" +
  "object\n" +
  ": the agent is in frozen state\n";

/** The texts as bytes. An agent has one; text `n` is `bytes[start[n]]` up to `bytes[start[n + 1] - 1]`. */
export class Texts {
  bytes: Bytes = bytesOf(LINES);
  start: Words = newWords(COUNT + 1);

  constructor() {
    let n = 0;
    this.start[0] = 0;
    for (let i = 0; i < LINES.length; i++) {
      if ((LINES.charCodeAt(i) as i32) === 10) this.start[++n] = i + 1;
    }
  }
}

/** An ASCII text as bytes. */
export function bytesOf(text: string): Bytes {
  const bytes = newBytes(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i) as u8;
  return bytes;
}
