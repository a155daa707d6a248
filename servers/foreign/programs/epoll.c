// epoll: one thread, level-triggered epoll. The event loops in Go are compared with it.
//
// Replies are written at once. If a client does not take a whole reply, the rest is kept, and nothing
// more is read from this client until the rest is written.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct conn { int fd; char *kept; size_t at, len; };
static char buf[16384];
static int ep;

// region dispatch
static void watch(int op, int fd, unsigned events, void *who) {
  struct epoll_event e = {.events = events, .data.ptr = who};
  epoll_ctl(ep, op, fd, &e);
}
// endregion

static void end(struct conn *c) { close(c->fd); free(c->kept); free(c); }

// region accept
static void greet(int listener) {
  int fd, on = 1;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct conn *c = calloc(1, sizeof *c);
    c->fd = fd;
    watch(EPOLL_CTL_ADD, fd, EPOLLIN, c);
  }
  if (errno == EMFILE || errno == ENFILE) usleep(5000); // out of descriptors: try again later
}
// endregion

// region reply
static void flush(struct conn *c) {
  ssize_t w = send(c->fd, c->kept + c->at, c->len - c->at, MSG_NOSIGNAL);
  if (w < 0) { if (errno != EAGAIN && errno != EINTR) end(c); return; }
  if ((c->at += w) < c->len) return;
  free(c->kept);
  c->kept = NULL;
  watch(EPOLL_CTL_MOD, c->fd, EPOLLIN, c);
}
// endregion

static void answer(struct conn *c) {
  // region read
  ssize_t r = recv(c->fd, buf, sizeof buf, 0);
  if (r < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (r <= 0) { end(c); return; } // 0: it has sent everything, and everything is answered
  // endregion
  // region reply
  for (ssize_t i = 0; i < r; i++) buf[i] -= (unsigned char)(buf[i] - 'a') < 26 ? 32 : 0;
  ssize_t w = send(c->fd, buf, r, MSG_NOSIGNAL);
  if (w < 0 && errno != EAGAIN && errno != EINTR) { end(c); return; }
  if (w < 0) w = 0;
  if (w == r) return;
  c->at = 0, c->len = r - w, c->kept = malloc(c->len);
  memcpy(c->kept, buf + w, c->len);
  watch(EPOLL_CTL_MOD, c->fd, EPOLLOUT, c);
  // endregion
}

int main(int argc, char **argv) {
  // region listen
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 0),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (void *)&at, sizeof at) || listen(listener, SOMAXCONN)) return perror("listen"), 1;
  // endregion
  // region dispatch
  ep = epoll_create1(EPOLL_CLOEXEC);
  watch(EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
  for (struct epoll_event ready[256];;) {
    int n = epoll_wait(ep, ready, 256, -1);
    for (int i = 0; i < n; i++) {
      struct conn *c = ready[i].data.ptr;
      if (!c) greet(listener);
      else if (c->kept) flush(c);
      else answer(c);
    }
  }
  // endregion
}

// region drain: none, SIGTERM ends the program at once and replies that are not sent are lost
