#!/bin/sh
# Checks the order of the C rooms: a file includes only headers of its own room and of rooms before it, and the
# compiled objects refer to no other rooms either. Rooms therefore cannot form a cycle. Within walk, only walk/cpu names
# a processor or its registers.
#   usage: [NM=llvm-nm] rooms.sh SOURCES FOLDER OBJECT...   (both folders contain the rooms)
set -eu
order='base platform jvm threads walk/cpu walk walk/vm session jni'
sources=$1
objects=$2
shift 2

processors='[xX]86|X64|i[36]86|[aA][mM][dD]64|[aA]arch64|AARCH64|[aA][rR][mM]64|riscv|ppc64|s390|loongarch'
registers='\<(r([abcd]x|[sd]i|[sb]p|ip|[0-9]+)|[xw][0-9]+|lr|REG_[A-Z0-9]+)\>'
if (cd "$sources" && grep -rnE "$processors|$registers" walk --include='*.[ch]') | grep -v '^walk/cpu/'; then
  echo "rooms.sh: a processor or its register is named in walk outside of walk/cpu"
  exit 1
fi

{
  # Also in forms that the project does not use, such as <session/sampler.h> and ../session/sampler.h.
  (cd "$sources" && find . -name '*.[ch]' | LC_ALL=C sort | xargs grep -HE '^ *# *include *["<]') |
    sed -n 's|^\./\([^:]*\): *# *include *["<]\([^">]*\)[">].*|include \1 \2|p'
  "${NM:-nm}" -A "$@" | sed -n "s|^$objects/||p" |
    sed -n 's|^\([^:]*\):[ 0-9a-f]*\([A-Za-z]\) \(.*\)|symbol \1 \2 \3|p'
} | awk -v order="$order" '
  function room(path) { sub(/\/[^\/]*$/, "", path); return path }
  function check(from, to, what) {
    edges++
    if (!(room(from) in floor)) { print "rooms.sh: " from " is in no room that rooms.sh knows"; bad = 1 }
    else if (room(to) in floor && floor[room(to)] > floor[room(from)]) {
      print "rooms.sh: " from " " what ", but " room(to) " comes after " room(from); bad = 1
    }
  }
  BEGIN { n = split(order, a, " "); for (i = 1; i <= n; i++) floor[a[i]] = i }
  # Headers of the system, and the one that javac generates, are in no room.
  $1 == "include" && $3 ~ /\.\./ { print "rooms.sh: " $2 " includes " $3 ": a path must begin with its room"; bad = 1; next }
  $1 == "include" && $3 ~ /\// { check($2, $3, "includes " $3) }
  $1 == "symbol" && $3 ~ /[TDBRVWC]/ { home[$4] = $2 }
  $1 == "symbol" && $3 == "U" { user[++users] = $2; used[users] = $4 }
  END {
    for (i = 1; i <= users; i++)
      if (used[i] in home) { calls++; check(user[i], home[used[i]], "uses " used[i] " of " home[used[i]]) }
    if (edges < 100 || calls < 50) { print "rooms.sh: only " edges " uses seen: wrong folders?"; bad = 1 }
    exit bad
  }'
