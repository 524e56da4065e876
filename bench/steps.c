/* Counts the instructions that a thread takes between receiving a batch and sending its answers, one step at a time: the same
   number whatever else the machine does. Usage: steps TID BATCHES. Prints "messages instructions" for each batch. x86-64 Linux only;
   the thread is let go at the end. A batch of one message, or one that is sent piece by piece, is passed over. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>

enum { LEAST_MESSAGES = 8, MOST_STEPS = 3000000, MOST_STOPS = 200000 };

static int stop_of(pid_t thread) {
  int status;
  if (waitpid(thread, &status, __WALL) < 0 || !WIFSTOPPED(status)) exit(1);
  return WSTOPSIG(status);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  pid_t thread = atoi(argv[1]);
  int wanted = atoi(argv[2]);
  if (ptrace(PTRACE_SEIZE, thread, 0, PTRACE_O_TRACESYSGOOD) < 0) {
    perror("ptrace");
    return 1;
  }
  ptrace(PTRACE_INTERRUPT, thread, 0, 0);
  stop_of(thread);
  struct user_regs_struct r;
  for (int stops = 0; wanted > 0 && stops < MOST_STOPS; stops++) {
    ptrace(PTRACE_SYSCALL, thread, 0, 0);
    if (stop_of(thread) != (SIGTRAP | 0x80)) continue;
    ptrace(PTRACE_GETREGS, thread, 0, &r);
    /* At the entry of a call rax holds -ENOSYS, at its end what it returns. */
    if (r.orig_rax != SYS_recvmmsg || (long long)r.rax < LEAST_MESSAGES) continue;
    long long messages = r.rax;
    for (long steps = 1; steps < MOST_STEPS; steps++) {
      ptrace(PTRACE_SINGLESTEP, thread, 0, 0);
      stop_of(thread);
      ptrace(PTRACE_GETREGS, thread, 0, &r);
      unsigned char next[sizeof(long)];
      *(long *)next = ptrace(PTRACE_PEEKTEXT, thread, (void *)r.rip, 0);
      if (next[0] != 0x0f || next[1] != 0x05) continue; /* syscall */
      if (r.rax == SYS_sendmmsg && (long long)r.rdx == messages) {
        printf("%lld %ld\n", messages, steps);
        wanted--;
      }
      break;
    }
  }
  ptrace(PTRACE_DETACH, thread, 0, 0);
  return 0;
}
