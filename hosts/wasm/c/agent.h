/* The agent as C functions: agent.wasm, translated by wasm2c, with what an embedder needs around it. Copy agent.c, agent.h
 * and guestwire.h into your program; docs/c.md shows how.
 *
 * Bytes of a peer go into the session's room and from there into the agent; replies are taken where they lie. No call
 * blocks, none copies what goes by, and a peer's mistakes are answered to the peer. For one thread.
 */
#ifndef GUESTWIRE_AGENT_H
#define GUESTWIRE_AGENT_H

#include <stdbool.h>
#include <stddef.h>

#include "guestwire.h"

/* An instance of agent.wasm. */
struct gw_agent;
/* One peer. */
struct gw_session;

/* Takes a log record: a GW_LEVEL_, a GW_DOMAIN_, and so many bytes of ASCII, which last until it returns. It must not call
 * this agent or another. */
typedef void gw_log(int level, int domain, const char *text, size_t length);

/* Bytes that a command has for its result, with a final NUL. */
#define GW_RESULT_BYTES GW_WINDOW_BYTES

/* Runs a command of the embedder. `arguments` is a JSON object of `length` bytes in the agent's own spelling, with one space
 * after each ':' and ',': {} or {"unit": "ms"}. It returns true with the value in `result`, as JSON, or false with the text
 * of an error; both end with NUL. It must not call this
 * agent or another.
 */
typedef bool gw_command(const char *arguments, size_t length, char *result);

/* Starts an agent with the four standard commands. `version` is what guest-info says; it is not copied. `log` may be NULL.
 * On 64-bit systems it reserves 8 GiB of addresses, so that the processor guards the bounds of its memory, and takes SIGSEGV
 * and SIGBUS for faults there. Returns NULL, with errno: ENOEXEC where agent.wasm has another GW_ABI than this header, ENOMEM
 * for want of memory or of address space.
 */
struct gw_agent *gw_agent_start(const char *version, gw_log *log);

/* Ends it. All sessions must have been closed. */
void gw_agent_stop(struct gw_agent *agent);

/* Adds a command, with GW_FLAG_ bits. The name is not copied. False for a second one of the name, for want of memory, and
 * after a trap until all sessions are closed. */
bool gw_agent_add(struct gw_agent *agent, const char *name, int flags, gw_command *run);

/* Sets a GW_LIMIT_. False where the value is out of its range, and after a trap until all sessions are closed. */
bool gw_agent_limit(struct gw_agent *agent, int limit, int value);

/* Whether WebAssembly trapped: by a fault of the module, or because it got no memory. Then calls on its sessions do nothing
 * and say false. Close them all; the next one that is opened finds a fresh instance.
 */
bool gw_agent_trapped(const struct gw_agent *agent);

/* Opens a session. NULL, with errno, for want of memory, and while sessions of an instance that trapped are still open. */
struct gw_session *gw_session_open(struct gw_agent *agent);

/* Closes it: what the peer left behind is dropped. With the last session an instance goes that has grown large. */
void gw_session_close(struct gw_session *session);

/* Whether it takes bytes now. It does not where its peer leaves GW_LIMIT_QUEUE_BYTES of replies unread. */
bool gw_session_takes(const struct gw_session *session);

/* Where the peer's next bytes go, GW_WINDOW_BYTES at most. Valid until the next call. */
char *gw_session_room(struct gw_session *session);

/* So many bytes have been put there. False where the agent trapped, and where the session does not take bytes: nothing
 * happens then. */
bool gw_session_received(struct gw_session *session, size_t count);

/* How many bytes wait for the peer, and where. Valid until the next call. */
size_t gw_session_output(struct gw_session *session, const char **bytes);

/* The peer took so many of them. False where the agent trapped. */
bool gw_session_sent(struct gw_session *session, size_t count);

#endif
