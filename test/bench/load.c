/* A client of an agent on a unix socket, for the benchmark: one in JavaScript would be slower than what it measures.
 *
 *   load SOCKET alone COUNT SECONDS         guest-sync requests of 50 bytes, each sent when the last one is answered
 *   load SOCKET pipelined COUNT SECONDS     the same, sent as fast as the socket takes them
 *   load SOCKET echo COUNT SECONDS BYTES    guest-ping requests, one at a time, whose id is a string of BYTES bytes
 *
 * Ends after COUNT requests or SECONDS, whatever comes first, when all that it sent is answered; at least one is sent.
 * Compares every byte of every reply. Prints `REQUESTS SECONDS`. Anything wrong, and an agent that says nothing for ten
 * seconds, is told on stderr and ends it with status 1.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000, BATCH = 1300, INPUT = 1 << 18, LONGEST = 1 << 26 };

static const char REQUEST_TEXT[] = "{\"execute\":\"guest-sync\",\"arguments\":{\"id\":10000}}\n";
static const char REPLY_TEXT[] = "{\"return\": 10000}\n";
/* Where the id starts. It has five digits, so that all requests have one length; they begin again when used up. */
enum { REQUEST_DIGITS = 42, REPLY_DIGITS = 11, DIGITS = 5 };
enum { REQUEST_SIZE = sizeof REQUEST_TEXT - 1, REPLY_SIZE = sizeof REPLY_TEXT - 1 };

static void fail(const char *format, ...) {
  va_list list;
  va_start(list, format);
  vfprintf(stderr, format, list);
  va_end(list);
  fputc('\n', stderr);
  exit(1);
}

static double seconds_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) fail("the path of the socket is too long");
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect: %s", strerror(errno));
  return fd;
}

/* The next id, in place. */
static void count_up(char *digits) {
  int i = DIGITS - 1;
  while (i >= 0 && digits[i] == '9') digits[i--] = '0';
  if (i >= 0) digits[i]++;
  else digits[0] = '1';
}

static void compare(const char *got, const char *wanted, size_t size) {
  int shown = size < 80 ? (int)size : 80;
  if (memcmp(got, wanted, size) != 0) fail("wanted %.*s, got %.*s", shown, wanted, shown, got);
}

/* Waits for the socket, at most PATIENCE_MS. Returns what it is ready for. */
static short await(int fd, short events) {
  struct pollfd wait = {.fd = fd, .events = events};
  int ready = poll(&wait, 1, PATIENCE_MS);
  if (ready < 0 && errno != EINTR) fail("poll: %s", strerror(errno));
  if (ready == 0) fail("no answer for %d ms", PATIENCE_MS);
  return ready < 0 ? 0 : wait.revents;
}

/* Sends what the socket takes now; returns how much that was. */
static size_t send_some(int fd, const char *bytes, size_t size) {
  ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0) return (size_t)sent;
  if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) fail("send: %s", strerror(errno));
  return 0;
}

/* Receives what is there now; returns how much that was. */
static size_t receive_some(int fd, char *bytes, size_t size) {
  ssize_t got = recv(fd, bytes, size, MSG_DONTWAIT);
  if (got > 0) return (size_t)got;
  if (got == 0) fail("the agent closed the connection");
  if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) fail("recv: %s", strerror(errno));
  return 0;
}

static long alone(int fd, long count, double end) {
  char request[sizeof REQUEST_TEXT], wanted[sizeof REPLY_TEXT], reply[256];
  memcpy(request, REQUEST_TEXT, sizeof request);
  memcpy(wanted, REPLY_TEXT, sizeof wanted);
  /* Blocking calls with a timeout: a poll before each would be one more system call on our side. */
  const struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  long done = 0;
  do {
    if (send(fd, request, REQUEST_SIZE, MSG_NOSIGNAL) != REQUEST_SIZE) fail("send: %s", strerror(errno));
    size_t have = 0;
    while (have < REPLY_SIZE) {
      ssize_t got = recv(fd, reply + have, sizeof reply - have, 0);
      if (got <= 0) fail("recv: %s", got == 0 ? "the agent closed the connection" : strerror(errno));
      have += (size_t)got;
    }
    if (have != REPLY_SIZE) fail("more came than one reply: %.*s", (int)have, reply);
    compare(reply, wanted, REPLY_SIZE);
    count_up(request + REQUEST_DIGITS);
    count_up(wanted + REPLY_DIGITS);
    done++;
  } while (done < count && seconds_now() < end);
  return done;
}

static long pipelined(int fd, long count, double end) {
  static char out[BATCH * REQUEST_SIZE], in[INPUT];
  char request[sizeof REQUEST_TEXT], wanted[sizeof REPLY_TEXT];
  memcpy(request, REQUEST_TEXT, sizeof request);
  memcpy(wanted, REPLY_TEXT, sizeof wanted);
  long written = 0, done = 0;
  size_t from = 0, size = 0, have = 0;
  int ending = 0;
  do {
    if (from == size && !ending) {
      ending = written > 0 && seconds_now() >= end;
      for (from = size = 0; !ending && size < sizeof out && written < count; size += REQUEST_SIZE, written++) {
        memcpy(out + size, request, REQUEST_SIZE);
        count_up(request + REQUEST_DIGITS);
      }
    }
    if (ending && done == written) break;
    short ready = await(fd, POLLIN | (from < size ? POLLOUT : 0));
    if (ready & POLLOUT) from += send_some(fd, out + from, size - from);
    if (ready & (POLLIN | POLLHUP | POLLERR)) {
      have += receive_some(fd, in + have, sizeof in - have);
      size_t at = 0;
      for (; have - at >= REPLY_SIZE; at += REPLY_SIZE, done++) {
        compare(in + at, wanted, REPLY_SIZE);
        count_up(wanted + REPLY_DIGITS);
      }
      have -= at;
      memmove(in, in + at, have);
      if (done > written) fail("more came than was asked for");
    }
  } while (done < written || from < size || (!ending && written < count));
  return done;
}

static long echo(int fd, long count, double end, size_t bytes) {
  static const char head[] = "{\"execute\":\"guest-ping\",\"id\":\"", reply_head[] = "{\"return\": {}, \"id\": \"";
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789 .:/-_", tail[] = "\"}\n";
  static char in[INPUT];
  size_t size = strlen(head) + bytes + strlen(tail), reply_size = strlen(reply_head) + bytes + strlen(tail);
  char *out = malloc(size), *wanted = malloc(reply_size);
  if (out == NULL || wanted == NULL) fail("no memory for %zu bytes", bytes);
  memcpy(out, head, strlen(head));
  for (size_t i = 0; i < bytes; i++) out[strlen(head) + i] = letters[i % strlen(letters)];
  memcpy(out + size - strlen(tail), tail, strlen(tail));
  memcpy(wanted, reply_head, strlen(reply_head));
  memcpy(wanted + strlen(reply_head), out + strlen(head), bytes + strlen(tail));
  long done = 0;
  do {
    size_t sent = 0, have = 0;
    while (have < reply_size) {
      short ready = await(fd, POLLIN | (sent < size ? POLLOUT : 0));
      if (ready & POLLOUT) sent += send_some(fd, out + sent, size - sent);
      if (ready & (POLLIN | POLLHUP | POLLERR)) {
        size_t got = receive_some(fd, in, sizeof in);
        if (got > reply_size - have) fail("more came than one reply");
        compare(in, wanted + have, got);
        have += got;
      }
    }
    if (sent < size) fail("a reply came before the request had ended");
    done++;
  } while (done < count && seconds_now() < end);
  free(out);
  free(wanted);
  return done;
}

/* A number of the command line, from `least` to `most`. */
static double number(const char *text, double least, double most) {
  char *end;
  double value = strtod(text, &end);
  if (end == text || *end != '\0' || !(value >= least && value <= most)) {
    fail("%s is no number from %g to %g", text, least, most);
  }
  return value;
}

int main(int argc, char **argv) {
  const char *mode = argc > 2 ? argv[2] : "";
  if (argc != (strcmp(mode, "echo") == 0 ? 6 : 5)) {
    fputs("usage: load SOCKET alone|pipelined COUNT SECONDS, or load SOCKET echo COUNT SECONDS BYTES\n", stderr);
    return 2;
  }
  long count = (long)number(argv[3], 1, 1e9), done = 0;
  double limit = number(argv[4], 0, 600);
  size_t bytes = argc > 5 ? (size_t)number(argv[5], 1, LONGEST) : 0;
  int fd = connect_to(argv[1]);
  double start = seconds_now(), end = start + limit;
  if (strcmp(mode, "alone") == 0) done = alone(fd, count, end);
  else if (strcmp(mode, "pipelined") == 0) done = pipelined(fd, count, end);
  else if (strcmp(mode, "echo") == 0) done = echo(fd, count, end, bytes);
  else fail("there is no mode %s", mode);
  printf("%ld %.6f\n", done, seconds_now() - start);
  return 0;
}
