/* What a pseudo-terminal does otherwise than a serial line, mended in the browser, by LD_PRELOAD.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>

/* A line sends what was written; a pseudo-terminal would forget what its other end has not read yet. */
int tcflush(int fd, int queue) {
  int (*next)(int, int) = (int (*)(int, int))dlsym(RTLD_NEXT, "tcflush");
  return queue == TCOFLUSH ? 0 : next(fd, TCIFLUSH);
}

/* For root, whom nothing excludes, the second one to open a device is refused by a lock. */
int ioctl(int fd, unsigned long request, ...) {
  int (*next)(int, unsigned long, void *) = (int (*)(int, unsigned long, void *))dlsym(RTLD_NEXT, "ioctl");
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  if (request == TIOCEXCL && flock(fd, LOCK_EX | LOCK_NB) != 0) {
    errno = EBUSY;
    return -1;
  }
  return next(fd, request, argument);
}
