/* Any number of peers on a unix socket, each with a session of its own. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"

enum {
  /* A client that waits for each reply sends its next request within microseconds. To look for it so often, and let others
   * have the processor, is faster than to sleep and be woken. With many peers it is not. */
  LOOKS = 50,
  FEW = 4,
  /* Among so many looks one is for signals and newcomers too. */
  TURNS = 16,
  /* When no connection can be accepted, for want of descriptors or memory: how long until the next try. */
  PAUSE_MS = 100,
  /* At the end, how long peers have to take their replies. */
  LAST_MS = 1000,
};

struct server {
  struct gw_agent *agent;
  int listener;
  /* No connection is accepted before this time. */
  int64_t accept_at;
  /* How often we looked in vain since bytes came last, and how often in all. */
  unsigned looks, turns;
  struct channel *channels;
  size_t count, room;
  /* One for signals, the listener's, then one for each channel. */
  struct pollfd *polls;
  /* Newcomers are turned away, and the log says so. */
  bool refuses;
};

enum { LISTENER = 1, FIRST = 2 };

/* Makes room for another channel. */
static bool grow(struct server *server) {
  if (server->count < server->room) return true;
  size_t room = server->room == 0 ? 8 : server->room * 2;
  struct channel *channels = realloc(server->channels, room * sizeof *channels);
  if (channels == NULL) return false;
  server->channels = channels;
  struct pollfd *polls = realloc(server->polls, (FIRST + room) * sizeof *polls);
  if (polls == NULL) return false;
  server->polls = polls;
  server->room = room;
  return true;
}

/* Says why newcomers are turned away, once until all that came are let in. */
static void refuse(struct server *server, const char *why) {
  if (!server->refuses) log_line(GW_LEVEL_CRITICAL, "no further peer can be served: %s", why);
  server->refuses = true;
}

static void accept_all(struct server *server) {
  for (;;) {
    int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        server->refuses = false;
        return;
      }
      refuse(server, strerror(errno));
      server->accept_at = now_ms() + PAUSE_MS;
      return;
    }
    struct gw_session *session = grow(server) ? gw_session_open(server->agent) : NULL;
    if (session == NULL) {
      /* Where it trapped, the log has that already. */
      if (!gw_agent_trapped(server->agent)) refuse(server, strerror(ENOMEM));
      close(fd);
      return;
    }
    server->channels[server->count++] = (struct channel){.in = fd, .out = fd, .session = session};
  }
}

static void close_channel(struct server *server, size_t index) {
  close(server->channels[index].in);
  gw_session_close(server->channels[index].session);
  server->channels[index] = server->channels[--server->count];
}

/* After a trap no session is of use. */
static void drop_trapped(struct server *server) {
  while (gw_agent_trapped(server->agent) && server->count > 0) close_channel(server, server->count - 1);
}

/* Fills in what to wait for, and returns how many entries that are. */
static nfds_t fill_polls(struct server *server) {
  server->polls[0] = (struct pollfd){.fd = -1};
  bool accepts = server->accept_at == 0 || server->accept_at <= now_ms();
  server->polls[LISTENER] = (struct pollfd){.fd = accepts ? server->listener : -1, .events = POLLIN};
  for (size_t i = 0; i < server->count; i++) {
    struct channel *channel = &server->channels[i];
    server->polls[FIRST + i] = (struct pollfd){.fd = channel->in, .events = channel_events(channel)};
  }
  return FIRST + (nfds_t)server->count;
}

/* Waits until something is ready, or may be. False when the program is to end. */
static bool wait_ready(struct server *server) {
  nfds_t count = fill_polls(server);
  bool looking = server->looks++ < LOOKS && server->count <= FEW;
  if (!looking || ++server->turns % TURNS == 0) {
    int pause = server->polls[LISTENER].fd < 0 ? PAUSE_MS : -1;
    return wait_for(server->polls, count, looking ? 0 : pause) >= 0;
  }
  sched_yield();
  for (nfds_t i = FIRST; i < count; i++) server->polls[i].revents = server->polls[i].events;
  return true;
}

/* Gives each channel that is ready its turn, then lets newcomers in. */
static void serve_ready(struct server *server) {
  /* From the last to the first: the one that takes the place of a channel that closes has had its turn. */
  for (size_t i = server->count; i-- > 0;) {
    if (server->polls[FIRST + i].revents == 0) continue;
    enum turn turn = channel_turn(&server->channels[i]);
    if (turn == ACTIVE) server->looks = 0;
    if (turn >= OVER) close_channel(server, i);
    if (gw_agent_trapped(server->agent)) break;
  }
  drop_trapped(server);
  if (server->polls[LISTENER].revents != 0) accept_all(server);
  drop_trapped(server);
}

/* Answers what has arrived, and waits a little for those who have not taken their replies. */
static void finish(struct server *server) {
  accept_all(server);
  close(server->listener);
  server->listener = -1;
  /* What is on its way still comes, then the end. */
  for (size_t i = 0; i < server->count; i++) shutdown(server->channels[i].in, SHUT_RD);
  int64_t end = now_ms() + LAST_MS, now;
  while (server->count > 0 && (now = now_ms()) < end) {
    nfds_t count = fill_polls(server);
    if (poll(server->polls, count, (int)(end - now)) > 0) serve_ready(server);
  }
  while (server->count > 0) close_channel(server, server->count - 1);
}

int serve_socket(struct gw_agent *agent, const char *path) {
  struct server server = {.agent = agent, .listener = listen_at(path)};
  if (server.listener < 0) return 1;
  if (!grow(&server)) return fail("there is no memory");
  log_line(GW_LEVEL_INFO, "listening on %s", path);
  while (wait_ready(&server)) serve_ready(&server);
  remove_own(path);
  finish(&server);
  free(server.channels);
  free(server.polls);
  return 0;
}
