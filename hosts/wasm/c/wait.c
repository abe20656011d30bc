/* The one place where the program sleeps. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "host.h"

static volatile sig_atomic_t caught;
/* The signals as they were: they come through only while we wait, so none can slip in between a look and the wait. */
static sigset_t while_waiting;

static void on_signal(int signal) { caught = signal; }

void catch_signals(void) {
  struct sigaction action = {.sa_handler = on_signal};
  sigemptyset(&action.sa_mask);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGINT);
  sigprocmask(SIG_BLOCK, &blocked, &while_waiting);
  sigdelset(&while_waiting, SIGTERM);
  sigdelset(&while_waiting, SIGINT);
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  /* A peer that is gone shows where we write to it. */
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL);
}

int wait_for(struct pollfd *polls, nfds_t count, int timeout_ms) {
  static unsigned waits;
  struct timespec timeout = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000L};
  int ready = ppoll(polls, count, timeout_ms < 0 ? NULL : &timeout, &while_waiting);
  if (ready < 0) {
    if (errno != EINTR) log_line(GW_LEVEL_CRITICAL, "poll: %s", strerror(errno));
    for (nfds_t i = 0; i < count; i++) polls[i].revents = 0;
    ready = 0;
  }
  /* Where something is always ready, the call above lets no signal through; this one does. */
  if (++waits % 64 == 0) ppoll(NULL, 0, &(struct timespec){0}, &while_waiting);
  if (caught == 0) return ready;
  log_line(GW_LEVEL_INFO, "stopping on %s", caught == SIGTERM ? "SIGTERM" : "SIGINT");
  return -1;
}

int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
