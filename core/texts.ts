// All texts that go out, in one run of bytes: in WebAssembly each string costs 20 bytes and two a character.

import { ascii } from "./bytes.ts";
import { Bytes, Words, newWords } from "./memory.ts";

/** Number of the first text that is not an error's sentence. */
const FIRST: i32 = 30;
/** The start of the sentences up to ERR_UNICODE. */
export const TEXT_PARSE: i32 = FIRST;
export const TEXT_RETURN: i32 = FIRST + 1;
export const TEXT_ID_AFTER: i32 = FIRST + 2;
export const TEXT_ID_FIRST: i32 = FIRST + 3;
export const TEXT_ERROR: i32 = FIRST + 4;
/** The error classes follow, by their numbers in codes.ts. */
export const TEXT_CLASS: i32 = FIRST + 5;
export const TEXT_DESC: i32 = FIRST + 7;
export const TEXT_ERROR_END: i32 = FIRST + 8;
/** The names of types follow, from TYPE_ANY on, as QEMU's errors name them. */
export const TEXT_TYPE: i32 = FIRST + 9;
export const TEXT_FROZEN: i32 = FIRST + 16;
/** The keywords, from TRUE on. */
export const TEXT_TRUE: i32 = FIRST + 17;
/** The members of a request. */
export const TEXT_EXECUTE: i32 = FIRST + 20;
export const TEXT_ARGUMENTS: i32 = FIRST + 21;
export const TEXT_ID: i32 = FIRST + 22;
/** 2^63, what is one less, and 2^64 - 1. */
export const TEXT_INT64_LEAST: i32 = FIRST + 23;
export const TEXT_INT64_MOST: i32 = FIRST + 24;
export const TEXT_UINT64_MOST: i32 = FIRST + 25;
/**
 * The least number that rounds to infinity, 2^1024 - 2^970, starts with these of its 309 digits. A number that agrees
 * with all of them counts as too large.
 */
export const TEXT_INFINITY: i32 = FIRST + 26;
const COUNT: i32 = FIRST + 27;

/**
 * One text a line. `@` stands for the name or the piece of input that the sentence speaks of. Lines 0 to 29 are the errors
 * of codes.ts. Spelled as QEMU 7.2 spells them (PROTOCOL 2.6, 2.7, 3, 4); our own are ERR_ID_RANGE, ERR_REPLY_* and
 * ERR_ARGUMENTS_SIZE.
 */
export const TEXTS: Bytes = ascii(`
stray '@'
expecting value
key is not a string in object
missing : in object pair
expected separator in dict
expected separator in list
duplicate key
invalid keyword '@'
invalid escape sequence in string
invalid UTF-8 sequence in string
@ is not a valid Unicode character
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
Command @ has been disabled
Parameter '@' is missing
Invalid parameter type for '@', expected: 
Parameter '@' is unexpected
Logging is disabled
The reply of @ is larger than the limit of this agent
The reply of @ is not what JSON can hold
The arguments of @ are larger than the limit of this agent
JSON parse error, 
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
true
false
null
execute
arguments
id
9223372036854775808
9223372036854775807
18446744073709551615
17976931348623158079372897140530
`);

const STARTS: Words = starts();

function starts(): Words {
  const words = newWords(COUNT + 1);
  let at = 0;
  words[0] = 0;
  for (let n = 1; n <= COUNT; n++) {
    while ((TEXTS[at] as i32) !== 10) at++;
    words[n] = ++at;
  }
  return words;
}

/** Where a text starts in TEXTS. */
export function textAt(text: i32): i32 {
  return STARTS[text];
}

export function textLength(text: i32): i32 {
  return STARTS[text + 1] - 1 - STARTS[text];
}
