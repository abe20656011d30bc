/* A port of virtio-serial for a program that is to open one, by LD_PRELOAD. The device is PORT_DEVICE; its host is whoever
 * connects to the unix socket PORT_SOCKET, one at a time. As with a real port: while no host is there, reads are ends of file,
 * writes are for later, and poll never waits. While the file PORT_UNPLUGGED exists, nothing works.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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
  if (fd != port) return next(fd, bytes, size);
  if (is_unplugged()) {
    errno = ENODEV;
    return -1;
  }
  if (!connected) {
    int host = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (host < 0) return 0;
    dup2(host, port);
    close(host);
    connected = 1;
  }
  ssize_t count = recv(fd, bytes, size, 0);
  if (count < 0 && errno == ECONNRESET) count = 0;
  if (count == 0) connected = 0;
  return count;
}

ssize_t write(int fd, const void *bytes, size_t size) {
  ssize_t (*next)(int, const void *, size_t) = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
  if (fd != port) return next(fd, bytes, size);
  ssize_t count = connected ? send(fd, bytes, size, MSG_NOSIGNAL) : -1;
  if (count < 0) errno = is_unplugged() ? ENODEV : EAGAIN;
  return count;
}
