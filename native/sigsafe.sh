#!/bin/sh
# Holds "signal-safe calls only" against the compiler's output: whatever code a function in *_sigsafe, or
# anything in handler.o, refers to must be another such function, or one of these, which POSIX (2018,
# 2.4.3) calls async-signal-safe or which are no calls at all; process_vm_readv and syscall are a system call and nothing else;
# pthread_setspecific is a store where thread_hooks.c calls it.
#   usage: [OBJDUMP=llvm-objdump] sigsafe.sh OBJECT...   (compiled with -ffunction-sections)
set -eu
allowed='clock_gettime memcpy __errno_location pthread_self pthread_getspecific pthread_setspecific pthread_sigmask sigemptyset sigaddset sigismember getpid process_vm_readv syscall'

"${OBJDUMP:-objdump}" -r "$@" | awk -v allowed="$allowed" '
  BEGIN { split(allowed, a, " "); for (i in a) safe[a[i]] = 1; bad = 0; seen = 0 }
  /file format/ { object = $1; sub(/:$/, "", object) }
  /^RELOCATION RECORDS FOR/ {
    section = $4; gsub(/[\[\]:]/, "", section)
    checked = section ~ /^\.text.*_sigsafe$/ || (object ~ /handler\.o$/ && section ~ /^\.text/)
    # A walker is reached through its table, so the whole of its _sigsafe function counts as well.
    if (checked) seen++
  }
  checked && $2 ~ /^R_/ {
    symbol = $3; sub(/[-+]0x.*/, "", symbol)
    # Code is referred to by calls; what is left are variables and constants of the sampler.
    if ($2 !~ /PLT32|CALL26|JUMP26/) next
    if (symbol ~ /_sigsafe$/ || symbol ~ /^\.text\.(drop|sample|write_record|clock_ns)/ || (symbol in safe)) next
    print object ": " section " calls " symbol ", which is not signal-safe"; bad = 1
  }
  END {
    if (seen < 8) { print "sigsafe.sh: only " seen " signal-safe functions found: wrong objects?"; bad = 1 }
    exit bad
  }'
