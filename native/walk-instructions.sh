#!/usr/bin/env bash
# Counts the instructions of a stack walk on a processor that qemu's user emulation emulates: a figure that does not depend
# on the speed of the emulation. Compiled code is C1's. Prints a line for each number of seconds: instructions in the walker's
# functions, and walks. The differences between two lines are those of a warm walker; the first walks also decode each
# location once.
# Usage: JAVA_HOME=... walk-instructions.sh PLATFORM CC LOAD "SECONDS..." QEMU [OPTION...] JAVA
#   PLATFORM    linux-x86-64 or linux-aarch64; CC compiles for it
#   LOAD        a load of the tests: "Busy 1 20" has 20 frames of the interpreter, "Recursion 20" up to 20 compiled ones
#   QEMU        qemu-aarch64 -L ROOT, or qemu-x86_64, of qemu 7 or 8; JAVA is a JVM for the platform
# Needs the agent's jar and the tests' classes: ./mvnw -q -Pall-platforms verify -DskipTests
set -euo pipefail
platform=$1 cc=$2 load=$3 seconds=$4
shift 4
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp -r target/jni "$work/jni"
# qemu 7.2 gives a signal handler on x86-64 a stack that is not aligned.
case $platform in *x86-64) cc="$cc -mstackrealign" ;; esac
make -s PLATFORM="$platform" CC="$cc" OUT="$work" LDFLAGS_linux='-shared -Wl,-z,now -ldl -lpthread' linked
gcc -O2 -Wall -Wextra -shared -fPIC -o "$work/plugin.so" ../integration-tests/src/test/c/count_walks.c
nm "$work"/obj/walk/*.o "$work"/obj/walk/*/*.o | awk '$2 ~ /[tT]/ && $3 ~ /_sigsafe/ { print $3 }' | sort -u >"$work/names"
nm -S "$work/obj/libspprof.so" | awk 'NR == FNR { walk[$1]; next } $4 in walk { print "0x" $1, "0x" $2, $4 }' \
  "$work/names" - >"$work/functions"
# The function that the walker `vm` begins with has the same name as that of the walker `agct`, which comes first.
called=$(awk '$3 == "walk_sigsafe" { at = $1 } END { print at }' "$work/functions")
mkdir -p "$work/isolated/io/spprof/sampler/$platform"
cp "$work/obj/libspprof.so" "$work/isolated/io/spprof/sampler/$platform/"
cp ../jmx/target/spprof-agent.jar "$work/agent.jar"
"$JAVA_HOME/bin/jar" uf "$work/agent.jar" -C "$work" isolated

qemu=$1
shift
for time in $seconds; do
  echo "$load, $time s: $(sleep "$time" | "$qemu" -plugin \
    "$work/plugin.so,library=spprof,functions=$work/functions,called=$called" "$@" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -XX:UseAVX=0 -XX:+IgnoreUnrecognizedVMOptions "-javaagent:$work/agent.jar=start=true,interval=1ms,native=none" \
    -cp ../integration-tests/target/test-classes io.spprof.it.load.$load 2>&1 | grep ' walks$')"
done
