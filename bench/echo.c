/* The floor: receives datagrams and sends them back, in batches of up to 64, one thread. Usage: echo PORT (on 127.0.0.1) */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 64, SLOT = 2048 };

static char slots[BATCH][SLOT];
static struct sockaddr_storage names[BATCH];
static struct iovec iovs[BATCH];
static struct mmsghdr headers[BATCH];

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  int size = 4 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1]))};
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, (struct sockaddr *)&own, sizeof own) < 0) return 1;
  for (int i = 0; i < BATCH; i++) {
    iovs[i].iov_base = slots[i];
    headers[i].msg_hdr.msg_name = &names[i];
    headers[i].msg_hdr.msg_iov = &iovs[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  for (;;) {
    for (int i = 0; i < BATCH; i++) {
      iovs[i].iov_len = SLOT;
      headers[i].msg_hdr.msg_namelen = sizeof names[i];
    }
    int n = recvmmsg(fd, headers, BATCH, MSG_WAITFORONE, NULL);
    if (n <= 0) continue;
    for (int i = 0; i < n; i++) iovs[i].iov_len = headers[i].msg_len;
    for (int k = 0; k < n;) {
      int sent = sendmmsg(fd, headers + k, (unsigned)(n - k), 0);
      k += sent > 0 ? sent : 1;
    }
  }
}
