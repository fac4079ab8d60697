/* On macOS, siginfo is the same for signals of timers and of threads. */
#include "platform/sender.h"

#include <unistd.h>

bool spprof_sender_is_thread_sigsafe(const siginfo_t *info, pid_t process) {
    (void)info;
    return getpid() == process;
}
