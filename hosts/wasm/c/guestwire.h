/* Guestwire: the numbers of agent.wasm's interface, for an embedder in C or C++ with any WebAssembly runtime. The functions
 * are on one page, docs/wasm.md. A number never changes its meaning, and none is used a second time.
 */
#ifndef GUESTWIRE_H
#define GUESTWIRE_H

/* --- Made from core/codes.ts by scripts/header.mjs. --- */

/* The interface. */
/** Its version: what gw_abi returns. */
#define GW_ABI 1
/** Bytes that the window has without asking gw_room for more. */
#define GW_WINDOW_BYTES 65536

/* Error classes on the wire (QAPI's QapiErrorClass; the agent knows two). */
#define GW_CLASS_GENERIC_ERROR 0
#define GW_CLASS_COMMAND_NOT_FOUND 1

/* Log records. Levels as GLib orders them, from worst to least. */
#define GW_LEVEL_ERROR 0
#define GW_LEVEL_CRITICAL 1
#define GW_LEVEL_WARNING 2
#define GW_LEVEL_MESSAGE 3
#define GW_LEVEL_INFO 4
#define GW_LEVEL_DEBUG 5
/** Records for the log file or stderr. */
#define GW_DOMAIN_GENERAL 0
/** Records for the system's audit log only, as guest-ping's. */
#define GW_DOMAIN_SYSLOG 1

/* Flags of a command. */
/** Success draws no reply. */
#define GW_FLAG_NO_RESPONSE 1
/** It may run while the agent is frozen. */
#define GW_FLAG_WHILE_FROZEN 2
/** It does not run while logging is off. */
#define GW_FLAG_MUST_LOG 4
#define GW_FLAG_ENABLED 8

/* Limits, by number. */
#define GW_LIMIT_MESSAGE_BYTES 0
#define GW_LIMIT_TOKENS 1
#define GW_LIMIT_DEPTH 2
#define GW_LIMIT_REPLY_BYTES 3
#define GW_LIMIT_QUEUE_BYTES 4
#define GW_LIMIT_ERRORS_IN_ROW 5
#define GW_LIMIT_TOTAL_BYTES 6

/* The range of every limit; errorsInRow may be 0 too. */
#define GW_LIMIT_LEAST 64
/** A key has so many bytes at most: its bits can be counted in 31 bits. */
#define GW_LIMIT_MOST 268435456

/* What the calls that move a session on return, as bits. */
/** Bytes wait to be drained. */
#define GW_STATUS_OUTPUT 1
/** The session takes no bytes now. */
#define GW_STATUS_BUSY 2
/** A command waits for the host. */
#define GW_STATUS_PENDING 4
/** Log records wait to be drained. */
#define GW_STATUS_LOG 8

/* What gw_count gives. */
/** Times that 0xFF reset the parser. */
#define GW_COUNT_RESYNCS 0
/** Errors that were not answered, because there were too many in a row. */
#define GW_COUNT_SUPPRESSED 1

/* --- End of what is made. --- */
#endif
