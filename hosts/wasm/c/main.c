/* A guest agent in C: agent.wasm on a unix socket, on a port of virtio-serial, or on standard input and output. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "host.h"

static const char HELP[] =
    "Usage: " NAME " [--listen PATH | --device PATH | --stdio] [options]\n"
    "\n"
    "A QEMU guest agent.\n"
    "\n"
    "  --listen PATH        serve any number of clients on a unix socket\n"
    "  --device PATH        serve the host on a character device, a port of virtio-serial\n"
    "  --stdio              serve one client on standard input and output (default)\n"
    "  --limit NAME=VALUE   set a limit: messageBytes, tokens, depth, replyBytes, queueBytes, errorsInRow, totalBytes\n"
    "  -v, --verbose        log more than errors to standard error\n"
    "  -V, --version        print the version\n"
    "  -h, --help           print this page\n"
    "\n"
    "Examples:\n"
    "  " NAME " --device /dev/virtio-ports/org.qemu.guest_agent.0\n"
    "  echo '{\"execute\":\"uptime-read\",\"arguments\":{\"unit\":\"ms\"}}' | " NAME "\n";

/* By their numbers. */
static const char *const LIMIT_NAMES[] = {
    [GW_LIMIT_MESSAGE_BYTES] = "messageBytes", [GW_LIMIT_TOKENS] = "tokens",
    [GW_LIMIT_DEPTH] = "depth",                [GW_LIMIT_REPLY_BYTES] = "replyBytes",
    [GW_LIMIT_QUEUE_BYTES] = "queueBytes",     [GW_LIMIT_ERRORS_IN_ROW] = "errorsInRow",
    [GW_LIMIT_TOTAL_BYTES] = "totalBytes",
};

enum { USAGE = 2, LISTEN = 256, DEVICE, STDIO, LIMIT };

static const struct option OPTIONS[] = {
    {"listen", required_argument, NULL, LISTEN}, {"device", required_argument, NULL, DEVICE},
    {"stdio", no_argument, NULL, STDIO},         {"limit", required_argument, NULL, LIMIT},
    {"verbose", no_argument, NULL, 'v'},         {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},            {NULL, 0, NULL, 0},
};

/* What the user typed wrong, in one line. Returns the exit status. */
static int mistake(const char *what, const char *word) {
  fprintf(stderr, NAME ": %s%s; see '" NAME " --help'\n", what, word);
  return USAGE;
}

/* Sets a limit of the form NAME=VALUE. */
static bool set_limit(struct gw_agent *agent, const char *text) {
  for (int limit = 0; limit < (int)(sizeof LIMIT_NAMES / sizeof *LIMIT_NAMES); limit++) {
    size_t length = strlen(LIMIT_NAMES[limit]);
    if (strncmp(text, LIMIT_NAMES[limit], length) != 0 || text[length] != '=') continue;
    const char *digits = text + length + 1;
    char *end;
    errno = 0;
    long value = strtol(digits, &end, 10);
    if (*digits < '0' || *digits > '9' || *end != '\0' || errno != 0 || value > INT32_MAX) return false;
    return gw_agent_limit(agent, limit, (int)value);
  }
  return false;
}

/* Serves until that ends. Returns the exit status. */
static int serve(struct gw_agent *agent, int place, const char *path) {
  catch_signals();
  openlog(NAME, LOG_PID, LOG_USER);
  if (!gw_agent_add(agent, "uptime-read", 0, uptime_read)) return fail("the command uptime-read cannot be added");
  if (place == LISTEN) return serve_socket(agent, path);
  if (place == DEVICE) return serve_device(agent, path);
  return serve_stdio(agent);
}

static int run(struct gw_agent *agent, int argc, char **argv) {
  int place = STDIO, places = 0, option;
  const char *path = NULL;
  opterr = 0;
  while ((option = getopt_long(argc, argv, ":vVh", OPTIONS, NULL)) != -1) {
    switch (option) {
      case LISTEN:
      case DEVICE:
      case STDIO:
        place = option;
        path = optarg;
        if (++places > 1) return mistake("only one of --listen, --device and --stdio can be served", "");
        if (path != NULL && *path == '\0') return mistake("name a path: ", argv[optind - 1]);
        break;
      case LIMIT:
        if (!set_limit(agent, optarg)) return mistake("no limit, or out of its range: ", optarg);
        break;
      case 'v': log_verbose = true; break;
      case 'V': puts("Guestwire Guest Agent " VERSION); return 0;
      case 'h': fputs(HELP, stdout); return 0;
      case ':': return mistake("a value is missing behind ", argv[optind - 1]);
      default: return mistake("there is no option ", argv[optind - 1]);
    }
  }
  if (optind < argc) return mistake("there is no use for ", argv[optind]);
  return serve(agent, place, path);
}

int main(int argc, char **argv) {
  struct gw_agent *agent = gw_agent_start(VERSION, log_record);
  if (agent == NULL) return fail("agent.wasm cannot be started: %s", strerror(errno));
  int status = run(agent, argc, argv);
  gw_agent_stop(agent);
  return status;
}
