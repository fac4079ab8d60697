#!/bin/sh
# Called by Maven: checks that the tools are there, says what to install if not, then runs make.
set -eu
cd "$(dirname "$0")"

fail() {
  echo "spprof: $1" >&2
  exit 1
}

command -v make >/dev/null 2>&1 ||
  fail "'make' is missing; install it (Debian, Ubuntu: apt-get install build-essential; Fedora: dnf install make gcc)"
command -v "${CC:-cc}" >/dev/null 2>&1 ||
  fail "the C compiler '${CC:-cc}' is missing; install one (Debian, Ubuntu: apt-get install build-essential; Fedora: dnf install gcc) or set CC"
[ -f "$JAVA_HOME/include/jni.h" ] ||
  fail "$JAVA_HOME has no include/jni.h: it is a JRE, or a JDK without headers; set JAVA_HOME to a full JDK (Debian, Ubuntu: apt-get install openjdk-17-jdk-headless)"
[ -f "$JAVA_HOME/include/jvmti.h" ] || fail "$JAVA_HOME has no include/jvmti.h; set JAVA_HOME to a full JDK"

exec make --no-print-directory -s "$@"
