#!/bin/sh
# Checks the order of the C rooms: a file includes only headers of its own room and of rooms before it, and the
# compiled objects refer to no other rooms either. Rooms therefore cannot form a cycle. Within a room, no files use each
# other in a circle: NAME.c and NAME.h count as one file, which uses what either includes and what the object refers to.
# So that the script sees every include, each one has the form "room/file.h", with the full path from SOURCES. <file.h> is
# for headers of the system. There is one exception: walk/cpu/cpu.h includes SPPROF_PROCESSOR, which stands for the
# processor's header. The script takes it for the headers of all processors: those in walk/cpu that have a .c file beside
# them.
# Within walk, only walk/cpu names a processor or its registers.
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
  (cd "$sources" && find . -name '*.[ch]' | LC_ALL=C sort) | sed 's|^\./|source |'
  (cd "$sources" && find . -name '*.[ch]' | LC_ALL=C sort | xargs grep -HE '^[[:blank:]]*#[[:blank:]]*(include|import)') |
    sed 's|^\./\([^:]*\):[[:blank:]]*#[[:blank:]]*|include \1 |'
  "${NM:-nm}" -A "$@" | sed -n "s|^$objects/||p" |
    sed -n 's|^\([^:]*\):[ 0-9a-f]*\([A-Za-z]\) \(.*\)|symbol \1 \2 \3|p'
} | awk -v order="$order" '
  function room(path) { sub(/\/[^\/]*$/, "", path); return path }
  function stem(path) { sub(/\.[cho]$/, "", path); return path }
  function uses(from, to) {
    if (from != to && !((from, to) in known)) { known[from, to] = left[from] = left[to] = 1; use[from, ++count[from]] = to }
  }
  function next_in_circle(file,   i) {
    for (i = 1; i <= count[file]; i++) if (use[file, i] in left) return use[file, i]
    return ""
  }
  # Takes out every file that uses none of those left. What remains then is in a circle, or uses one.
  function check_circles(   file, taken, at) {
    do {
      taken = 0
      for (file in left) if (next_in_circle(file) == "") { delete left[file]; taken = 1 }
    } while (taken)
    for (file in left) {
      while (!(file in seen)) { seen[file] = 1; file = next_in_circle(file) }
      printf "rooms.sh: files use each other in a circle: %s", file
      at = file
      do { at = next_in_circle(at); printf " -> %s", at } while (at != file)
      print ""; bad = 1
      break
    }
  }
  function reject(from, what) { print "rooms.sh: " from ": " what; bad = 1 }
  function include(from, to) {
    check(from, to, "includes " to); includer[++includes] = from; included[includes] = to
  }
  # `what` is the line of an include without its number sign.
  function read_include(from, what,   path) {
    path = what
    if (what ~ /^include[ \t]*"[^"]*"/) {
      sub(/^[^"]*"/, "", path); sub(/".*/, "", path)
      if (path in is_source) include(from, path)
      else if (path != generated) reject(from, what ": quotation marks are for \"room/file.h\", the full path of one of our headers")
    } else if (what ~ /^include[ \t]*<[^>]*>/) {
      sub(/^[^<]*</, "", path); sub(/>.*/, "", path)
      # Also in forms that only the compiler understands: <./session/sampler.h>.
      if (path in is_source || path ~ /^\/|(^|\/)\.\.?\/|\/\//) reject(from, what ": <> are for headers of the system")
    } else if (from == "walk/cpu/cpu.h" && what == "include SPPROF_PROCESSOR") {
      for (path in is_source)
        if (path ~ /^walk\/cpu\/[^\/]*\.h$/ && (stem(path) ".c") in is_source) { processors++; include(from, path) }
    } else reject(from, what ": neither \"room/file.h\" nor <a header of the system>")
  }
  function check(from, to, what) {
    edges++
    if (!(room(from) in floor)) { print "rooms.sh: " from " is in no room that rooms.sh knows"; bad = 1 }
    else if (room(to) in floor && floor[room(to)] > floor[room(from)]) {
      print "rooms.sh: " from " " what ", but " room(to) " comes after " room(from); bad = 1
    }
  }
  BEGIN {
    n = split(order, a, " "); for (i = 1; i <= n; i++) floor[a[i]] = i
    generated = "io_spprof_sampler_NativeSampler.h" # by javac
  }
  $1 == "source" { is_source[$2] = 1 }
  $1 == "source" && $2 ~ /\.c$/ { has_code[stem($2)] = 1 }
  $1 == "include" { from = $2; sub(/^include [^ ]* /, ""); read_include(from, $0) }
  $1 == "symbol" && $3 ~ /[TDBRVWC]/ { home[$4] = $2 }
  $1 == "symbol" && $3 == "U" { user[++users] = $2; used[users] = $4 }
  END {
    for (i = 1; i <= users; i++)
      if (used[i] in home) { calls++; check(user[i], home[used[i]], "uses " used[i] " of " home[used[i]]); uses(stem(user[i]), stem(home[used[i]])) }
    for (i = 1; i <= includes; i++) {
      if (includer[i] ~ /\.h$/) uses(includer[i], included[i])
      if (stem(includer[i]) in has_code) uses(stem(includer[i]), stem(included[i]) in has_code ? stem(included[i]) : included[i])
    }
    check_circles()
    if (processors == 0) { print "rooms.sh: walk/cpu/cpu.h does not include SPPROF_PROCESSOR, or no header of a processor was found"; bad = 1 }
    if (edges < 100 || calls < 50) { print "rooms.sh: only " edges " uses seen: wrong folders?"; bad = 1 }
    exit bad
  }'
