#!/bin/sh
# Checks in the compiler's output that signal handlers call only signal-safe functions. From every function in
# *_sigsafe, the script follows the references through functions of the same file. Every function that it reaches must
# be another one in *_sigsafe, or one of the list below. POSIX (2018, 2.4.3) calls those async-signal-safe, or they are
# not calls at all. process_vm_readv and syscall are plain system calls; pthread_setspecific is a plain store where
# exit_key.c calls it. A walker is reached through its table, but its functions are in *_sigsafe, too.
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
    # References to code are calls, or within the same file references to a section. All others are to variables and
    # constants of the sampler.
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
