/* One host on a character device: a port of virtio-serial. It differs from other channels in how it ends.
 *
 * - While no host is connected, every read is an end of file, at once, and poll never waits. So that is no end: we look again
 *   after 2, 4, 8 … 250 ms. What a host left behind is dropped only when that has lasted, since the first bytes of a new
 *   host can come before the kernel says that it is there.
 * - Writing while no host is connected, or while it does not read, is for later.
 * - Any other error, as when the port is unplugged, closes it, and it is opened again when that can be.
 *
 * A terminal, such as a serial line, is put into raw mode: bytes go by as they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "host.h"

enum {
  /* Between two looks while no host is there. */
  LEAST_MS = 2,
  MOST_MS = 250,
  /* When ends of file have lasted so long, the host is gone. */
  GONE_MS = 300,
  /* Between two attempts to open the device, or a session. */
  REOPEN_MS = 500,
};

struct port {
  const char *path;
  struct gw_agent *agent;
  /* Its descriptor is -1 while it is closed; its session is NULL while none can be opened. */
  struct channel channel;
  /* The last read was an end of file, and nothing could be written since; when the first one in a row came, and whether the
   * host's leavings were dropped. */
  bool away, dropped;
  int64_t away_since;
  /* While something of that is so: when to look again, and how long that is from the last time. */
  int64_t look_at;
  int pause_ms;
};

static bool open_port(struct port *port) {
  int fd = open(port->path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  port->channel.in = port->channel.out = fd;
  port->away = false;
  struct termios mode;
  if (fd >= 0 && tcgetattr(fd, &mode) == 0) {
    cfmakeraw(&mode);
    tcsetattr(fd, TCSANOW, &mode);
  }
  return fd >= 0;
}

static void open_session(struct port *port) {
  port->channel.session = gw_session_open(port->agent);
  if (port->channel.session == NULL) port->look_at = now_ms() + REOPEN_MS;
}

/* Drops half a message and the replies that wait. */
static void drop_session(struct port *port) {
  if (port->channel.session != NULL) gw_session_close(port->channel.session);
  open_session(port);
  if (port->channel.session == NULL) log_line(GW_LEVEL_CRITICAL, "no session can be opened; that is tried again");
}

static void close_port(struct port *port) {
  log_line(GW_LEVEL_WARNING, "%s: %s; it is opened again when that can be", port->path, strerror(errno));
  close(port->channel.in);
  port->channel.in = port->channel.out = -1;
  port->look_at = now_ms() + REOPEN_MS;
  drop_session(port);
}

/* Drops what the host left behind, with what it sent and a session that was busy has not taken. */
static void drop_leavings(struct port *port) {
  char bytes[4096];
  while (!gw_session_takes(port->channel.session) && read(port->channel.in, bytes, sizeof bytes) > 0) continue;
  drop_session(port);
}

/* There was an end of file. */
static void is_away(struct port *port) {
  int64_t now = now_ms();
  if (!port->away) {
    port->away = true;
    port->dropped = false;
    port->away_since = now;
    port->pause_ms = LEAST_MS;
  } else if (port->pause_ms < MOST_MS) {
    port->pause_ms = port->pause_ms * 2 < MOST_MS ? port->pause_ms * 2 : MOST_MS;
  }
  if (!port->dropped && now - port->away_since >= GONE_MS) {
    log_line(GW_LEVEL_INFO, "no host is connected to %s", port->path);
    port->dropped = true;
    drop_leavings(port);
  }
  port->look_at = now + port->pause_ms;
}

/* Reads and writes once; with that a host shows that it is there. `hung_up` is what poll said. */
static void look(struct port *port, bool hung_up) {
  struct channel *channel = &port->channel;
  if (channel_events(channel) & POLLIN) {
    ssize_t count = channel_read(channel);
    if (count < 0 && !is_for_later()) {
      close_port(port);
      return;
    }
    if (count == 0) is_away(port);
    else port->away = false;
  } else if (hung_up || port->away) {
    is_away(port);
  }
  ssize_t written = channel->session == NULL ? 0 : channel_write(channel);
  if (written > 0) port->away = false;
  if (written < 0) close_port(port);
  if (gw_agent_trapped(port->agent)) drop_session(port);
}

/* Serves until a signal comes. */
static int serve(struct port *port) {
  for (;;) {
    struct channel *channel = &port->channel;
    bool asleep = port->away || channel->in < 0 || channel->session == NULL;
    int64_t left = asleep ? port->look_at - now_ms() : -1;
    if (asleep && left < 0) left = 0;
    struct pollfd polls[2] = {{.fd = -1}, {.fd = -1}};
    if (!asleep) polls[1] = (struct pollfd){.fd = channel->in, .events = channel_events(channel)};
    if (wait_for(polls, 2, (int)left) < 0) return 0;
    if (asleep && now_ms() < port->look_at) continue;
    if (channel->session == NULL) open_session(port);
    else if (channel->in < 0 && !open_port(port)) port->look_at = now_ms() + REOPEN_MS;
    else if (channel->in >= 0) look(port, (polls[1].revents & (POLLHUP | POLLERR)) != 0);
  }
}

int serve_device(struct gw_agent *agent, const char *path) {
  struct port port = {.path = path, .agent = agent};
  struct stat file;
  if (stat(path, &file) == 0 && !S_ISCHR(file.st_mode)) {
    return fail("%s is no character device; name a port of virtio-serial, as in /dev/virtio-ports/", path);
  }
  if (!open_port(&port)) return fail("the device %s cannot be opened: %s", path, strerror(errno));
  drop_session(&port);
  log_line(GW_LEVEL_INFO, "serving %s", path);
  int status = serve(&port);
  if (port.channel.session != NULL) gw_session_close(port.channel.session);
  if (port.channel.in >= 0) close(port.channel.in);
  return status;
}
