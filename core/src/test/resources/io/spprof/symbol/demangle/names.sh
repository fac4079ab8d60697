#!/bin/bash
# Writes names.txt: mangled names, and c++filt's answers (binutils 2.40). Usage:
#   names.sh LIBRARY... > names.txt
# The names are those of forms.txt, which has one of each form that the grammars describe, and 100 names of
# each library, evenly spread in alphabetical order. names.txt was made from Temurin 25's libjvm.so, Debian
# 12's libstdc++.so.6, libLLVM-15.so.1, libclang-cpp.so.14 and librsvg-2.so.2, and of Rust 1.95
# librustc_driver, libstd and libLLVM.so.22.1. Lines on which c++filt is wrong were left out: see DemanglerTest.
here=$(dirname "$0")
names() {
  cat "$here/forms.txt"
  for library in "$@"; do
    readelf -sW "$library" |
      awk '($4 == "FUNC" || $4 == "IFUNC") && $8 ~ /^_[ZR]/ && length($8) < 200 {sub(/@.*/, "", $8); print $8}' |
      LC_ALL=C sort -u |
      awk '{all[n++] = $0} END {for (i = 0; i < 100 && i < n; i++) print all[int(i * n / 100)]}'
  done
}
names "$@" | awk '!seen[$0]++' > /tmp/names.$$
paste /tmp/names.$$ <(c++filt --no-params --no-verbose < /tmp/names.$$)
rm /tmp/names.$$
