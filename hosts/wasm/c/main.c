/* A guest agent in C: agent.wasm on a unix socket, on a port of virtio-serial, or on standard input and output. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

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

enum { LIMITS = sizeof LIMIT_NAMES / sizeof *LIMIT_NAMES, UNSET = -1 };

/* What the command line asks for. */
struct options {
  int place;
  /* Of the socket or device. */
  const char *path;
  /* By their numbers; UNSET where there is nothing to set. */
  int limits[LIMITS];
};

/* What the user typed wrong, in one line with printf's format. Returns the exit status. */
static int __attribute__((format(printf, 1, 2))) mistake(const char *format, ...) {
  va_list list;
  va_start(list, format);
  fputs(NAME ": ", stderr);
  vfprintf(stderr, format, list);
  fputs("; see '" NAME " --help'\n", stderr);
  va_end(list);
  return USAGE;
}

/* The long option of that value; NULL where there is none. */
static const char *name_of(int value) {
  const struct option *option = OPTIONS;
  while (option->name != NULL && option->val != value) option++;
  return option->name;
}

/* Takes a limit of the form NAME=VALUE. Returns 0 or the exit status. */
static int take_limit(struct options *options, const char *text) {
  for (int limit = 0; limit < LIMITS; limit++) {
    const char *name = LIMIT_NAMES[limit];
    size_t length = strlen(name);
    if (strncmp(text, name, length) != 0 || text[length] != '=') continue;
    const char *digits = text + length + 1;
    int least = limit == GW_LIMIT_ERRORS_IN_ROW ? 0 : GW_LIMIT_LEAST;
    char *end;
    /* Beyond the range of long it gives the end of that. */
    long value = strtol(digits, &end, 10);
    if (*digits < '0' || *digits > '9' || *end != '\0' || value < least || value > GW_LIMIT_MOST) {
      return mistake("--limit %s: %s takes a number from %d to %d", text, name, least, GW_LIMIT_MOST);
    }
    options->limits[limit] = (int)value;
    return 0;
  }
  return mistake("--limit %s: that is no limit with a value", text);
}

/* What getopt_long did not understand. Returns the exit status. */
static int not_understood(char **argv) {
  const char *name = name_of(optopt);
  if (name != NULL) return mistake("--%s takes no value", name);
  if (optopt != 0) return mistake("there is no option -%c", optopt);
  return mistake("there is no option %s", argv[optind - 1]);
}

/* Reads the command line. Returns whether there is something to serve; `status` is the exit status where not. */
static bool read_options(struct options *options, int argc, char **argv, int *status) {
  int places = 0, option;
  opterr = 0;
  *status = 0;
  while (*status == 0 && (option = getopt_long(argc, argv, ":vVh", OPTIONS, NULL)) != -1) {
    switch (option) {
      case LISTEN:
      case DEVICE:
      case STDIO:
        options->place = option;
        options->path = optarg;
        if (++places > 1) *status = mistake("only one of --listen, --device and --stdio can be served");
        else if (optarg != NULL && *optarg == '\0') *status = mistake("name a path behind --%s", name_of(option));
        break;
      case LIMIT: *status = take_limit(options, optarg); break;
      case 'v': log_verbose = true; break;
      case 'V': puts("Guestwire Guest Agent " VERSION); return false;
      case 'h': fputs(HELP, stdout); return false;
      case ':': *status = mistake("a value is missing behind --%s", name_of(optopt)); break;
      default: *status = not_understood(argv);
    }
  }
  if (*status == 0 && optind < argc) *status = mistake("there is no use for %s", argv[optind]);
  return *status == 0;
}

/* Serves until that ends. Returns the exit status. */
static int serve(struct gw_agent *agent, const struct options *options) {
  if (!gw_agent_add(agent, "uptime-read", 0, uptime_read)) return fail("the command uptime-read cannot be added");
  for (int limit = 0; limit < LIMITS; limit++) {
    int value = options->limits[limit];
    if (value == UNSET || gw_agent_limit(agent, limit, value)) continue;
    return fail("agent.wasm does not take %d for %s", value, LIMIT_NAMES[limit]);
  }
  if (options->place == LISTEN) return serve_socket(agent, options->path);
  if (options->place == DEVICE) return serve_device(agent, options->path);
  return serve_stdio(agent);
}

/* Where one of the standard descriptors is closed, the next file that is opened would take its place. One that cannot be
 * used takes it. */
static void fill_descriptors(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
    if (fcntl(fd, F_GETFD) < 0) open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

int main(int argc, char **argv) {
  struct options options = {.place = STDIO};
  int status;
  for (int limit = 0; limit < LIMITS; limit++) options.limits[limit] = UNSET;
  fill_descriptors();
  if (!read_options(&options, argc, argv, &status)) return status;
  struct gw_agent *agent = gw_agent_start(VERSION, log_record);
  if (agent == NULL && errno == ENOEXEC) return fail("agent.wasm has another interface than version %d of this host", GW_ABI);
  if (agent == NULL) return fail("agent.wasm cannot be started: %s", strerror(errno));
  if (!catch_signals()) return fail("signals cannot be taken: %s", strerror(errno));
  openlog(NAME, LOG_PID, LOG_USER);
  status = serve(agent, &options);
  gw_agent_stop(agent);
  return status;
}
