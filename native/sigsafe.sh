#!/bin/sh
# Checks in the compiler's output that signal handlers call only signal-safe functions. From every function in
# *_sigsafe, the script follows the references through functions of the same file. Every function that it reaches in
# another file must end in _sigsafe, too, or be in the list below. The list has functions that POSIX (2018, 2.4.3)
# defines as async-signal-safe; bcmp, which clang calls in the place of memcmp; functions that only read memory of the
# calling thread; process_vm_readv and syscall, which are plain system calls; and pthread_setspecific, which is a plain
# store where exit_key.c calls it.
#
# Handlers also call through tables of functions, such as that of a walker, and the kernel calls handlers. Objects do not
# show these calls, so the script checks the sources: what is assigned to a member or an array in *_sigsafe, or as the
# handler of a signal, ends in _sigsafe, too; and functions in *_sigsafe call through such members only. Exceptions:
#   timer_set_sigsafe = set_timer (darwin.c)   handlers set only a thread's own timer, never the process's
#   sa_sigaction, sa_handler (handler.c)       the handler of another library, to which ours forwards its signal
#   usage: [OBJDUMP=llvm-objdump] sigsafe.sh SOURCES OBJECT...   (compiled with -ffunction-sections)
set -eu
sources=$1
shift

find "$sources" -name '*.[ch]' | LC_ALL=C sort | xargs awk '
  function report(what) { print "sigsafe.sh: " file ": " what; bad = 1 }
  function is_safe(value) { return value ~ /_sigsafe(\[[^]]*\])?$/ || value == "NULL" || value ~ /^SIG_(DFL|IGN)$/ }
  function trim(value) { gsub(/^[ \t&(]+|[ \t)]+$/, "", value); return value }
  # Reads the whole text of a file.
  function check_assignments(text,   rest, name, value, values, n, i) {
    rest = text
    while (match(rest, /[.>]([A-Za-z0-9_]*_sigsafe|sa_sigaction|sa_handler) *= +[^=,;}]+/)) {
      name = value = substr(rest, RSTART + 1, RLENGTH - 1); rest = substr(rest, RSTART + RLENGTH)
      sub(/ *=.*/, "", name); sub(/^[^=]*= */, "", value); value = trim(value); fields++
      if (!is_safe(value) && !(file ~ /platform\/darwin\.c$/ && name " " value == "timer_set_sigsafe set_timer") &&
          !(file ~ /platform\/action\.c$/ && name " " value == "sa_handler handler")) report(name " = " value ", which is not signal-safe")
    }
    rest = text
    while (match(rest, /spprof_action_set_handler\(&[a-z]+, *[^)]*\)/)) {
      value = substr(rest, RSTART, RLENGTH); rest = substr(rest, RSTART + RLENGTH); sub(/^[^,]*, */, "", value)
      if (!is_safe(trim(value))) report("the handler " trim(value) " is not signal-safe")
    }
    rest = text
    while (match(rest, /[A-Za-z0-9_]*_sigsafe\[[^;={}]*= *\{[^}]*\}/)) {
      name = value = substr(rest, RSTART, RLENGTH); rest = substr(rest, RSTART + RLENGTH)
      sub(/\[.*/, "", name); sub(/^[^{]*\{/, "", value); sub(/\}$/, "", value); arrays++
      n = split(value, values, ",")
      for (i = 1; i <= n; i++) if (!is_safe(trim(values[i]))) report(name " has " trim(values[i]) ", which is not signal-safe")
    }
  }
  function check_calls(line,   name) {
    while (match(line, /(->|\.)[A-Za-z0-9_]+\(/)) {
      name = substr(line, RSTART, RLENGTH - 1); line = substr(line, RSTART + RLENGTH); sub(/^(->|\.)/, "", name); calls++
      if (name !~ /_sigsafe$/ && name !~ /^sa_(sigaction|handler)$/) report(inside " calls " name ", which is not signal-safe")
    }
  }
  FNR == 1 { check_assignments(text); text = ""; comment = 0; inside = ""; file = FILENAME }
  {
    line = $0
    if (comment && !sub(/^.*\*\//, "", line)) next
    comment = 0
    gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
    if (sub(/\/\*.*/, "", line)) comment = 1
    text = text " " line
    # A function begins at the start of a line, and so does its closing brace.
    if (line ~ /^[A-Za-z].*\(/ && match(line, /[A-Za-z0-9_]+\(/)) inside = substr(line, RSTART, RLENGTH - 1)
    else if (line ~ /^}/) inside = ""
    if (inside ~ /_sigsafe$/) check_calls(line)
  }
  END {
    check_assignments(text)
    if (fields < 10 || arrays < 1 || calls < 10) {
      print "sigsafe.sh: only " fields " members, " arrays " arrays, " calls " calls found: wrong folder?"; bad = 1
    }
    exit bad
  }'

allowed='clock_gettime memcpy memcmp bcmp __errno_location pthread_self pthread_getspecific pthread_setspecific pthread_sigmask sigemptyset sigaddset sigismember getpid process_vm_readv syscall'

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
