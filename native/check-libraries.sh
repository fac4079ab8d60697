#!/bin/sh
# Checks the cross-built libraries as far as their files show it: each is for the right machine, exports what Java
# calls and nothing else, loads on old systems, and contains no trace of the machine that built it.
#   usage: check-libraries.sh RESOURCES JNI-HEADER PLATFORM...
#     RESOURCES   the folder that contains a folder for each platform
#     JNI-HEADER  made by javac; a library exports the functions declared there, JNI_OnLoad and JNI_OnUnload
set -u
resources=$1 header=$2
shift 2

# Without a tool, the checks that use it would find no fault.
for tool in llvm-readobj llvm-nm llvm-objdump llvm-strings awk grep sed sort; do
  if ! command -v "$tool" >/dev/null; then
    echo "check-libraries.sh: '$tool' is missing" >&2
    exit 1
  fi
done

exports=$({
  echo JNI_OnLoad
  echo JNI_OnUnload
  grep -o 'Java_io_spprof_[A-Za-z0-9_]*' "$header"
} | sort)
bad=0

wrong() { # PLATFORM WHAT
  echo "check-libraries.sh: $1: $2" >&2
  bad=1
}

# Compares two lists, one name a line.
same() { # PLATFORM WHAT EXPECTED ACTUAL
  none "$1" "unexpected $2" "$(echo "$4" | grep -vxF "$3")"
  none "$1" "missing $2" "$(echo "$3" | grep -vxF "$4")"
}

# FOUND has to be empty.
none() { # PLATFORM WHAT FOUND
  [ -z "$3" ] || wrong "$1" "$2: $(echo "$3" | tr -s '\n ' ' ')"
}

# Prints the names of an llvm-readobj list, which are between its brackets.
listed() {
  sed -n '/\[$/,/^\]/ { s/^  *//; /[][]/d; p; }' | sort
}

check_elf() { # PLATFORM FILE MACHINE
  same "$1" machine "$3" "$(llvm-readobj --file-headers "$2" | sed -n 's/^ *Machine: \([A-Z0-9_]*\).*/\1/p')"
  same "$1" exports "$exports" "$(llvm-nm -D --defined-only "$2" | awk '{ sub(/@.*/, "", $NF); print $NF }' | sort)"
  none "$1" "run path" "$(llvm-readobj --dynamic-table "$2" | grep -E 'RPATH|RUNPATH')"
  needed=$(llvm-readobj --needed-libs "$2" | listed)
  versions=$(llvm-readobj --version-info "$2" | grep -oE '(GLIBC|GCC|LIB)[A-Z_]*_[0-9.]+' | sort -u)
  case $1 in
    *-musl-*)
      same "$1" "needed libraries" libc.so "$needed"
      none "$1" "versions of symbols, which musl has not" "$versions"
      ;;
    *)
      none "$1" "needed libraries other than glibc's" "$(echo "$needed" | grep -vxE 'lib(c|dl|pthread)\.so\.[0-9]')"
      none "$1" "versions of symbols that glibc 2.17 has not" "$(echo "$versions" |
        awk -F'[_.]' '!/^GLIBC_2\.[0-9]+(\.[0-9]+)?$/ || $3 > 17')"
      ;;
  esac
}

check_mach_o() { # PLATFORM FILE MACHINE
  same "$1" machine "$3" "$(llvm-readobj --file-headers "$2" | sed -n 's/^ *CpuType: \([A-Za-z0-9-]*\).*/\1/p')"
  # zig's linker exports two names for the file's header, which do no harm.
  same "$1" exports "$exports" "$(llvm-nm -g --defined-only "$2" | awk '{ sub(/^_/, "", $NF); print $NF }' |
    grep -vxE '__dso_handle|_mh_dylib_header' | sort)"
  commands=$(llvm-objdump --macho --private-headers "$2")
  none "$1" "run path" "$(echo "$commands" | grep LC_RPATH)"
  same "$1" "needed libraries" /usr/lib/libSystem.B.dylib "$(llvm-readobj --needed-libs "$2" | listed |
    grep -vx libspprof.dylib)"
  # A fault is one of a guarded load if its pc is between the first and the last of these labels.
  same "$1" "guarded loads, in this order" "64 32 16 8 fault" "$(llvm-nm -n "$2" | sed -n 's/.* _spprof_//p' |
    grep -v '^guarded_begin$' | sed -n '/^cpu_guarded_load64_sigsafe$/,/^guarded_fault$/p' |
    sed 's/^cpu_guarded_load//; s/^guarded_//; s/_sigsafe$//' | tr '\n' ' ' | sed 's/ $//')"
  none "$1" "indirect symbols without a name" "$(llvm-objdump --macho --indirect-symbols "$2" | grep -F '?')"
  same "$1" "oldest macOS" 11.0 "$(echo "$commands" | sed -n 's/^ *minos //p')"
  # Apple silicon runs no unsigned code; the signature that the linker makes is sufficient.
  case $1 in
    *-aarch64) echo "$commands" | grep -q LC_CODE_SIGNATURE || wrong "$1" "no signature" ;;
  esac
}

for platform in "$@"; do
  file=$resources/$platform/libspprof.so
  case $platform in
    darwin-*) file=$resources/$platform/libspprof.dylib ;;
  esac
  if [ ! -f "$file" ]; then
    wrong "$platform" "$file is missing"
    continue
  fi
  case $platform in
    linux-*x86-64) check_elf "$platform" "$file" EM_X86_64 ;;
    linux-*aarch64) check_elf "$platform" "$file" EM_AARCH64 ;;
    darwin-x86-64) check_mach_o "$platform" "$file" X86-64 ;;
    darwin-aarch64) check_mach_o "$platform" "$file" Arm64 ;;
    *) wrong "$platform" "unknown here" ;;
  esac
  # Names of three characters and more: code can look like a shorter one by chance.
  none "$platform" "paths of the machine that built it" "$(llvm-strings "$file" |
    grep -E '(^|[^A-Za-z0-9])/[A-Za-z]{3,}/' | grep -vE '^/(proc/(self/|loadavg$)|usr/lib/(libSystem|dyld))')"
  none "$platform" "names of source files" "$(llvm-strings "$file" |
    grep -E '(^|/)[A-Za-z0-9_-]{3,}\.[ch]$')"
done
same "all of them" platforms "$(printf '%s\n' "$@" | sort)" "$(find "$resources" -name 'libspprof.*' |
  sed 's|/[^/]*$||; s|.*/||' | sort)"
exit "$bad"
