/* The file that stands for a unix socket: whose it is, and what is in the way of making one. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "host.h"

/* More than the kernel's usual bound on it; and how often someone else may take the path while we try to. */
enum { BACKLOG = 4096, ATTEMPTS = 3 };

/* The socket that was made. */
static dev_t own_device;
static ino_t own_number;

static const char *kind_of(const struct stat *file) {
  if (S_ISREG(file->st_mode)) return "a regular file";
  if (S_ISDIR(file->st_mode)) return "a folder";
  return S_ISLNK(file->st_mode) ? "a symbolic link" : "a special file";
}

static bool is_listening(const struct sockaddr_un *address) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  bool connected = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
  /* Any other error comes from a socket that is alive, such as one whose queue is full. */
  bool alive = connected || (errno != ECONNREFUSED && errno != ENOENT);
  close(fd);
  return alive;
}

/* Removes a socket on which nobody listens any more. False where anything else is in the way, which it says. */
static bool remove_leftover(const struct sockaddr_un *address) {
  const char *path = address->sun_path;
  struct stat found, again;
  if (lstat(path, &found) != 0) return true;
  if (!S_ISSOCK(found.st_mode)) {
    fail("%s is %s, not a socket; remove it or choose another path", path, kind_of(&found));
    return false;
  }
  if (is_listening(address)) {
    fail("somebody listens on %s already; stop that program or choose another path", path);
    return false;
  }
  /* Another agent that starts at the same time may have replaced it by now. */
  if (lstat(path, &again) != 0 || again.st_dev != found.st_dev || again.st_ino != found.st_ino) return true;
  if (unlink(path) == 0 || errno == ENOENT) return true;
  fail("the old socket %s cannot be removed: %s", path, strerror(errno));
  return false;
}

static bool bind_to(int fd, const struct sockaddr_un *address) {
  for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (bind(fd, (const struct sockaddr *)address, sizeof *address) == 0) return true;
    if (errno != EADDRINUSE) {
      fail("the socket %s cannot be made (%s); choose another path", address->sun_path, strerror(errno));
      return false;
    }
    if (!remove_leftover(address)) return false;
  }
  fail("somebody else keeps taking %s; choose another path", address->sun_path);
  return false;
}

int listen_at(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const size_t most = sizeof address.sun_path - 1;
  if (strlen(path) > most) {
    fail("the path of a socket has at most %zu bytes, this one has %zu; use a shorter one", most, strlen(path));
    return -1;
  }
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    fail("socket: %s", strerror(errno));
    return -1;
  }
  struct stat own;
  if (bind_to(fd, &address)) {
    if (listen(fd, BACKLOG) == 0 && lstat(path, &own) == 0) {
      own_device = own.st_dev;
      own_number = own.st_ino;
      return fd;
    }
    fail("the socket %s cannot be used: %s", path, strerror(errno));
  }
  close(fd);
  return -1;
}

void remove_own(const char *path) {
  struct stat found;
  if (lstat(path, &found) == 0 && found.st_dev == own_device && found.st_ino == own_number) unlink(path);
}
