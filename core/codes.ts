// Every number that crosses a boundary, once. Other languages take them from here, so a number is never reused.

// --- The interface of wasm.ts.
/** Its version: what gw_abi returns. */
export const ABI: i32 = 1;
/** Bytes that the window has without asking gw_room for more. */
export const WINDOW_BYTES: i32 = 65536;

// --- Tokens: what the lexer finds. The value kinds (1 to 10) are also what stands on a document's tape.
export const OBJECT: i32 = 1;
export const OBJECT_END: i32 = 2;
export const ARRAY: i32 = 3;
export const ARRAY_END: i32 = 4;
export const STRING: i32 = 5;
export const INTEGER: i32 = 6;
export const FLOAT: i32 = 7;
export const TRUE: i32 = 8;
export const FALSE: i32 = 9;
export const NULL: i32 = 10;
export const KEYWORD: i32 = 11;
export const COMMA: i32 = 12;
export const COLON: i32 = 13;
/** A byte that can stand nowhere: a lexical error. */
export const STRAY: i32 = 14;
/** No token ends in the bytes given. */
export const MORE: i32 = 0;

// --- What a document says of a member that is looked for.
export const ABSENT: i32 = -1;

// --- What a reply holds: texts.ts has the sentences, in this order.
export const NO_ERROR: i32 = 0;
export const ERR_STRAY: i32 = 1;
export const ERR_EXPECTING_VALUE: i32 = 2;
export const ERR_KEY_NOT_STRING: i32 = 3;
export const ERR_MISSING_COLON: i32 = 4;
export const ERR_SEPARATOR_DICT: i32 = 5;
export const ERR_SEPARATOR_LIST: i32 = 6;
export const ERR_DUPLICATE_KEY: i32 = 7;
export const ERR_KEYWORD: i32 = 8;
export const ERR_ESCAPE: i32 = 9;
export const ERR_UTF8: i32 = 10;
export const ERR_UNICODE: i32 = 11;
export const ERR_DEPTH: i32 = 12;
export const ERR_TOKENS: i32 = 13;
export const ERR_SIZE: i32 = 14;
export const ERR_NOT_OBJECT: i32 = 15;
export const ERR_EXECUTE_TYPE: i32 = 16;
export const ERR_EXECUTE_MISSING: i32 = 17;
export const ERR_ARGUMENTS_TYPE: i32 = 18;
export const ERR_MEMBER: i32 = 19;
export const ERR_ID_RANGE: i32 = 20;
export const ERR_NOT_FOUND: i32 = 21;
export const ERR_DISABLED: i32 = 22;
export const ERR_PARAMETER_MISSING: i32 = 23;
export const ERR_PARAMETER_TYPE: i32 = 24;
export const ERR_PARAMETER_UNEXPECTED: i32 = 25;
export const ERR_LOGGING_DISABLED: i32 = 26;
export const ERR_REPLY_SIZE: i32 = 27;
export const ERR_REPLY_JSON: i32 = 28;
export const ERR_ARGUMENTS_SIZE: i32 = 29;

// --- Error classes on the wire (QAPI's QapiErrorClass; the agent knows two).
export const CLASS_GENERIC_ERROR: i32 = 0;
export const CLASS_COMMAND_NOT_FOUND: i32 = 1;

// --- Types of a portable command's parameters, named as QEMU's errors name them.
export const TYPE_ANY: i32 = 0;
export const TYPE_INTEGER: i32 = 1;
export const TYPE_NUMBER: i32 = 2;
export const TYPE_STRING: i32 = 3;
export const TYPE_BOOLEAN: i32 = 4;
export const TYPE_ARRAY: i32 = 5;
export const TYPE_OBJECT: i32 = 6;

// --- Log records. Levels as GLib orders them, from worst to least.
export const LEVEL_ERROR: i32 = 0;
export const LEVEL_CRITICAL: i32 = 1;
export const LEVEL_WARNING: i32 = 2;
export const LEVEL_MESSAGE: i32 = 3;
export const LEVEL_INFO: i32 = 4;
export const LEVEL_DEBUG: i32 = 5;
/** Records for the log file or stderr. */
export const DOMAIN_GENERAL: i32 = 0;
/** Records for the system's audit log only, as guest-ping's (PROTOCOL 6.2). */
export const DOMAIN_SYSLOG: i32 = 1;

// --- Flags of a command.
/** Success draws no reply (PROTOCOL 4.5). */
export const FLAG_NO_RESPONSE: i32 = 1;
/** It may run while the agent is frozen. */
export const FLAG_WHILE_FROZEN: i32 = 2;
/** It does not run while logging is off. */
export const FLAG_MUST_LOG: i32 = 4;
export const FLAG_ENABLED: i32 = 8;

// --- Limits, by number; limits.ts has names and defaults.
export const LIMIT_MESSAGE_BYTES: i32 = 0;
export const LIMIT_TOKENS: i32 = 1;
export const LIMIT_DEPTH: i32 = 2;
export const LIMIT_REPLY_BYTES: i32 = 3;
export const LIMIT_QUEUE_BYTES: i32 = 4;
export const LIMIT_ERRORS_IN_ROW: i32 = 5;
export const LIMIT_TOTAL_BYTES: i32 = 6;

// --- The range of every limit; errorsInRow may be 0 too.
export const LIMIT_LEAST: i32 = 64;
/** A key has so many bytes at most: its bits can be counted in 31 bits. */
export const LIMIT_MOST: i32 = 268435456;

// --- What the calls of wasm.ts that move a session on return, as bits.
/** Bytes wait to be drained. */
export const STATUS_OUTPUT: i32 = 1;
/** The session takes no bytes now. */
export const STATUS_BUSY: i32 = 2;
/** A command waits for the host. */
export const STATUS_PENDING: i32 = 4;
/** Log records wait to be drained. */
export const STATUS_LOG: i32 = 8;

// --- What gw_count of wasm.ts gives.
/** Times that 0xFF reset the parser. */
export const COUNT_RESYNCS: i32 = 0;
/** Errors that were not answered, because there were too many in a row. */
export const COUNT_SUPPRESSED: i32 = 1;
