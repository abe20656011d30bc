/* A port of virtio-serial for a program that is to open one, by LD_PRELOAD. The device is PORT_DEVICE; its host is whoever
 * connects to the unix socket PORT_SOCKET, one at a time. As with a real port: while no host is there, reads are ends of file,
 * writes are for later, and poll never waits. While the file PORT_UNPLUGGED exists, nothing works. The file PORT_CALLS, of 8
 * bytes, counts the calls of read, write and poll.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int port = -1, listener = -1, connected;

static int is_unplugged(void) { return access(getenv("PORT_UNPLUGGED"), F_OK) == 0; }

static void listen_for_host(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, getenv("PORT_SOCKET"), sizeof address.sun_path - 1);
  listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 16) != 0) abort();
}

static void count_call(void) {
  static uint64_t *calls;
  if (calls == NULL) {
    int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    int fd = next(getenv("PORT_CALLS"), O_RDWR);
    calls = mmap(NULL, sizeof *calls, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd < 0 || calls == MAP_FAILED) abort();
    close(fd);
  }
  ++*calls;
}

/* Lets in the host that waits, where none is there. */
static void let_host_in(void) {
  int host = connected ? -1 : accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (host < 0) return;
  dup2(host, port);
  close(host);
  connected = 1;
}

int open(const char *path, int flags, ...) {
  int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
  int pair[2];
  if (strcmp(path, getenv("PORT_DEVICE")) != 0) return next(path, flags, 0666);
  if (is_unplugged()) {
    errno = ENOENT;
    return -1;
  }
  if (!(flags & O_NONBLOCK) || (flags & O_ACCMODE) != O_RDWR) abort();
  if (listener < 0) listen_for_host();
  /* A socket whose other end is closed is at its end, and poll says so. */
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0) abort();
  close(pair[1]);
  connected = 0;
  return port = pair[0];
}

ssize_t read(int fd, void *bytes, size_t size) {
  ssize_t (*next)(int, void *, size_t) = (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
  count_call();
  if (fd != port) return next(fd, bytes, size);
  if (is_unplugged()) {
    errno = ENODEV;
    return -1;
  }
  let_host_in();
  if (!connected) return 0;
  ssize_t count = recv(fd, bytes, size, 0);
  if (count < 0 && errno == ECONNRESET) count = 0;
  if (count == 0) connected = 0;
  return count;
}

ssize_t write(int fd, const void *bytes, size_t size) {
  ssize_t (*next)(int, const void *, size_t) = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
  count_call();
  if (fd != port) return next(fd, bytes, size);
  let_host_in();
  ssize_t count = connected ? send(fd, bytes, size, MSG_NOSIGNAL) : -1;
  if (count < 0 && connected && errno != EAGAIN) connected = 0;
  if (count < 0) errno = is_unplugged() ? ENODEV : EAGAIN;
  return count;
}

int poll(struct pollfd *polls, nfds_t count, int timeout) {
  int (*next)(struct pollfd *, nfds_t, int) = (int (*)(struct pollfd *, nfds_t, int))dlsym(RTLD_NEXT, "poll");
  count_call();
  for (nfds_t i = 0; i < count; i++) {
    if (polls[i].fd == port && port >= 0) let_host_in();
  }
  return next(polls, count, timeout);
}
