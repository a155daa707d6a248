// uring: C, one thread, io_uring without a library. uring in Go is compared with it.
//
// The kernel is given one operation for each connection: a receive, or a send of the reply. No other is given before that
// one is complete, so a client that does not read its replies is not read from. One system call gives the kernel
// everything that is new and waits for what is complete.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ENTRIES = 4096, SENDING = 1 }; // SENDING is the lowest bit of a connection's address
struct conn { int fd, at, len; char buf[16384]; };
static int ring, listener;
static unsigned fresh, *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
static struct io_uring_sqe *sqes;
static struct io_uring_cqe *cqes;

// region dispatch
static void *map(size_t n, off_t at) { return mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, ring, at); }
static void enter(unsigned wait) {
  int n = syscall(SYS_io_uring_enter, ring, fresh, wait, wait ? IORING_ENTER_GETEVENTS : 0, NULL, 0);
  if (n > 0) fresh -= n;
}
static void ask(int op, int fd, void *buf, int len, int flags, uint64_t who) {
  while (fresh == ENTRIES) enter(0);
  unsigned tail = *sq_tail, i = tail & *sq_mask;
  sqes[i] = (struct io_uring_sqe){.opcode = op, .fd = fd, .addr = (uint64_t)buf, .len = len,
                                  .msg_flags = flags, .user_data = who};
  sq_array[i] = i;
  __atomic_store_n(sq_tail, tail + 1, __ATOMIC_RELEASE);
  fresh++;
}
// endregion

// region accept
static void ask_accept(void) { ask(IORING_OP_ACCEPT, listener, NULL, 0, SOCK_CLOEXEC, 0); }
// endregion
// region read
static void ask_receive(struct conn *c) { ask(IORING_OP_RECV, c->fd, c->buf, sizeof c->buf, 0, (uint64_t)c); }
// endregion
// region reply
static void ask_send(struct conn *c) {
  ask(IORING_OP_SEND, c->fd, c->buf + c->at, c->len - c->at, MSG_NOSIGNAL, (uint64_t)c | SENDING);
}
// endregion

// region accept
static void accepted(int fd) {
  int on = 1;
  struct conn *c = fd < 0 ? NULL : malloc(sizeof *c);
  if (c) {
    c->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ask_receive(c);
  } else if (fd >= 0) close(fd);
  else if (fd == -EMFILE || fd == -ENFILE) usleep(5000); // out of descriptors: try again later
  ask_accept();
}
// endregion

static void done(struct conn *c, int sent, int n) {
  // region read
  if (n == -EINTR || n == -EAGAIN) n = 0, sent = sent ? 1 : -1; // once more
  else if (n <= 0) { close(c->fd); free(c); return; } // 0: it has sent everything, and everything is answered
  // endregion
  // region reply
  if (sent > 0) c->at += n;
  if (sent == 0) c->at = 0, c->len = n;
  for (int i = 0; sent == 0 && i < n; i++) c->buf[i] -= (unsigned char)(c->buf[i] - 'a') < 26 ? 32 : 0;
  if (sent < 0 || c->at == c->len) ask_receive(c);
  else ask_send(c);
  // endregion
}

int main(int argc, char **argv) {
  // region listen
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 0),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int on = 1;
  // endregion
  // region dispatch
  struct io_uring_params p = {0};
  if ((ring = syscall(SYS_io_uring_setup, ENTRIES, &p)) < 0) { perror("io_uring"); return 1; }
  char *sq = map(p.sq_off.array + p.sq_entries * 4, IORING_OFF_SQ_RING);
  char *cq = map(p.cq_off.cqes + p.cq_entries * sizeof *cqes, IORING_OFF_CQ_RING);
  sqes = map(p.sq_entries * sizeof *sqes, IORING_OFF_SQES);
  if (sq == MAP_FAILED || cq == MAP_FAILED || sqes == MAP_FAILED) { perror("io_uring"); return 1; }
  sq_tail = (unsigned *)(sq + p.sq_off.tail), sq_mask = (unsigned *)(sq + p.sq_off.ring_mask);
  cq_head = (unsigned *)(cq + p.cq_off.head), cq_tail = (unsigned *)(cq + p.cq_off.tail);
  sq_array = (unsigned *)(sq + p.sq_off.array), cq_mask = (unsigned *)(cq + p.cq_off.ring_mask);
  cqes = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
  // endregion
  // region listen
  listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (void *)&at, sizeof at) || listen(listener, SOMAXCONN)) return perror("listen"), 1;
  // endregion
  // region dispatch
  for (ask_accept();;) {
    enter(1);
    for (unsigned head = *cq_head; head != __atomic_load_n(cq_tail, __ATOMIC_ACQUIRE);) {
      struct io_uring_cqe e = cqes[head & *cq_mask];
      __atomic_store_n(cq_head, ++head, __ATOMIC_RELEASE);
      if (e.user_data == 0) accepted(e.res);
      else done((struct conn *)(e.user_data & ~(uint64_t)SENDING), e.user_data & SENDING, e.res);
    }
  }
  // endregion
}

// region drain: none, SIGTERM ends the program at once and replies that are not sent are lost
