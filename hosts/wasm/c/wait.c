/* The one place where the program sleeps. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

/* Where SIGTERM and SIGINT can be read. */
static int signals = -1;

bool catch_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, NULL);
  /* A peer that is gone shows where we write to it. */
  signal(SIGPIPE, SIG_IGN);
  signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  return signals >= 0;
}

int wait_for(struct pollfd *polls, nfds_t count, int timeout_ms) {
  polls[0] = (struct pollfd){.fd = signals, .events = POLLIN};
  int ready = poll(polls, count, timeout_ms);
  if (ready < 0) {
    if (errno != EINTR) log_line(GW_LEVEL_CRITICAL, "poll: %s", strerror(errno));
    for (nfds_t i = 0; i < count; i++) polls[i].revents = 0;
    return 0;
  }
  struct signalfd_siginfo caught;
  if (polls[0].revents == 0 || read(signals, &caught, sizeof caught) != sizeof caught) return ready;
  log_line(GW_LEVEL_INFO, "stopping on %s", caught.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
  return -1;
}

int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
