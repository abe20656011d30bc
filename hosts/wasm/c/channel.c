/* Bytes between descriptors and a session, without copies: read into the session's room, written from where replies lie. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "host.h"

/* In one turn; then others have theirs. */
enum { WRITES = 16 };

void unblock(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

bool is_for_later(void) { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

short channel_events(const struct channel *channel) {
  const char *bytes;
  bool takes = !channel->ended && gw_session_takes(channel->session);
  bool gives = gw_session_output(channel->session, &bytes) > 0;
  return (short)((takes ? POLLIN : 0) | (gives ? POLLOUT : 0));
}

ssize_t channel_read(struct channel *channel) {
  ssize_t count = read(channel->in, gw_session_room(channel->session), GW_WINDOW_BYTES);
  if (count > 0) gw_session_received(channel->session, (size_t)count);
  return count;
}

ssize_t channel_write(struct channel *channel) {
  const char *bytes;
  size_t count;
  ssize_t all = 0;
  for (int i = 0; i < WRITES && (count = gw_session_output(channel->session, &bytes)) > 0; i++) {
    ssize_t written = write(channel->out, bytes, count);
    if (written < 0) return is_for_later() ? all : -1;
    all += written;
    gw_session_sent(channel->session, (size_t)written);
    if ((size_t)written < count) break;
  }
  return all;
}

enum turn channel_turn(struct channel *channel) {
  ssize_t count = 0;
  if (channel_events(channel) & POLLIN) {
    count = channel_read(channel);
    if (count == 0) channel->ended = true;
    if (count < 0 && !is_for_later()) return UNREADABLE;
  }
  if (channel_write(channel) < 0) return UNWRITABLE;
  if (channel->ended && !(channel_events(channel) & POLLOUT)) return OVER;
  return count > 0 ? ACTIVE : IDLE;
}
