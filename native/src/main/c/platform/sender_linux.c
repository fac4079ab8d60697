#include "platform/sender.h"

bool spprof_sender_is_thread_sigsafe(const siginfo_t *info, pid_t process) {
    return info->si_code == SI_TKILL && info->si_pid == process;
}
