/* One peer on standard input and output. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

/* Serves until the peer ends, or a signal comes. */
static int serve(struct gw_agent *agent, struct channel *channel) {
  enum turn turn;
  while ((turn = channel_turn(channel)) < OVER) {
    if (gw_agent_trapped(agent)) {
      gw_session_close(channel->session);
      channel->session = gw_session_open(agent);
      if (channel->session == NULL) return fail("no session can be opened after that");
    }
    short events = channel_events(channel);
    struct pollfd polls[] = {
        {.fd = -1},
        {.fd = channel->in, .events = events & POLLIN},
        {.fd = channel->out, .events = events & POLLOUT},
    };
    /* What is not wanted is not looked at: at a descriptor's end that would come back at once, over and over. */
    if (polls[1].events == 0) polls[1].fd = -1;
    if (polls[2].events == 0) polls[2].fd = -1;
    if (wait_for(polls, 3, -1) < 0) return 0;
  }
  if (turn == UNREADABLE) return fail("requests cannot be read from standard input: %s", strerror(errno));
  if (turn == UNWRITABLE) return fail("replies cannot be written to standard output: %s", strerror(errno));
  return 0;
}

int serve_stdio(struct gw_agent *agent) {
  struct channel channel = {.in = STDIN_FILENO, .out = STDOUT_FILENO, .session = gw_session_open(agent)};
  if (channel.session == NULL) return fail("no session can be opened: %s", strerror(errno));
  /* Whoever shares the descriptors gets them back as they were. */
  int in_flags = fcntl(channel.in, F_GETFL), out_flags = fcntl(channel.out, F_GETFL);
  unblock(channel.in);
  unblock(channel.out);
  int status = serve(agent, &channel);
  fcntl(channel.in, F_SETFL, in_flags);
  fcntl(channel.out, F_SETFL, out_flags);
  if (channel.session != NULL) gw_session_close(channel.session);
  return status;
}
