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
const LINES: string = `
JSON parse error, stray '@'
JSON parse error, expecting value
JSON parse error, key is not a string in object
JSON parse error, missing : in object pair
JSON parse error, expected separator in dict
JSON parse error, expected separator in list
JSON parse error, duplicate key
JSON parse error, invalid keyword '@'
JSON parse error, invalid escape sequence in string
JSON parse error, invalid UTF-8 sequence in string
JSON parse error, @ is not a valid Unicode character
JSON nesting depth limit exceeded
JSON token count limit exceeded
JSON token size limit exceeded
QMP input must be a JSON object
QMP input member 'execute' must be a string
QMP input lacks member 'execute'
QMP input member 'arguments' must be an object
QMP input member '@' is unexpected
QMP input member 'id' has a number out of range
The command @ has not been found
Command @ has been disabled#
Parameter '@' is missing
Invalid parameter type for '@', expected: #
Parameter '@' is unexpected
Logging is disabled
The reply of @ is larger than the limit of this agent
The reply of @ is not what JSON can hold
The arguments of @ are larger than the limit of this agent
{"return": 
, "id": 
"id": 
"error": {"class": "
GenericError
CommandNotFound
", "desc": "
"}}

integer
number
string
boolean
array
object
: the agent is in frozen state
`;

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
