#!/bin/sh
# Checks teardown.pml exhaustively: spin's answers must be those that docs/drain-protocol.md lists.
# Usage: check.sh OUT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
status=0

check() { # EXPECTED DEFINES...
  expected=$1
  shift
  spin "$@" -a "$here/teardown.pml" >spin.out || { cat spin.out; exit 1; }
  ${CC:-cc} -O0 -DSAFETY -w -o pan pan.c
  ./pan -m1000000 >pan.out
  case $(cat pan.out) in
    *'max search depth too small'* | *'out of memory'*) found=incomplete ;;
    *'errors: 0'*) found=right ;;
    *'errors: 1'*) found=wrong ;;
    *) found=unknown ;;
  esac
  states=$(awk '/states, stored/ { print $1 }' pan.out)
  echo "    $*: $found ($states states)$(sed -n 's/^pan:1: /, /p' pan.out)"
  [ "$found" = "$expected" ] || { echo "    FAILED: it must be $expected"; status=1; }
}

for kernel in 0 1 2 3; do
  check right -DKERNEL=$kernel
  for step in 1 2 3 4 5 6 7 8 9; do
    case $kernel-$step in
      1-4) check right -DKERNEL=$kernel -DLEAVE_OUT=$step ;; # since 6.13 the kernel drops it by itself
      [23]-9) ;;                                               # the number is in a thread's own timer only
      *) check wrong -DKERNEL=$kernel -DLEAVE_OUT=$step ;;
    esac
  done
done
check wrong -DKERNEL=3 -DPREEMPTED=1 # what cannot be excluded on macOS
exit $status
