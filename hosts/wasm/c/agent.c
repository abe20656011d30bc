#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "agent.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "agent-wasm.h"
#include "wasm-rt-impl.h"

/* An exported function, by the name that wasm2c 1.0.32 gives it. */
#define GW(name) Z_agentZ_gw_##name

enum {
  LIMITS = GW_LIMIT_TOTAL_BYTES + 1,
  UNSET = -1,
  /* An instance with more pages of 64 KiB than these is replaced when its last session closes: WebAssembly never gives
   * memory back. */
  IDLE_PAGES = 32,
  /* What was kept goes in by pieces: a command that ends each of them makes the rest wait, and be copied, again. */
  PIECE = 4096,
};

struct command {
  const char *name;
  int flags;
  gw_command *run;
};

struct gw_agent {
  Z_agent_instance_t wasm;
  bool running, trapped;
  size_t sessions;
  /* The window's address in the module's memory. */
  uint32_t window;
  /* What a fresh instance has to be told. */
  const char *version;
  gw_log *log;
  struct command *commands;
  size_t command_count;
  int limits[LIMITS];
};

struct gw_session {
  struct gw_agent *agent;
  uint32_t handle;
  /* GW_STATUS_ bits. */
  uint32_t status;
  /* Bytes that came while it was busy. */
  size_t kept_from, kept_to;
  char kept[GW_WINDOW_BYTES];
};

/* The agent that is being called; NULL while none is. The handler of faults reads it. */
static struct gw_agent *volatile entered;

static void report_trap(struct gw_agent *agent, const char *what);

/* Stands at the head of each function that calls the module: a trap in it returns `otherwise` from there. */
#define ENTER(agent, otherwise)                                                                                     \
  do {                                                                                                              \
    if (!(agent)->running || (agent)->trapped) return otherwise;                                                    \
    switch (sigsetjmp(wasm_rt_jmp_buf, 0)) {                                                                        \
      case 0: break;                                                                                                \
      case WASM_RT_TRAP_OOB: report_trap(agent, "out-of-bounds access"); return otherwise;                          \
      case WASM_RT_TRAP_UNREACHABLE: report_trap(agent, "it gave up, mostly for want of memory"); return otherwise; \
      default: report_trap(agent, "a fault of its code"); return otherwise;                                         \
    }                                                                                                               \
    entered = (agent);                                                                                              \
  } while (0)

static void leave(void) { entered = NULL; }

/* --- Memory. wasm2c checks no address where it is compiled with WASM_RT_MEMCHECK_SIGNAL_HANDLER: 8 GiB are reserved, more
 * than an address can reach, and beyond the memory's end the processor faults. We turn such a fault into a trap, and leave
 * every other one to whoever had the signal. */

#if WASM_RT_MEMCHECK_SIGNAL_HANDLER
#define RESERVED ((size_t)8 << 30)

static struct sigaction had_segv, had_bus;

static void on_fault(int signal, siginfo_t *info, void *context) {
  (void)context;
  struct gw_agent *agent = entered;
  if (agent != NULL) {
    uintptr_t memory = (uintptr_t)Z_agentZ_memory(&agent->wasm)->data, address = (uintptr_t)info->si_addr;
    if (address >= memory && address - memory < RESERVED) wasm_rt_trap(WASM_RT_TRAP_OOB);
  }
  /* The instruction faults again, before the one who is to see it. */
  sigaction(signal, signal == SIGBUS ? &had_bus : &had_segv, NULL);
}

static void watch_faults(void) {
  static bool watching;
  if (watching) return;
  watching = true;
  /* The jump out of the handler restores no signal mask, so none may change. */
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigemptyset(&action.sa_mask);
  sigaction(SIGSEGV, &action, &had_segv);
  sigaction(SIGBUS, &action, &had_bus);
}

/* wabt's runtime aborts where it cannot reserve them, so we try first. */
static bool can_reserve(void) {
  void *probe = mmap(NULL, RESERVED, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (probe == MAP_FAILED) return false;
  munmap(probe, RESERVED);
  return true;
}

static void free_instance(struct gw_agent *agent) {
  /* wabt's runtime gives back only what was in use. */
  const wasm_rt_memory_t *memory = Z_agentZ_memory(&agent->wasm);
  munmap(memory->data + memory->size, RESERVED - memory->size);
  Z_agent_free(&agent->wasm);
}
#else
static void watch_faults(void) {}

static bool can_reserve(void) { return true; }

static void free_instance(struct gw_agent *agent) { Z_agent_free(&agent->wasm); }
#endif

static void report_trap(struct gw_agent *agent, const char *what) {
  char text[128];
  leave();
  agent->trapped = true;
  int length = snprintf(text, sizeof text, "agent.wasm trapped, its sessions are lost: %s", what);
  if (agent->log != NULL) agent->log(GW_LEVEL_CRITICAL, GW_DOMAIN_GENERAL, text, (size_t)length);
}

/* Where an address of the module is. The memory may move in any call that makes it grow. */
static char *at(struct gw_agent *agent, uint32_t address) {
  return (char *)Z_agentZ_memory(&agent->wasm)->data + address;
}

/* Puts a text into the window, as much of it as has room there. */
static uint32_t put(struct gw_agent *agent, const char *text) {
  size_t length = strlen(text);
  if (length > GW_WINDOW_BYTES) length = GW_WINDOW_BYTES;
  memcpy(at(agent, agent->window), text, length);
  return (uint32_t)length;
}

/* --- Instances. */

static bool add_command(struct gw_agent *agent, size_t index) {
  const struct command *command = &agent->commands[index];
  uint32_t length = put(agent, command->name);
  return GW(add_command)(&agent->wasm, (uint32_t)index + 1, (uint32_t)command->flags, length) != 0;
}

/* Returns 0 or an errno. */
static int set_up(struct gw_agent *agent) {
  ENTER(agent, ENOMEM);
  if (GW(abi)(&agent->wasm) != GW_ABI) {
    leave();
    return ENOEXEC;
  }
  agent->window = GW(room)(&agent->wasm, 0);
  GW(version)(&agent->wasm, put(agent, agent->version));
  GW(add_builtin)(&agent->wasm, 0);
  for (size_t i = 0; i < agent->command_count; i++) add_command(agent, i);
  for (uint32_t limit = 0; limit < LIMITS; limit++) {
    if (agent->limits[limit] != UNSET) GW(limit)(&agent->wasm, limit, (uint32_t)agent->limits[limit]);
  }
  leave();
  return 0;
}

static void end_instance(struct gw_agent *agent) {
  if (agent->running) free_instance(agent);
  agent->running = agent->trapped = false;
}

static bool start_instance(struct gw_agent *agent) {
  if (!can_reserve()) return false;
  Z_agent_instantiate(&agent->wasm);
  agent->running = true;
  int error = set_up(agent);
  if (error == 0) return true;
  end_instance(agent);
  errno = error;
  return false;
}

/* Ends an instance that is of no more use: nobody has a session, and it trapped or has grown large. */
static void end_spent(struct gw_agent *agent) {
  bool spent = agent->running && (agent->trapped || Z_agentZ_memory(&agent->wasm)->pages > IDLE_PAGES);
  if (spent && agent->sessions == 0) end_instance(agent);
}

/* Sees to it that there is an instance. False, with errno, where there can be none. */
static bool have_instance(struct gw_agent *agent) {
  end_spent(agent);
  return agent->running || start_instance(agent);
}

struct gw_agent *gw_agent_start(const char *version, gw_log *log) {
  struct gw_agent *agent = calloc(1, sizeof *agent);
  if (agent == NULL) return NULL;
  agent->version = version;
  agent->log = log;
  for (int i = 0; i < LIMITS; i++) agent->limits[i] = UNSET;
  watch_faults();
  wasm_rt_init();
  Z_agent_init_module();
  if (start_instance(agent)) return agent;
  free(agent);
  return NULL;
}

void gw_agent_stop(struct gw_agent *agent) {
  end_instance(agent);
  free(agent->commands);
  free(agent);
}

bool gw_agent_add(struct gw_agent *agent, const char *name, int flags, gw_command *run) {
  if (!have_instance(agent)) return false;
  struct command *more = realloc(agent->commands, (agent->command_count + 1) * sizeof *more);
  if (more == NULL) return false;
  agent->commands = more;
  more[agent->command_count] = (struct command){.name = name, .flags = flags, .run = run};
  ENTER(agent, false);
  bool added = add_command(agent, agent->command_count);
  if (added) agent->command_count++;
  leave();
  return added;
}

bool gw_agent_limit(struct gw_agent *agent, int limit, int value) {
  if (!have_instance(agent)) return false;
  ENTER(agent, false);
  bool set = GW(limit)(&agent->wasm, (uint32_t)limit, (uint32_t)value) != 0;
  if (set) agent->limits[limit] = value;
  leave();
  return set;
}

bool gw_agent_trapped(const struct gw_agent *agent) { return agent->trapped; }

/* --- Sessions. */

/* Hands over the log records that wait: a digit for the level, one for the domain, the text, LF. */
static void take_log(struct gw_agent *agent) {
  size_t length = GW(log)(&agent->wasm);
  const char *from = at(agent, GW(data)(&agent->wasm)), *end = from + length;
  while (agent->log != NULL && from < end) {
    const char *line_end = memchr(from, '\n', (size_t)(end - from));
    agent->log(from[0] - '0', from[1] - '0', from + 2, (size_t)(line_end - from - 2));
    from = line_end + 1;
  }
}

/* Runs the command that waits, and answers for it. Returns the status. */
static uint32_t run_command(struct gw_session *session) {
  struct gw_agent *agent = session->agent;
  uint32_t call = GW(pending)(&agent->wasm, session->handle);
  const struct command *command = &agent->commands[GW(command)(&agent->wasm, session->handle) - 1];
  int32_t length = (int32_t)GW(arguments)(&agent->wasm, session->handle);
  /* They were too large: the agent has answered by itself. */
  if (length < 0) return GW(drained)(&agent->wasm, session->handle, 0);
  const char *arguments = at(agent, GW(data)(&agent->wasm));
  char *result = at(agent, agent->window);
  result[0] = '\0';
  leave();
  bool done = command->run(arguments, (size_t)length, result);
  entered = agent;
  uint32_t size = (uint32_t)strnlen(result, GW_RESULT_BYTES);
  if (done) return GW(complete)(&agent->wasm, session->handle, call, size, 0);
  return GW(fail)(&agent->wasm, session->handle, call, GW_CLASS_GENERIC_ERROR, size);
}

static uint32_t feed_kept(struct gw_session *session) {
  struct gw_agent *agent = session->agent;
  size_t size = session->kept_to - session->kept_from;
  if (size > PIECE) size = PIECE;
  memcpy(at(agent, agent->window), session->kept + session->kept_from, size);
  uint32_t status = GW(feed)(&agent->wasm, session->handle, 0, (uint32_t)size);
  session->kept_from += GW(stopped)(&agent->wasm);
  return status;
}

/* Does what the status asks for, until only the peer can bring the session on. */
static void follow(struct gw_session *session, uint32_t status) {
  for (;;) {
    if (status & GW_STATUS_LOG) take_log(session->agent);
    if (status & GW_STATUS_PENDING) {
      status = run_command(session);
    } else if (session->kept_from < session->kept_to && !(status & GW_STATUS_BUSY)) {
      status = feed_kept(session);
    } else {
      break;
    }
  }
  session->status = status & ~(uint32_t)GW_STATUS_LOG;
}

/* Opens it in the instance; 0 where that traps. */
static uint32_t open_handle(struct gw_agent *agent) {
  ENTER(agent, 0);
  uint32_t handle = GW(open)(&agent->wasm);
  leave();
  return handle;
}

static void close_handle(struct gw_session *session) {
  ENTER(session->agent, );
  GW(close)(&session->agent->wasm, session->handle);
  leave();
}

struct gw_session *gw_session_open(struct gw_agent *agent) {
  if (!have_instance(agent)) return NULL;
  struct gw_session *session = malloc(sizeof *session);
  if (session == NULL) return NULL;
  session->agent = agent;
  session->status = 0;
  session->kept_from = session->kept_to = 0;
  session->handle = open_handle(agent);
  if (session->handle == 0) {
    free(session);
    errno = ENOMEM;
    return NULL;
  }
  agent->sessions++;
  return session;
}

void gw_session_close(struct gw_session *session) {
  struct gw_agent *agent = session->agent;
  close_handle(session);
  free(session);
  agent->sessions--;
  end_spent(agent);
}

bool gw_session_takes(const struct gw_session *session) { return (session->status & GW_STATUS_BUSY) == 0; }

char *gw_session_room(struct gw_session *session) { return at(session->agent, session->agent->window); }

bool gw_session_received(struct gw_session *session, size_t count) {
  struct gw_agent *agent = session->agent;
  if (!gw_session_takes(session)) return false;
  ENTER(agent, false);
  uint32_t status = GW(feed)(&agent->wasm, session->handle, 0, (uint32_t)count);
  if (status & GW_STATUS_BUSY) {
    /* The window is used up by the next call. */
    uint32_t stopped = GW(stopped)(&agent->wasm);
    session->kept_from = 0;
    session->kept_to = count - stopped;
    memcpy(session->kept, at(agent, agent->window + stopped), session->kept_to);
  }
  follow(session, status);
  leave();
  return true;
}

size_t gw_session_output(struct gw_session *session, const char **bytes) {
  struct gw_agent *agent = session->agent;
  if ((session->status & GW_STATUS_OUTPUT) == 0) return 0;
  ENTER(agent, 0);
  size_t count = GW(output)(&agent->wasm, session->handle);
  *bytes = at(agent, GW(data)(&agent->wasm));
  leave();
  return count;
}

bool gw_session_sent(struct gw_session *session, size_t count) {
  struct gw_agent *agent = session->agent;
  ENTER(agent, false);
  follow(session, GW(drained)(&agent->wasm, session->handle, (uint32_t)count));
  leave();
  return true;
}
