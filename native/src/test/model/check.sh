#!/bin/sh
# Checks teardown.pml exhaustively. For each case, the first fault that spin finds must be the one in the table below, and
# docs/drain-protocol.md ("The model") must have the same table.
# Usage: check.sh OUT
#        check.sh OUT EXPECTED DEFINES...: one case only; the first form runs as many at once as there are processors
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
out=$PWD
shift
document=$here/../../../../docs/drain-protocol.md

check() { # EXPECTED DEFINES...: EXPECTED is "right" or the name of a fault in teardown.pml
  expected=$1
  shift
  cd "$(mktemp -d "$out/case.XXXXXX")"
  spin "$@" -a "$here/teardown.pml" >spin.out || { cat spin.out; exit 1; }
  ${CC:-cc} -O0 -DSAFETY -w -o pan pan.c
  ./pan -m1000000 >pan.out
  found=$(sed -n -e 's/^pan:1: assertion violated *!(*\([a-z_]*\)&&.*/\1/p' -e 's/^pan:1: invalid end state.*/waits/p' pan.out)
  case $(cat pan.out) in
    *'max search depth too small'* | *'out of memory'*) found=incomplete ;;
    *'errors: 0'*) found=right ;;
  esac
  states=$(awk '/states, stored/ { print $1 }' pan.out)
  [ "${found:=unknown}" = "$expected" ] && wrong= || wrong="
    FAILED: it must be $expected"
  echo "    $*: $found ($states states)$wrong"
  [ -z "$wrong" ]
}

if [ $# -gt 0 ]; then
  check "$@"
  exit
fi
status=0
rm -rf case.* cases
while read -r step old new itimer xnu; do
  row=$(echo "| $old | $new | $itimer | $xnu |" | tr _ ' ')
  grep -q "^| $step\(:[^|]*\)\{0,1\} $row\$" "$document" ||
    { echo "    FAILED: $document has no row '$step' with $row"; status=1; }
  kernel=0
  for expected in "$old" "$new" "$itimer" "$xnu"; do
    case $step in
      none) define= ;;
      memory) define='-DLEAVE_OUT=6 -DTIME=false' ;;
      preempted) define=-DPREEMPTED=1 ;;
      *) define=-DLEAVE_OUT=$step ;;
    esac
    [ "$expected" = - ] || echo "$expected" -DKERNEL=$kernel $define >>cases
    kernel=$((kernel + 1))
  done
done <<TABLE
none      right             right             right              right
1         hangs_the_stop    hangs_the_stop    hangs_the_stop     hangs_the_stop
2         kills             kills             kills              kills
3         leaves_a_timer    leaves_a_timer    leaves_a_timer     leaves_a_timer
4         kills             right             kills              kills
5         kills             kills             kills              kills
6         counts_twice      counts_twice      loses_time         loses_time
memory    uses_what_is_freed uses_what_is_freed uses_what_is_freed uses_what_is_freed
7         leaves_the_action leaves_the_action leaves_the_action  leaves_the_action
8         leaves_the_mask   leaves_the_mask   leaves_the_mask    leaves_the_mask
9         counts_twice      counts_twice      -                  -
10        loses_time        loses_time        loses_time         loses_time
11        counts_twice      counts_twice      counts_twice       counts_twice
12        loses_time        loses_time        loses_time         loses_time
preempted kills             kills             kills              kills
TABLE
xargs -P "$(getconf _NPROCESSORS_ONLN)" -L 1 sh "$here/check.sh" "$out" <cases || status=1
exit $status
