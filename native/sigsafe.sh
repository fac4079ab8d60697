#!/bin/sh
# Checks in the compiler's output that signal handlers call only signal-safe functions. From every function in
# *_sigsafe, the script follows the references through functions of the same file. Every function that it reaches in
# another file must end in _sigsafe, too, or be in the list below. The list has functions that POSIX (2018, 2.4.3)
# defines as async-signal-safe; functions that only read memory of the calling thread; process_vm_readv and syscall,
# which are plain system calls; and pthread_setspecific, which is a plain store where exit_key.c calls it. Handlers
# call a walker through a table of functions, which the script cannot follow; these functions end in _sigsafe, too.
#   usage: [OBJDUMP=llvm-objdump] sigsafe.sh OBJECT...   (compiled with -ffunction-sections)
set -eu
allowed='clock_gettime memcpy __errno_location pthread_self pthread_getspecific pthread_setspecific pthread_sigmask sigemptyset sigaddset sigismember getpid process_vm_readv syscall'

"${OBJDUMP:-objdump}" -r "$@" | awk -v allowed="$allowed" '
  function reach(node) { if (!(node in reached)) { reached[node] = 1; queue[++last] = node } }
  BEGIN { split(allowed, a, " "); for (i in a) safe[a[i]] = 1 }
  /file format/ { object = $1; sub(/:$/, "", object) }
  /^RELOCATION RECORDS FOR/ {
    section = $4; gsub(/[\[\]:]/, "", section)
    node = object " " section
    if (section ~ /^\.text.*_sigsafe$/) { roots++; reach(node) }
  }
  $2 ~ /^R_/ {
    symbol = $3; sub(/[-+]0x.*/, "", symbol)
    # References to code are calls, or within the same file references to a section. All others are to variables and
    # constants of the sampler.
    if (symbol ~ /^\.text/ || $2 ~ /PLT32|CALL26|JUMP26/) uses[node, ++count[node]] = symbol
  }
  END {
    for (first = 1; first <= last; first++) {
      node = queue[first]; split(node, at, " ")
      for (i = 1; i <= count[node]; i++) {
        symbol = uses[node, i]
        if (symbol ~ /^\.text/) reach(at[1] " " symbol)
        else if (symbol !~ /_sigsafe$/ && !(symbol in safe)) {
          print at[1] ": " at[2] " calls " symbol ", which is not signal-safe"; bad = 1
        }
      }
    }
    if (roots < 8) { print "sigsafe.sh: only " roots " functions in *_sigsafe found: wrong objects?"; bad = 1 }
    exit bad
  }'
