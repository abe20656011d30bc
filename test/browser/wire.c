/* The wire of an emulated serial port: a pseudo-terminal, which a browser opens as FOLDER/port, and a unix socket, FOLDER/far,
 * for one program at a time at the far end. Bytes pass both ways unchanged; as on a wire, what is sent to an end that nobody
 * holds is lost.
 *
 * Commands on standard input, a line each, are answered with a line when all bytes before them are under way: "unplug" and
 * "plug" are the cable's, announced to browsers as udevd does; "hangup" ends what is open and leaves the device in place;
 * "state" asks whether it is "closed" or "open" in a browser, or "blocked", for nobody reads at the far end. The end of standard input ends the program.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

/* What goes one way and was not taken yet. */
struct bytes {
  char data[65536];
  ssize_t from, to;
};

static const char *entry;
static int waiting, listener, page = -1, far = -1;
static struct bytes to_page, to_far;

/* Has every change of it wake us, once. */
static void watch(int fd) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
  if (epoll_ctl(waiting, EPOLL_CTL_ADD, fd, &event) != 0) err(1, "epoll_ctl");
}

/* Tells browsers that the device came or went, in the format of libudev's monitor. */
static void announce(const char *action) {
  static unsigned long long sequence = 1ull << 40;
  struct {
    char prefix[8];
    uint32_t magic, header_size, properties_at, properties_size, subsystem_hash, devtype_hash, tags[2];
    char properties[4096];
  } message = {"libudev", htonl(0xfeedcafe), 40, 40, 0, htonl(0x8afa90c8), 0, {0, 0}, ""};
  struct sockaddr_nl everybody = {.nl_family = AF_NETLINK, .nl_groups = 2};
  char *end = message.properties;
  end += sprintf(end, "ACTION=%s\nDEVPATH=%s\nSUBSYSTEM=tty\nSEQNUM=%llu\n", action, entry, ++sequence);
  FILE *uevent = fopen("uevent", "r");
  if (uevent == NULL) err(1, "uevent");
  end += fread(end, 1, message.properties + sizeof message.properties - end, uevent);
  fclose(uevent);
  message.properties_size = end - message.properties;
  for (char *at = message.properties; at < end; at++) {
    if (*at == '\n') *at = '\0';
  }
  int netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);
  ssize_t size = end - (char *)&message;
  /* Refused: nobody listens. */
  if (sendto(netlink, &message, size, 0, (struct sockaddr *)&everybody, sizeof everybody) != size && errno != ECONNREFUSED)
    err(1, "netlink");
  close(netlink);
}

static void attach(void) {
  char name[64];
  int browser;
  struct termios raw;
  if (openpty(&page, &browser, name, NULL, NULL) != 0) err(1, "openpty");
  tcgetattr(browser, &raw);
  cfmakeraw(&raw);
  tcsetattr(browser, TCSANOW, &raw);
  close(browser);
  fcntl(page, F_SETFL, O_NONBLOCK);
  watch(page);
  if (symlink(name, "port") != 0) err(1, "symlink");
}

/* Whoever has it open is hung up. */
static void detach(void) {
  unlink("port");
  close(page);
  page = -1;
}

/* Whether a browser has the port open. */
static int is_open(void) {
  struct pollfd end = {page, 0, 0};
  return page >= 0 && poll(&end, 1, 0) >= 0 && !(end.revents & POLLHUP);
}

static int obey(const char *command) {
  if (strcmp(command, "plug") == 0 && page < 0) {
    attach();
    announce("add");
  } else if (strcmp(command, "unplug") == 0 && page >= 0) {
    detach();
    announce("remove");
  } else if (strcmp(command, "hangup") == 0 && page >= 0) {
    detach();
    attach();
  } else {
    return 0;
  }
  return 1;
}

/* Obeys what was said; returns 0 at the end of standard input. */
static int listen_to_commands(void) {
  static char line[64];
  static size_t length;
  char c;
  ssize_t count;
  while ((count = read(STDIN_FILENO, &c, 1)) > 0) {
    if (c != '\n') {
      if (length < sizeof line - 1) line[length++] = c;
      continue;
    }
    line[length] = '\0';
    length = 0;
    if (strcmp(line, "state") == 0) puts(!is_open() ? "closed" : to_far.from < to_far.to ? "blocked" : "open");
    else puts(obey(line) ? "done" : "not possible now");
  }
  return count < 0;
}

enum { STUCK, MOVED, ENDED };

static int result(ssize_t count) { return count > 0 ? MOVED : count < 0 && errno == EAGAIN ? STUCK : ENDED; }

/* Reads what there is, where nothing waits any more. */
static int fill(struct bytes *bytes, int fd) {
  if (bytes->from < bytes->to) return STUCK;
  ssize_t count = read(fd, bytes->data, sizeof bytes->data);
  bytes->from = 0;
  bytes->to = count > 0 ? count : 0;
  return result(count);
}

/* Writes what waits, as far as it goes. */
static int drain(struct bytes *bytes, int fd) {
  if (bytes->from == bytes->to) return STUCK;
  ssize_t count = write(fd, bytes->data + bytes->from, bytes->to - bytes->from);
  if (count > 0) bytes->from += count;
  return result(count);
}

static int lose(struct bytes *bytes) {
  int had_some = bytes->from < bytes->to;
  bytes->from = bytes->to;
  return had_some ? MOVED : STUCK;
}

static void let_far_in(void) {
  if (far < 0 && (far = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) watch(far);
}

/* Moves bytes where some move. Returns whether any did. */
static int carry(void) {
  int read_page = page < 0 ? STUCK : fill(&to_far, page);
  int write_far = far < 0 ? lose(&to_far) : drain(&to_far, far);
  int read_far = far < 0 ? STUCK : fill(&to_page, far);
  int write_page = is_open() ? drain(&to_page, page) : lose(&to_page);
  /* What the browser did not read before it closed is lost, too. */
  if (!is_open() && page >= 0) tcflush(page, TCOFLUSH);
  if (read_far == ENDED || write_far == ENDED) {
    close(far);
    far = -1;
    return 1;
  }
  return read_page == MOVED || write_far == MOVED || read_far == MOVED || write_page == MOVED;
}

int main(int count, char **arguments) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "far"};
  if (count != 3 || chdir(arguments[1]) != 0) errx(2, "usage: wire FOLDER DEVPATH");
  entry = arguments[2];
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGPIPE, SIG_IGN);
  waiting = epoll_create1(0);
  listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 16) != 0) err(1, "far");
  fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
  watch(listener);
  watch(STDIN_FILENO);
  attach();
  puts("ready");
  do {
    struct epoll_event event;
    epoll_wait(waiting, &event, 1, -1);
    do let_far_in();
    while (carry());
  } while (listen_to_commands());
  return 0;
}
