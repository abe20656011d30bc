/* The example of an embedder's own command: uptime-read, how long this machine has been up.
 *
 *   {"execute": "uptime-read"}                                   {"return": 4711}
 *   {"execute": "uptime-read", "arguments": {"unit": "ms"}}      {"return": 4711042}
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "host.h"

/* The arguments come in one spelling, so a command with a choice of a few words compares the whole. */
static bool are(const char *arguments, size_t length, const char *text) {
  return length == strlen(text) && memcmp(arguments, text, length) == 0;
}

bool uptime_read(const char *arguments, size_t length, char *result) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  if (are(arguments, length, "{}") || are(arguments, length, "{\"unit\": \"s\"}")) {
    snprintf(result, GW_RESULT_BYTES, "%jd", (intmax_t)time.tv_sec);
    return true;
  }
  if (are(arguments, length, "{\"unit\": \"ms\"}")) {
    snprintf(result, GW_RESULT_BYTES, "%jd", (intmax_t)time.tv_sec * 1000 + time.tv_nsec / 1000000);
    return true;
  }
  snprintf(result, GW_RESULT_BYTES, "uptime-read takes 'unit', which is \"s\" or \"ms\"");
  return false;
}
