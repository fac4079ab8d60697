#!/bin/sh
# Holds "signal-safe calls only" against the compiler's output. From every function in *_sigsafe it follows what the
# code refers to, through functions of the same file: all that is reached must be another function in *_sigsafe, or
# one of these, which POSIX (2018, 2.4.3) calls async-signal-safe or which are no calls at all; process_vm_readv and
# syscall are a system call and nothing else; pthread_setspecific is a store where thread_hooks.c calls it. A walker is
# reached through its table: its functions are in *_sigsafe, too.
#   usage: [OBJDUMP=llvm-objdump] sigsafe.sh OBJECT...   (compiled with -ffunction-sections)
set -eu
allowed='clock_gettime memcpy __errno_location pthread_self pthread_getspecific pthread_setspecific pthread_sigmask sigemptyset sigaddset sigismember getpid process_vm_readv syscall'

"${OBJDUMP:-objdump}" -r "$@" | awk -v allowed="$allowed" '
  function reach(place) { if (!(place in reached)) { reached[place] = 1; queue[++last] = place } }
  BEGIN { split(allowed, a, " "); for (i in a) safe[a[i]] = 1 }
  /file format/ { object = $1; sub(/:$/, "", object) }
  /^RELOCATION RECORDS FOR/ {
    section = $4; gsub(/[\[\]:]/, "", section)
    place = object " " section
    if (section ~ /^\.text.*_sigsafe$/) { roots++; reach(place) }
  }
  $2 ~ /^R_/ {
    symbol = $3; sub(/[-+]0x.*/, "", symbol)
    # Other code is referred to by calls, that of the same file also by the section it is in; what is left are variables
    # and constants of the sampler.
    if (symbol ~ /^\.text/ || $2 ~ /PLT32|CALL26|JUMP26/) uses[place, ++count[place]] = symbol
  }
  END {
    for (first = 1; first <= last; first++) {
      place = queue[first]; split(place, at, " ")
      for (i = 1; i <= count[place]; i++) {
        symbol = uses[place, i]
        if (symbol ~ /^\.text/) reach(at[1] " " symbol)
        else if (symbol !~ /_sigsafe$/ && !(symbol in safe)) {
          print at[1] ": " at[2] " calls " symbol ", which is not signal-safe"; bad = 1
        }
      }
    }
    if (roots < 8) { print "sigsafe.sh: only " roots " functions in *_sigsafe found: wrong objects?"; bad = 1 }
    exit bad
  }'
