/* The files of the host: what each gives to the others. */
#ifndef GUESTWIRE_HOST_H
#define GUESTWIRE_HOST_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent.h"

/* --- main.c */

/* What the program is called in messages. */
#define NAME "guestwire-agent"

/* --- log.c */

/* Also records below `critical` go to stderr then. */
extern bool log_verbose;
/* Where the agent's records go: stderr, or syslog for those of that domain. */
gw_log log_record;
/* A record of the host itself, with printf's format. */
void log_line(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Why the host cannot start or go on, as one line on stderr. Returns the exit status 1. */
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- wait.c */

/* From now on SIGTERM and SIGINT only end wait_for. False, with errno, where that cannot be. */
bool catch_signals(void);
/* Waits until one of them is ready, for so many milliseconds at most (-1: for as long as it takes). The first entry is for
 * the signals, and filled in here. Returns how many are ready, or -1 when a signal asked the program to end. */
int wait_for(struct pollfd *polls, nfds_t count, int timeout_ms);
/* Milliseconds since some moment. */
int64_t now_ms(void);

/* --- channel.c */

/* Where a peer's bytes come from and replies go: descriptors that do not block, and the session between them. */
struct channel {
  int in, out;
  struct gw_session *session;
  /* The peer sends no more. */
  bool ended;
};

/* How a turn went. */
enum turn {
  /* No bytes came. */
  IDLE,
  /* Some did. */
  ACTIVE,
  /* The peer has ended and got its replies. */
  OVER,
  /* Reading or writing failed; errno says why. */
  UNREADABLE,
  UNWRITABLE,
};

/* Makes a descriptor non-blocking. */
void unblock(int fd);
/* What to wait for: POLLIN where the session takes bytes, POLLOUT where replies wait. */
short channel_events(const struct channel *channel);
/* Reads once, where the session takes bytes, and writes what waits, without blocking. */
enum turn channel_turn(struct channel *channel);
/* The parts of a turn. Each returns how many bytes went by, or -1 with errno; nothing to write, or no room for it, is 0. */
ssize_t channel_read(struct channel *channel);
ssize_t channel_write(struct channel *channel);
/* Whether the last read only came too early. */
bool is_for_later(void);

/* --- The three places to serve. Each returns the exit status. */

int serve_stdio(struct gw_agent *agent);
int serve_socket(struct gw_agent *agent, const char *path);
int serve_device(struct gw_agent *agent, const char *path);

/* --- socket-file.c */

/* Listens at the path, where a socket that a dead agent left behind is replaced. -1 where that cannot be, which it says. */
int listen_at(const char *path);
/* Removes the file at the path if it is still the socket that was made there. */
void remove_own(const char *path);

/* --- uptime.c */

/* The command uptime-read. */
gw_command uptime_read;

#endif
