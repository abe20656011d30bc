/* The log: stderr as qemu-ga writes it, SECONDS.MICROSECONDS: LEVEL: TEXT, and the system's for what belongs there. */
#include <stdarg.h>
#include <stdio.h>
#include <sys/time.h>
#include <syslog.h>

#include "host.h"

static const char *const LEVELS[] = {"error", "critical", "warning", "message", "info", "debug"};
static const int PRIORITIES[] = {LOG_ERR, LOG_CRIT, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG};

bool log_verbose = false;

void log_record(int level, int domain, const char *text, size_t length) {
  if (level < GW_LEVEL_ERROR || level > GW_LEVEL_DEBUG) level = GW_LEVEL_DEBUG;
  if (domain == GW_DOMAIN_SYSLOG) {
    syslog(LOG_USER | PRIORITIES[level], "%s: %.*s", LEVELS[level], (int)length, text);
  } else if (log_verbose || level <= GW_LEVEL_CRITICAL) {
    struct timeval time;
    gettimeofday(&time, NULL);
    fprintf(stderr, "%jd.%06ld: %s: %.*s\n", (intmax_t)time.tv_sec, (long)time.tv_usec, LEVELS[level], (int)length, text);
  }
}

void log_line(int level, const char *format, ...) {
  char text[1024];
  va_list list;
  va_start(list, format);
  int length = vsnprintf(text, sizeof text, format, list);
  va_end(list);
  if (length < 0) return;
  log_record(level, GW_DOMAIN_GENERAL, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

int fail(const char *format, ...) {
  va_list list;
  va_start(list, format);
  fputs(NAME ": ", stderr);
  vfprintf(stderr, format, list);
  fputc('\n', stderr);
  va_end(list);
  return 1;
}
